import { type SourceFiles, withoutComments } from './source-files.ts';

/** So many quirks are known; `docs/reference/camera-quirks.md` has a row for each. */
export const QUIRKS = 44;

export interface QuirkRow {
  readonly number: number;
  readonly cells: readonly string[];
  /** Paths from the project's root. */
  readonly tests: readonly string[];
}

export function quirkRows(document: string): QuirkRow[] {
  return [...document.matchAll(/^\| *(\d+) *\|(.*)\|\s*$/gm)].map(([, number, rest]) => ({
    number: Number(number),
    cells: rest!.split('|').map((cell) => cell.trim()),
    tests: [...rest!.matchAll(/\]\(\.\.\/\.\.\/(test\/[^)]+)\)/g)].map((match) => match[1]!),
  }));
}

/** Numbers in the titles of a file of tests: `'quirk 33: FLIR M400 never sets the marker'`. */
export function quirksIn(text: string): Set<number> {
  return new Set([...withoutComments(text).matchAll(/['"`]quirk (\d+): \w/g)].map((match) => Number(match[1])));
}

/** Sentences about whatever the table says and the tests do not, or the other way round. */
export function compareQuirks(document: string, tests: SourceFiles, quirks: number = QUIRKS): string[] {
  const rows = quirkRows(document);
  const violations: string[] = [];
  for (let number = 1; number <= quirks; number++) {
    const count = rows.filter((row) => row.number === number).length;
    if (count !== 1) violations.push(`quirk ${number} stands ${count} times in the table`);
  }
  for (const { number, cells, tests: paths } of rows) {
    if (number < 1 || number > quirks) violations.push(`quirk ${number} is in the table, and there are ${quirks}`);
    if (cells.length !== 3 || cells.some((cell) => cell === '')) violations.push(`quirk ${number}: a cell is empty`);
    if (paths.length === 0) violations.push(`quirk ${number} names no test`);
    for (const path of paths) {
      if (!quirksIn(tests.get(path) ?? '').has(number)) violations.push(`quirk ${number} has no test in ${path}`);
    }
  }
  for (const [path, text] of tests) {
    if (/\.(skip|todo|only)\b/.test(withoutComments(text))) violations.push(`${path} leaves tests out`);
    for (const number of quirksIn(text)) {
      const isNamed = rows.some((row) => row.number === number && row.tests.includes(path));
      if (!isNamed) violations.push(`quirk ${number} is tested in ${path}, which its row does not name`);
    }
  }
  return violations;
}
