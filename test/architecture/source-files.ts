import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Path from the project's root (`src/base/clock.ts`) to text. A plain map, so that a test can plant a violation. */
export type SourceFiles = ReadonlyMap<string, string>;

export interface Violation {
  file: string;
  line: number;
  message: string;
}

const ROOT = join(import.meta.dirname, '../..');

export function readSourceFiles(folder: string): SourceFiles {
  const files = new Map<string, string>();
  for (const entry of readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.tsx?$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(relative(ROOT, path), readFileSync(path, 'utf8'));
  }
  return files;
}

/**
 * The text with every comment replaced by blanks of the same length, so that line numbers stay true and a rule does not trip over
 * prose. Knows strings, templates and regular expressions well enough not to take `'//'` or `/"/` for something else.
 */
export function withoutComments(text: string): string {
  return text.replace(TOKEN, (token) => (/^\/[/*]/.test(token) ? token.replace(/[^\n]/g, ' ') : token));
}

const COMMENT = String.raw`\/\/[^\n]*|\/\*[\s\S]*?\*\/`;
const STRING = String.raw`'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|\`(?:[^\`\\]|\\[\s\S])*\``;
// A slash begins a regular expression only where a value may begin: after an operator, a bracket or the start of a line.
const REGEXP = String.raw`(?<=(?:^|[(,=:[!&|?{};>])\s*)\/(?![*/])(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/`;
const TOKEN = new RegExp(`${COMMENT}|${STRING}|${REGEXP}`, 'gm');

export function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
