import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunCounts } from './checks-reporter.ts';

/**
 * All checks of the project, one part after the other, each whatever became of the one before: on two cores parts that run at once
 * disturb each other's counting of frames. The last line of standard output is the sum.
 */
const NODE = process.execPath;
const PARTS: Record<string, () => Promise<RunCounts>> = {
  types: () => runTool('types', ['node_modules/typescript/bin/tsc', '-p', '.']),
  lint: () => runTool('lint', ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.']),
  unit: () => runVitest('unit'),
  system: () => runVitest('system'),
  browser: () => runVitest('browser'),
};

const HELP = `scripts/test [--long] [${Object.keys(PARTS).join('] [')}]
  Runs all checks, or the named parts. --long: the seeded tests run for minutes instead of seconds (HOLDFAST_LONG=1).`;

const argv = process.argv.slice(2);
if (argv.includes('--help')) {
  console.log(HELP);
  process.exit(0);
}
if (argv.includes('--long')) process.env.HOLDFAST_LONG = '1';
const wanted = argv.filter((word) => word !== '--long');
const unknown = wanted.find((word) => !(word in PARTS));
if (unknown !== undefined) {
  console.error(`scripts/test: unknown argument "${unknown}"\n${HELP}`);
  process.exit(2);
}

const total: RunCounts = { passed: 0, failed: 0, skipped: [] };
for (const [name, run] of Object.entries(PARTS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const startMs = performance.now();
  const counts = await run();
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped.push(...counts.skipped);
  console.log(`-- ${name}: ${sentence(counts)} in ${((performance.now() - startMs) / 1000).toFixed(0)} s\n`);
}
for (const { name, reason } of total.skipped) console.log(`skipped: ${name}: ${reason}`);
console.log(sentence(total));
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;

function sentence({ passed, failed, skipped }: RunCounts): string {
  const tail = skipped.length > 0 ? `, ${skipped.length} skipped` : '';
  return `${passed} passed, ${failed} failed${tail}`;
}

async function runTool(name: string, args: string[]): Promise<RunCounts> {
  const exitCode = await run(args, {});
  if (exitCode !== 0) console.log(`${name} failed with exit code ${exitCode}`);
  return { passed: exitCode === 0 ? 1 : 0, failed: exitCode === 0 ? 0 : 1, skipped: [] };
}

async function runVitest(project: string): Promise<RunCounts> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-checks-'));
  const countsFile = join(folder, 'counts.json');
  try {
    const reporters = ['--reporter=default', '--reporter=./scripts/lib/checks-reporter.ts'];
    const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', project, '--passWithNoTests', ...reporters];
    const exitCode = await run(args, { HOLDFAST_COUNTS: countsFile });
    const counts = readCounts(countsFile);
    if (counts === undefined) return { passed: 0, failed: 1, skipped: [] };
    // Whatever made vitest say no without a failed test (a threshold, a hook that hung) must not end as "0 failed".
    return exitCode !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readCounts(path: string): RunCounts | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as RunCounts;
  } catch (error) {
    console.log(`vitest ended without its counts: ${String(error)}`);
    return undefined;
  }
}

function run(args: string[], env: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(NODE, args, { stdio: 'inherit', env: { ...process.env, ...env } });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}
