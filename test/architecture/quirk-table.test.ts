import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareQuirks, quirkRows } from './quirk-table.ts';
import { readSourceFiles } from './source-files.ts';

const table = readFileSync(join(import.meta.dirname, '../../docs/reference/camera-quirks.md'), 'utf8');
const tests = new Map([...readSourceFiles('test/quirks')].filter(([path]) => path.endsWith('.test.ts')));

describe('the table of quirks', () => {
  it('has each quirk once, with the tests that there are', () => {
    expect(tests.size).toBeGreaterThan(5);
    expect(compareQuirks(table, tests)).toEqual([]);
  });

  it('is compared by its rows and their links', () => {
    expect(quirkRows(table)[0]).toMatchObject({ number: 1, tests: ['test/quirks/descriptions.test.ts'] });
  });

  const row = (number: number, path: string) => `| ${number} | does | does | [x](../../${path}) |`;
  const file = (text: string) => new Map([['test/quirks/a.test.ts', text]]);
  const titles = "it('quirk 1: a')\nit.each([['quirk 2: b']])";
  const good = `${row(1, 'test/quirks/a.test.ts')}\n${row(2, 'test/quirks/a.test.ts')}`;

  it('passes where both agree', () => {
    expect(compareQuirks(good, file(titles), 2)).toEqual([]);
  });

  const planted: [string, string, string, RegExp][] = [
    ['a row that is missing', row(1, 'test/quirks/a.test.ts'), "'quirk 1: a'", /quirk 2 stands 0 times/],
    ['a row that stands twice', `${good}\n${row(1, 'test/quirks/a.test.ts')}`, titles, /quirk 1 stands 2 times/],
    ['a row without a test', good, "'quirk 1: a'", /quirk 2 has no test in test\/quirks\/a/],
    [
      'a test that only mentions the quirk',
      good,
      `${titles.replace("'quirk 2: b'", "'as in quirk 2: b'")}`,
      /quirk 2 has no test/,
    ],
    ['a row whose file is gone', good.replace('a.test', 'b.test'), titles, /quirk 1 has no test in test\/quirks\/b/],
    [
      'a test that its row does not name',
      good.replace('a.test', 'b.test'),
      titles,
      /quirk 1 is tested in test\/quirks\/a/,
    ],
    ['a row without a link', good.replace(/\[x\]\(.*?\)/, 'x'), titles, /quirk 1 names no test/],
    ['a row that says nothing', good.replace('| does |', '|  |'), titles, /quirk 1: a cell is empty/],
    ['a test that is commented out', good, `it('quirk 1: a')\n// it('quirk 2: b')`, /quirk 2 has no test/],
    ['a test that is skipped', good, titles.replace('it(', 'it.skip('), /a.test.ts leaves tests out/],
    ['a quirk that nobody knows', `${good}\n${row(3, 'test/quirks/a.test.ts')}`, titles, /quirk 3 is in the table/],
  ];
  it.each(planted)('refuses %s', (_, document, text, message) => {
    expect(compareQuirks(document, file(text), 2).join('\n')).toMatch(message);
  });
});
