import si from 'systeminformation';
import type { Clock } from '../base/clock.ts';
import { AppError, messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { MINUTE_MS, SECOND_MS } from '../base/units.ts';
import { freeBytesAt } from './disk-room.ts';

/** `systeminformation` and `df` start programs of the system: seldom enough not to be seen in the load that they report. */
const FIGURES_EVERY_MS = 5 * SECOND_MS;
const ROOM_EVERY_MS = 5 * MINUTE_MS;
const DEADLINE_MS = 3 * SECOND_MS;

export interface SystemFigures {
  readonly uptimeS: number;
  readonly loadPercent: number | null;
  readonly memoryUsedBytes: number | null;
  readonly memoryTotalBytes: number | null;
  /** Of the file system that holds the state folder. */
  readonly stateFreeBytes: number | null;
}

export interface FiguresOptions {
  readonly statePath: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Figures for the page. What does not answer in time is null; nothing is ever decided by these. */
export function systemFigures(options: FiguresOptions): () => Promise<SystemFigures> {
  const orNull = async <T>(what: string, work: Promise<T | undefined>): Promise<T | null> => {
    try {
      return (await withDeadline(what, work)) ?? null;
    } catch (error) {
      options.log.debug({ error: messageOf(error) }, `${what}: no figure`);
      return null;
    }
  };
  const readLoad = () => Promise.all([orNull('load', si.currentLoad()), orNull('memory', si.mem())]);
  const load = remembered(options.clock, FIGURES_EVERY_MS, readLoad);
  const room = remembered(options.clock, ROOM_EVERY_MS, () => orNull('room', freeBytesAt(options.statePath)));
  return async () => {
    const [[currentLoad, memory], stateFreeBytes] = await Promise.all([load(), room()]);
    return {
      uptimeS: Math.round(si.time().uptime),
      loadPercent: currentLoad === null ? null : Math.round(currentLoad.currentLoad),
      memoryUsedBytes: memory?.active ?? null,
      memoryTotalBytes: memory?.total ?? null,
      stateFreeBytes,
    };
  };
}

function remembered<T>(clock: Clock, everyMs: number, read: () => Promise<T>): () => Promise<T> {
  let value: Promise<T> | undefined;
  let readMs = 0;
  return () => {
    if (!value || clock.monotonicMs() - readMs > everyMs) {
      readMs = clock.monotonicMs();
      value = read();
    }
    return value;
  };
}

async function withDeadline<T>(what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new AppError('timeout', `${what}: no answer in ${DEADLINE_MS} ms`)), DEADLINE_MS);
    timer.unref();
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
