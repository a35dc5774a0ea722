import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/** What processes cost over a window: CPU time at both ends, memory as the mean of samples in between. */
export interface Usage {
  seconds: number;
  /** User and system time of all processes together. */
  cpuSeconds: number;
  /** Of one core. */
  cpuShare: number;
  /** Proportional set size, so that code which processes share is counted once. Decimal megabytes. */
  memoryMB: number;
}

export interface UsageMeter {
  finish(): Promise<Usage>;
}

/** Few enough that reading them, which walks page tables, does not weigh on what is measured. */
const SAMPLE_EVERY_MS = 2_000;

export async function startUsageMeter(pids: readonly number[]): Promise<UsageMeter> {
  const startMs = performance.now();
  const startTicks = await sumOf(pids, readCpuTicks);
  const samplesKB: number[] = [];
  let sampling: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    sampling = sampling.then(async () => void samplesKB.push(await sumOf(pids, readPssKB)));
    sampling.catch(() => undefined); // told by finish()
  }, SAMPLE_EVERY_MS);
  return {
    async finish() {
      clearInterval(timer);
      const cpuSeconds = ((await sumOf(pids, readCpuTicks)) - startTicks) / ticksPerSecond();
      const seconds = (performance.now() - startMs) / 1000;
      await sampling;
      if (samplesKB.length === 0) samplesKB.push(await sumOf(pids, readPssKB));
      const memoryMB = (samplesKB.reduce((sum, kB) => sum + kB, 0) / samplesKB.length) * (1024 / 1e6);
      return { seconds, cpuSeconds, cpuShare: cpuSeconds / seconds, memoryMB };
    },
  };
}

async function sumOf(pids: readonly number[], read: (pid: number) => Promise<number>): Promise<number> {
  let sum = 0;
  for (const pid of pids) sum += await read(pid);
  return sum;
}

async function readCpuTicks(pid: number): Promise<number> {
  return parseCpuTicks(await readFile(`/proc/${pid}/stat`, 'utf8'));
}

/** proc(5): the name in parentheses may hold anything, so fields are counted from its end; utime and stime are 14 and 15. */
export function parseCpuTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

async function readPssKB(pid: number): Promise<number> {
  return parsePssKB(await readFile(`/proc/${pid}/smaps_rollup`, 'utf8'));
}

export function parsePssKB(rollup: string): number {
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? Number.NaN);
}

let ticks: number | undefined;
function ticksPerSecond(): number {
  ticks ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  return ticks;
}
