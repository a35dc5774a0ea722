import { dirname, join } from 'node:path';
import { lineOf, withoutComments } from './source-files.ts';

export interface ImportFound {
  /** As written: `node:fs`, `koa`, `../base/clock.ts`. */
  specifier: string;
  /** Path from the project's root for a relative import, else undefined. */
  target: string | undefined;
  line: number;
}

// `import x from 'y'`, `import 'y'`, `export … from 'y'`, `import('y')`, `require('y')`, `import.meta.resolve('y')`.
const STATIC = /^[ \t]*(?:import|export)\b(?:[\s\w*{},$]|type\b)*?(?:\bfrom\s*)?(['"])([^'"\n]+)\1/gm;
const DYNAMIC = /\b(?:import|require|import\.meta\.resolve)\s*\(\s*(['"`])([^'"`\n]+)\1/g;

/** Every module that a file names, types included: a layer that needs another's types depends on it. */
export function findImports(file: string, text: string): ImportFound[] {
  const code = withoutComments(text);
  return [...code.matchAll(STATIC), ...code.matchAll(DYNAMIC)].map((match) => {
    const specifier = match[2]!;
    const target = specifier.startsWith('.') ? join(dirname(file), specifier) : undefined;
    return { specifier, target, line: lineOf(code, match.index + match[0].length) };
  });
}

/** `koa` of `koa`, `@scope/name` of `@scope/name/deep`. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
