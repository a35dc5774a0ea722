import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findImports } from './imports.ts';
import { findLayerViolations, LAYERS } from './layers.ts';
import { readSourceFiles, withoutComments } from './source-files.ts';

const files = readSourceFiles('src');

describe('the layer table', () => {
  it('holds for every file', () => {
    expect(findLayerViolations(files)).toEqual([]);
  });

  it('was checked against real files and real imports', () => {
    const imports = [...files].flatMap(([file, text]) => findImports(file, text));
    expect(files.size).toBeGreaterThan(200);
    expect(imports.filter((found) => found.target !== undefined).length).toBeGreaterThan(600);
    const modules = imports.flatMap(({ target }) => (target?.match(/\.tsx?$/) ? [target] : []));
    expect(modules.filter((path) => !files.has(path))).toEqual([]);
  });

  it('is the one that ARCHITECTURE.md shows', () => {
    const text = readFileSync(join(import.meta.dirname, '../../ARCHITECTURE.md'), 'utf8');
    const rows = [...text.matchAll(/^\| `([a-z]+(?:\/|\.ts))` \|/gm)].map((row) => row[1]!.replace('/', ''));
    expect(rows).toEqual(LAYERS);
  });

  const planted: [string, string, string][] = [
    ['a layer that reaches down', 'src/media/rtp.ts', "import { x } from '../protocols/rtsp/client.ts';"],
    ['the same for types alone', 'src/media/rtp.ts', "import type { X } from '../archive/layout.ts';"],
    ['the same over several lines', 'src/media/rtp.ts', "import {\n  a,\n  b,\n} from '../archive/layout.ts';"],
    ['the same by re-export', 'src/base/x.ts', "export * from '../media/rtp.ts';"],
    ['the same by a late import', 'src/base/x.ts', "const m = await import('../media/rtp.ts');"],
    ['control that knows the recorder', 'src/playback/x.ts', "import { Tail } from '../recorder/tail.ts';"],
    ['a root that knows the wrong process', 'src/control.ts', "import { Tail } from './recorder/tail.ts';"],
    ['a recorder that knows settings', 'src/recorder.ts', "import { load } from './config/load.ts';"],
    ['a part that imports a root', 'src/servers/admin/api.ts', "import '../../control.ts';"],
    ['a server that knows another', 'src/servers/rtsp/x.ts', "import { y } from '../admin/y.ts';"],
    ['a page that imports its server', 'src/servers/admin/page/x.ts', "import { y } from '../routes.ts';"],
    ['source that imports a test', 'src/media/x.ts', "import { y } from '../../test/sim/y.ts';"],
    ['a folder that no layer names', 'src/utils/x.ts', ''],
  ];
  it.each(planted)('refuses %s', (_name, file, text) => {
    expect(findLayerViolations(new Map([[file, text]]))).toHaveLength(1);
  });

  it('allows what stands above, and does not read comments', () => {
    const text =
      "import { a } from '../base/a.ts';\n// import { b } from '../servers/b.ts';\n/* import('../servers/b.ts') */";
    expect(findLayerViolations(new Map([['src/media/x.ts', text]]))).toEqual([]);
  });
});

describe('withoutComments', () => {
  it.each([
    ['a line comment', "a // b 'c'", 'a         '],
    ['a block comment, keeping its lines', 'a /* b\nc */ d', 'a     \n     d'],
    ['no address in a string', "x = 'rtsp://host' // y", "x = 'rtsp://host'     "],
    ['no slashes in a template', 'x = `http://h/` // y', 'x = `http://h/`     '],
    ['no quote in a regular expression', 'x = /[\'"]/ // y', 'x = /[\'"]/     '],
    ['no slashes in a class of a regular expression', 'x = /[//]/g', 'x = /[//]/g'],
    ['a comment after a division', 'a / b // c', 'a / b     '],
  ])('blanks %s', (_name, text, expected) => {
    expect(withoutComments(text)).toBe(expected);
  });
});
