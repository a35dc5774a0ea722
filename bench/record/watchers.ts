import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { ApiClient } from '../../scripts/lib/api-client.ts';
import { waitFor } from '../../scripts/lib/wait-for.ts';

/** Live clients in a process of their own; watcher i sees channel i, and begins again at the first when there are more than channels. */
export interface Watchers {
  figures(): { watchersReceiving: number; watchedFrames: number };
  stop(): void;
}

export interface WatchOrder {
  address: string;
  cookie: string;
  /** Channel numbers, one for each watcher. */
  channels: number[];
}

/** Messages that each watcher has received so far. */
export type WatchReport = number[];

const FIRST_FRAMES_TIMEOUT_MS = 30_000;

export async function startWatchers(api: ApiClient, channels: number, watchers: number): Promise<Watchers> {
  const child = fork(join(import.meta.dirname, 'watcher-host.ts'), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  let report: WatchReport = [];
  child.on('message', (message: WatchReport) => {
    report = message;
  });
  const numbers = Array.from({ length: watchers }, (_, i) => 1 + (i % channels));
  child.send({ address: api.address, cookie: api.cookie, channels: numbers } satisfies WatchOrder);
  const receiving = () => report.filter((frames) => frames > 0).length;
  await waitFor(`${watchers} watchers see pictures`, FIRST_FRAMES_TIMEOUT_MS, () => receiving() === watchers);
  return {
    figures: () => ({ watchersReceiving: receiving(), watchedFrames: report.reduce((sum, frames) => sum + frames, 0) }),
    stop: () => child.disconnect(),
  };
}
