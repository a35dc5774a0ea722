import { createRequire } from 'node:module';
import { constants } from 'node:os';

/**
 * The two calls that Node lacks. Both run on a thread of the pool; the result is 0, or the error's name.
 */
export interface Libc {
  /** Makes everything durable that was written to the file system of `fd`. */
  syncfs(fd: number): Promise<0 | string>;
  /** Reserves blocks beyond the end of the file without moving its end. */
  fallocateKeepSize(fd: number, offset: number, length: number): Promise<0 | string>;
}

const FALLOC_FL_KEEP_SIZE = 1;

let loaded: { libc: Libc | undefined } | undefined;

/** Undefined where koffi has no build for the machine; the caller then does without, or calls a command. */
export function loadLibc(): Libc | undefined {
  loaded ??= { libc: tryLoad() };
  return loaded.libc;
}

type AsyncFunction = { async(...args: unknown[]): void };

function tryLoad(): Libc | undefined {
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
    const library = koffi.load('libc.so.6');
    const syncfs = library.func('int syncfs(int fd)') as unknown as AsyncFunction;
    const fallocate = library.func(
      'int fallocate(int fd, int mode, int64_t offset, int64_t length)',
    ) as unknown as AsyncFunction;
    // koffi keeps the errno of the calling thread for the time of the callback.
    const call = (target: AsyncFunction, ...args: number[]) =>
      new Promise<0 | string>((resolve, reject) => {
        target.async(...args, (error: Error | null, result: number) => {
          if (error !== null) reject(error);
          else resolve(result === 0 ? 0 : errnoName(koffi.errno()));
        });
      });
    return {
      syncfs: (fd) => call(syncfs, fd),
      fallocateKeepSize: (fd, offset, length) => call(fallocate, fd, FALLOC_FL_KEEP_SIZE, offset, length),
    };
  } catch {
    return undefined; // no build of koffi for this machine, or another C library
  }
}

const NAMES = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

export function errnoName(number: number): string {
  return NAMES.get(number) ?? `errno ${number}`;
}
