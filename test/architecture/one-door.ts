import { findImports, packageOf } from './imports.ts';
import { lineOf, type SourceFiles, type Violation, withoutComments } from './source-files.ts';

/** Each module that has one door, and the paths (beginnings) that are behind it. */
export const MODULE_DOORS: Record<string, string[]> = {
  sqlite3: ['src/catalog/'],
  koa: ['src/servers/admin/'],
  'koa-router': ['src/servers/admin/'],
  koffi: ['src/disk/'],
  ws: ['src/servers/'],
  selfsigned: ['src/servers/admin/'],
  pino: ['src/base/log.ts'],
  'node-cron': ['src/storage/'],
  systeminformation: ['src/system/'],
  'node-disk-info': ['src/system/'],
  preact: ['src/servers/admin/page/'],
  'hls.js': ['src/servers/admin/page/'],
  'node:net': ['src/link/', 'src/protocols/', 'src/servers/'],
  'node:child_process': ['src/system/', 'src/disk/sync-command.ts'],
};

interface TextRule {
  name: string;
  pattern: RegExp;
  doors: string[];
}

export const TEXT_DOORS: TextRule[] = [
  {
    name: 'drive paths are known to archive/ alone',
    pattern:
      /(['"`])(?:[^'"`\n]*\/)?(?:holdfast\/(?:footage|journal|drive\.json)|footage\/|journal\/)|['"`]drive\.json['"`]/g,
    doors: ['src/archive/'],
  },
  {
    name: 'time comes from base/clock.ts',
    pattern: /\bDate\.now\s*\(|\bperformance\.now\s*\(|\bnew Date\(\s*\)|\bprocess\.hrtime\b/g,
    doors: ['src/base/clock.ts', 'src/servers/admin/page/'],
  },
  {
    name: 'only a composition root ends its process',
    pattern: /\bprocess\.(?:exit|abort)\b|\bprocess\.exitCode\s*=/g,
    doors: ['src/control.ts', 'src/recorder.ts'],
  },
  {
    name: 'only composition roots and the log read the environment',
    pattern: /\bprocess\.env\b/g,
    doors: ['src/control.ts', 'src/recorder.ts', 'src/base/log.ts'],
  },
];

/** `media/` is bytes and values: what opens no file and no socket can be tested with a buffer. */
const PURE = ['src/media/'];
const PURE_MODULES = new Set(['node:crypto', 'node:buffer']);

export function findDoorViolations(files: SourceFiles): Violation[] {
  return [...files].flatMap(([file, text]) => [...findModuleViolations(file, text), ...findTextViolations(file, text)]);
}

function findModuleViolations(file: string, text: string): Violation[] {
  const violations: Violation[] = [];
  for (const { specifier, target, line } of findImports(file, text)) {
    if (target !== undefined) continue;
    const name = packageOf(specifier);
    const doors = MODULE_DOORS[name];
    if (doors !== undefined && !isBehind(file, doors)) {
      violations.push({ file, line, message: `${name} is for ${doors.join(', ')} alone` });
    }
    if (isBehind(file, PURE) && !PURE_MODULES.has(name)) {
      violations.push({ file, line, message: `${name}: media/ is bytes and values` });
    }
  }
  return violations;
}

function findTextViolations(file: string, text: string): Violation[] {
  const code = withoutComments(text);
  return TEXT_DOORS.filter(({ doors }) => !isBehind(file, doors)).flatMap(({ name, pattern }) =>
    [...code.matchAll(pattern)].map((match) => ({
      file,
      line: lineOf(code, match.index),
      message: `${name}: ${match[0]}`,
    })),
  );
}

function isBehind(file: string, doors: string[]): boolean {
  return doors.some((door) => file.startsWith(door));
}
