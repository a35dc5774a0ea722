import { AppError } from './errors.ts';

/** Ends every `switch` over a union: a new member that nobody handles is a compile error here. */
export function assertNever(value: never): never {
  throw new AppError('internal', `unhandled case: ${JSON.stringify(value)}`);
}

/** Our own invariant. When it fails the process must not go on; the supervisor restarts it. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AppError('internal', `invariant broken: ${message}`);
}
