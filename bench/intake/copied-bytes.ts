interface Call {
  readonly self: unknown;
  readonly args: readonly unknown[];
  readonly result: unknown;
}

/**
 * Counts what is copied while `work` runs: every way of Node to copy bytes that the intake uses or could use is replaced by one that
 * counts. Slow; never in the run that is timed. Single bytes written by assignment (length fields) are not counted.
 */
export function countCopiedBytes(work: () => void): number {
  let copied = 0;
  const restore: (() => void)[] = [];
  const wrap = (target: object, name: string, bytesOf: (call: Call) => number) => {
    const original = Reflect.get(target, name) as (...args: unknown[]) => unknown;
    Reflect.set(target, name, function (this: unknown, ...args: unknown[]) {
      const result = original.apply(this, args);
      copied += bytesOf({ self: this, args, result });
      return result;
    });
    restore.push(() => Reflect.set(target, name, original));
  };
  const lengthOf = (value: unknown) => (ArrayBuffer.isView(value) ? value.byteLength : 0);
  wrap(Buffer.prototype, 'copy', ({ result }) => Number(result));
  wrap(Buffer, 'concat', ({ result }) => lengthOf(result));
  wrap(Buffer, 'from', ({ args: [source], result }) => (typeof source === 'string' ? 0 : lengthOf(result)));
  const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;
  wrap(typedArray, 'set', ({ args: [source] }) => lengthOf(source));
  wrap(typedArray, 'slice', ({ result }) => lengthOf(result));
  wrap(typedArray, 'copyWithin', ({ self, args: [, from = 0, to = lengthOf(self)] }) => Number(to) - Number(from));
  try {
    work();
  } finally {
    for (const undo of restore) undo();
  }
  return copied;
}
