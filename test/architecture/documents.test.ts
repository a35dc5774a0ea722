import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const FOLDERS = ['docs', 'src', 'test', 'bench', 'scripts', 'buildroot', 'rootfs-overlay'];

const documents = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
  ),
];

/** Files that links and pictures of a document point to; addresses and headings are not looked at. */
function linkedFiles(document: string): string[] {
  const text = readFileSync(join(ROOT, document), 'utf8').replace(/```[\s\S]*?```/g, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1]!.replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target))
    .map((target) => relative(ROOT, join(ROOT, dirname(document), target)));
}

it('every link and picture in a document leads to a file', () => {
  const links = documents.flatMap((document) => linkedFiles(document).map((target) => ({ document, target })));
  expect(links.length).toBeGreaterThan(15);
  expect(links.filter(({ target }) => !existsSync(join(ROOT, target)))).toEqual([]);
});

it('every dependency has its reason in docs/dependencies.md', () => {
  const packages = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const reasons = readFileSync(join(ROOT, 'docs/dependencies.md'), 'utf8');
  const names = [packages.dependencies, packages.optionalDependencies, packages.devDependencies].flatMap(Object.keys);
  expect(names.filter((name) => !name.startsWith('@types/') && !reasons.includes(`\`${name}\``))).toEqual([]);
});

it('every command that a document names exists', () => {
  const commands = documents.flatMap((document) =>
    [...readFileSync(join(ROOT, document), 'utf8').matchAll(/\bscripts\/([a-z][a-z-]*)(?![\w./-])/g)].map((m) => m[1]!),
  );
  const missing = new Set(commands.filter((name) => name !== 'lib' && !existsSync(join(ROOT, 'scripts', name))));
  expect([...missing]).toEqual([]);
});
