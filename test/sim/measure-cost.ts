import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../src/base/errors.ts';
import { mbps } from '../../src/base/units.ts';
import { ProbeClient } from './probe-client.ts';

/**
 * What the simulator costs: `node test/sim/measure-cost.ts [cameras] [mbps] [seconds]`. The cameras run in a process of their
 * own, as they do beside a recorder; this one only drains. Linux only: processor time comes from /proc.
 */
const [cameras = '64', rate = '2', seconds = '20'] = process.argv.slice(2);
const SETTLE_MS = 4_000;
/** USER_HZ: the same on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

const simulator = spawn(
  process.execPath,
  [
    fileURLToPath(new URL('./main.ts', import.meta.url)),
    '--json',
    '--no-sub',
    '--port',
    '0',
    '--cameras',
    cameras,
    '--mbps',
    rate,
  ],
  { stdio: ['pipe', 'pipe', 'inherit'] },
);
try {
  const urls = await readUrls(simulator);
  const readers = await Promise.all(urls.map((url) => ProbeClient.open(url, { keepsPackets: false })));
  await Promise.all(readers.map((reader) => reader.play()));
  await sleep(SETTLE_MS);
  const before = await processorSeconds(simulator);
  const bytesBefore = sum(readers);
  const startMs = performance.now();
  await sleep(Number(seconds) * 1000);
  const elapsedMs = performance.now() - startMs;
  const used = (await processorSeconds(simulator)) - before;
  const result = {
    cameras: Number(cameras),
    mbpsReceived: Number(mbps(sum(readers) - bytesBefore, elapsedMs).toFixed(1)),
    corePercent: Number(((used * 100_000) / elapsedMs).toFixed(1)),
    residentMB: Number((await residentMegabytes(simulator)).toFixed(0)),
    lostConnections: readers.filter((reader) => reader.isClosed).length,
  };
  for (const reader of readers) reader.close();
  process.stdout.write(`${JSON.stringify(result)}\n`);
} finally {
  simulator.kill();
}

async function readUrls(child: ChildProcess): Promise<string[]> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const announced = JSON.parse(line) as { cameras: { url: string }[] };
    return announced.cameras.map((camera) => camera.url);
  }
  throw new AppError('internal', 'the simulator ended before it listened');
}

async function processorSeconds(child: ChildProcess): Promise<number> {
  const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

async function residentMegabytes(child: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1000;
}

function sum(readers: readonly ProbeClient[]): number {
  return readers.reduce((all, reader) => all + reader.receivedBytes, 0);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
