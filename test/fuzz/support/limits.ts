import { type AppErrorKind, isAppError } from '../../../src/base/errors.ts';

/** What `read` returns; undefined where it says that the bytes are bad. Every other exception is a fault of the parser. */
export function readOrRefuse<T>(read: () => T, kind: AppErrorKind): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isAppError(error, kind)) return undefined;
    throw error;
  }
}

const ALLOCATORS = ['alloc', 'allocUnsafe', 'allocUnsafeSlow'] as const;

/** The largest buffer that is asked for while `work` runs: what a peer can make us reserve. */
export function largestBuffer(work: () => void): number {
  const originals = ALLOCATORS.map((name) => [name, Buffer[name]] as const);
  let largest = 0;
  for (const [name, original] of originals) {
    const watched = (size: number, ...rest: never[]) => {
      largest = Math.max(largest, size);
      return original(size, ...rest);
    };
    Object.assign(Buffer, { [name]: watched });
  }
  try {
    work();
  } finally {
    Object.assign(Buffer, Object.fromEntries(originals));
  }
  return largest;
}
