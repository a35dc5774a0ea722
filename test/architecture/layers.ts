import { findImports } from './imports.ts';
import type { SourceFiles, Violation } from './source-files.ts';

/**
 * A folder imports only itself and what stands above it here. The same table, with what each layer is for, stands in
 * ARCHITECTURE.md.
 */
export const LAYERS = [
  'base',
  'media',
  'protocols',
  'disk',
  'archive',
  'link',
  'recorder',
  'config',
  'board',
  'system',
  'catalog',
  'storage',
  'cameras',
  'channels',
  'playback',
  'servers',
  'control.ts', // composition root of control
  'recorder.ts', // composition root of the recorder
] as const;

type Layer = (typeof LAYERS)[number];

export function findLayerViolations(files: SourceFiles): Violation[] {
  const violations: Violation[] = [];
  for (const [file, text] of files) {
    const from = layerOf(file);
    if (from === undefined) {
      violations.push({ file, line: 1, message: 'stands in no layer of the table' });
      continue;
    }
    for (const { specifier, target, line } of findImports(file, text)) {
      if (target === undefined) continue;
      const message = whyForbidden(file, from, target);
      if (message !== undefined) violations.push({ file, line, message: `${message} (${specifier})` });
    }
  }
  return violations;
}

function whyForbidden(file: string, from: Layer, target: string): string | undefined {
  const to = layerOf(target);
  if (to === undefined) return 'imports from outside the layers';
  if (from === to) return whyForbiddenInside(file, target);
  if (to.endsWith('.ts')) return 'nothing imports a composition root';
  // The recorder meets control in `link/` and `archive/` alone, and its root knows nothing that stands below it.
  if (to === 'recorder' && from !== 'recorder.ts') return `${from} must not know the recorder`;
  if (from === 'recorder.ts' && LAYERS.indexOf(to) > LAYERS.indexOf('recorder'))
    return `the recorder must not know ${to}`;
  if (LAYERS.indexOf(to) > LAYERS.indexOf(from)) return `${to} stands below ${from}`;
  return undefined;
}

/** Servers are siblings that never import each other; what runs in a browser takes nothing from what runs in Node. */
function whyForbiddenInside(file: string, target: string): string | undefined {
  const server = (path: string) => /^src\/servers\/([^/]+)\//.exec(path)?.[1];
  if (server(file) !== server(target)) return `servers/${server(file)} must not know servers/${server(target)}`;
  const isPage = (path: string) => path.startsWith('src/servers/admin/page/');
  if (isPage(file) !== isPage(target)) return 'the page and its server meet in the HTTP API alone';
  return undefined;
}

function layerOf(path: string): Layer | undefined {
  const name = /^src\/([^/]+)/.exec(path)?.[1];
  return LAYERS.find((layer) => layer === name);
}
