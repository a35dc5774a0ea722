import { describe, expect, it } from 'vitest';
import { findImports, packageOf } from './imports.ts';
import { findDoorViolations, MODULE_DOORS, TEXT_DOORS } from './one-door.ts';
import { readSourceFiles } from './source-files.ts';

const files = readSourceFiles('src');

describe('one door each', () => {
  it('holds for every file', () => {
    expect(findDoorViolations(files)).toEqual([]);
  });

  it('is about modules that are in use: a door that nobody passes is a rule about nothing', () => {
    const used = new Set(
      [...files].flatMap(([file, text]) => findImports(file, text).map((i) => packageOf(i.specifier))),
    );
    expect(Object.keys(MODULE_DOORS).filter((name) => !used.has(name))).toEqual([]);
  });

  it.each(TEXT_DOORS.map((rule) => [rule.name, rule] as const))(
    'is seen in real code behind its door: %s',
    (_name, rule) => {
      const inside = [...files].filter(([file]) => rule.doors.some((door) => file.startsWith(door)));
      expect(inside.some(([, text]) => text.search(rule.pattern) >= 0)).toBe(true);
    },
  );

  const planted: [string, string, string][] = [
    ['SQLite outside of catalog/', 'src/storage/x.ts', "import sqlite3 from 'sqlite3';"],
    ['Koa outside of servers/admin/', 'src/servers/rtsp/x.ts', "import Koa from 'koa';"],
    ['a late import of koffi', 'src/archive/x.ts', "const koffi = await import('koffi');"],
    ['WebSockets outside of servers/', 'src/link/x.ts', "import { WebSocketServer } from 'ws';"],
    ['child processes where nobody named them', 'src/recorder/x.ts', "import { spawn } from 'node:child_process';"],
    ['a player outside of the page', 'src/servers/admin/x.ts', "import Hls from 'hls.js/light';"],
    ['a drive path outside of archive/', 'src/catalog/x.ts', "join(root, 'holdfast/footage', unit);"],
    ['the same in a template', 'src/catalog/x.ts', 'open(`holdfast/journal/today.ndjson`);'],
    ['the clock of the machine', 'src/recorder/x.ts', 'const now = Date.now();'],
    ['the same by a constructor', 'src/recorder/x.ts', 'const now = new Date();'],
    ['a part that ends the process', 'src/link/x.ts', 'process.exit(1);'],
    ['a part that reads the environment', 'src/link/x.ts', 'const level = process.env.LEVEL;'],
    ['media that opens a file', 'src/media/x.ts', "import { open } from 'node:fs/promises';"],
  ];
  it.each(planted)('refuses %s', (_name, file, text) => {
    expect(findDoorViolations(new Map([[file, text]]))).toHaveLength(1);
  });

  it('does not read comments, nor dates that are given their time', () => {
    const text = '// Date.now() lies after a step\nconst day = new Date(startUtcMs).toISOString();';
    expect(findDoorViolations(new Map([['src/recorder/x.ts', text]]))).toEqual([]);
  });
});
