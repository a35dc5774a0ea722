import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { killAtExit } from './kill-at-exit.ts';

export interface ProgramCommand {
  /** What it is called in messages, and its log file. */
  name: string;
  /** Arguments of Node: the script and what follows. */
  args: string[];
  env?: Record<string, string>;
}

export interface ProgramExit {
  name: string;
  pid: number;
  code: number | null;
  signal: NodeJS.Signals | null;
  ranMs: number;
  /** The last lines of its standard error. */
  lastWords: string[];
}

export interface SupervisorOptions {
  program: ProgramCommand;
  /** Where its standard error goes. */
  logFile: string;
  onLine?: (line: string) => void;
  /** An end that nobody asked for; it is started again after this unless the answer is 'give-up'. */
  onUnexpectedExit?: (exit: ProgramExit) => 'restart' | 'give-up';
}

/** Of the process: 0 while it does not run. */
export interface Supervised {
  readonly name: string;
  readonly pid: number;
  readonly restarts: number;
  /** Resolves when the process has been spawned. */
  start(): Promise<void>;
  /** Ends it for good, or until the next `start`: the signal, and SIGKILL after `graceMs`. */
  stop(options?: { signal?: NodeJS.Signals; graceMs?: number }): Promise<void>;
  /** A death that the supervisor answers by a restart, as after a crash. Resolves with the new process's id. */
  crash(): Promise<number>;
}

// A recorder that died must run again within a second; one that dies at each start must not take a whole core for it.
const RESTART_MS = 100;
const MAX_RESTART_MS = 1_000;
/** Having run this long it counts as started well, and the delay is the short one again. */
const HEALTHY_MS = 5_000;
const GRACE_MS = 10_000;
const KEPT_LINES = 20;

/** Keeps one process running, as systemd does on the appliance. */
export function supervise(options: SupervisorOptions): Supervised {
  const { program, logFile } = options;
  let child: ChildProcess | undefined;
  let closed: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let isWanted = false;
  let restarts = 0;
  let delayMs = RESTART_MS;
  let onSpawn: ((pid: number) => void)[] = [];

  function spawnChild(): void {
    const startMs = performance.now();
    const log = createWriteStream(logFile, { flags: 'a' });
    const current = spawn(process.execPath, program.args, {
      env: { ...process.env, ...program.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: Ctrl-C reaches the supervisor alone, which stops everything in order.
      detached: true,
    });
    child = current;
    killAtExit(current);
    const lastWords = collectLines(current, log, options.onLine);
    closed = new Promise((resolve) => {
      const onEnd = (code: number | null, signal: NodeJS.Signals | null) => {
        child = undefined;
        log.end();
        const ranMs = performance.now() - startMs;
        const exit = { name: program.name, pid: current.pid ?? 0, code, signal, ranMs, lastWords };
        if (isWanted) planRestart(exit);
        resolve();
      };
      current.once('close', onEnd);
      current.once('error', (error) => {
        lastWords.push(error.message);
        if (current.pid === undefined) onEnd(null, null);
      });
    });
    for (const tell of onSpawn) tell(current.pid ?? 0);
    onSpawn = [];
  }

  function planRestart(exit: ProgramExit): void {
    if (options.onUnexpectedExit?.(exit) === 'give-up') {
      isWanted = false;
      return;
    }
    delayMs = exit.ranMs > HEALTHY_MS ? RESTART_MS : Math.min(delayMs * 2, MAX_RESTART_MS);
    restarts++;
    timer = setTimeout(spawnChild, delayMs);
  }

  return {
    name: program.name,
    get pid() {
      return child?.pid ?? 0;
    },
    get restarts() {
      return restarts;
    },
    async start() {
      if (isWanted) return;
      isWanted = true;
      delayMs = RESTART_MS;
      spawnChild();
    },
    async stop({ signal = 'SIGTERM', graceMs = GRACE_MS } = {}) {
      isWanted = false;
      clearTimeout(timer);
      if (child === undefined) return;
      child.kill(signal);
      const force = setTimeout(() => child?.kill('SIGKILL'), graceMs);
      await closed;
      clearTimeout(force);
    },
    crash() {
      const restarted = new Promise<number>((resolve) => onSpawn.push(resolve));
      child?.kill('SIGKILL');
      return restarted;
    },
  };
}

function collectLines(child: ChildProcess, log: WriteStream, onLine?: (line: string) => void): string[] {
  const lastWords: string[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => onLine?.(line));
  createInterface({ input: child.stderr! }).on('line', (line) => {
    log.write(`${line}\n`);
    lastWords.push(line);
    if (lastWords.length > KEPT_LINES) lastWords.shift();
  });
  return lastWords;
}
