import { createRequire } from 'node:module';
import { constants } from 'node:os';

/**
 * The calls that Node lacks. Those on drives run on a thread of the pool; their result is 0, or the error's name.
 */
export interface Libc {
  /** SO_RCVLOWAT: the socket counts as readable only when so many bytes wait. False when the kernel refuses. */
  setReceiveLowWater(fd: number, bytes: number): boolean;
  /** Makes everything durable that was written to the file system of `fd`. */
  syncfs(fd: number): Promise<0 | string>;
  /** Reserves blocks beyond the end of the file without moving its end. */
  fallocateKeepSize(fd: number, offset: number, length: number): Promise<0 | string>;
}

const FALLOC_FL_KEEP_SIZE = 1;
const SOL_SOCKET = 1;
const SO_RCVLOWAT = 18;
const INT_BYTES = 4;

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
    const setsockopt = library.func('int setsockopt(int fd, int level, int name, int *value, uint32_t length)');
    // koffi keeps the errno of the calling thread for the time of the callback.
    const call = (target: AsyncFunction, ...args: number[]) =>
      new Promise<0 | string>((resolve, reject) => {
        target.async(...args, (error: Error | null, result: number) => {
          if (error !== null) reject(error);
          else resolve(result === 0 ? 0 : errnoName(koffi.errno()));
        });
      });
    return {
      setReceiveLowWater: (fd, bytes) => setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, [bytes], INT_BYTES) === 0,
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
