import { describe, expect, it } from 'vitest';
import { assertNever, invariant } from '../../src/base/assert.ts';
import { AppError, errnoCode, isAppError, messageOf } from '../../src/base/errors.ts';

const withCode = (code: string) => Object.assign(new Error(`failed: ${code}`), { code });

describe('errnoCode', () => {
  it.each([
    ['the error itself', withCode('ENOSPC'), 'ENOSPC'],
    ['the cause of an AppError', new AppError('drive', 'bay 1: write failed', { cause: withCode('EIO') }), 'EIO'],
    ['a cause two steps down', new Error('a', { cause: new Error('b', { cause: withCode('ENODEV') }) }), 'ENODEV'],
    ['an error without a code', new Error('plain'), undefined],
    ['a code that is a number, as child processes have', Object.assign(new Error('exit'), { code: 2 }), undefined],
    ['something thrown that is no error', 'ENOSPC', undefined],
  ])('finds the code of %s', (_name, thrown, expected) => {
    expect(errnoCode(thrown)).toBe(expected);
  });

  it('ends on a chain of causes that bites its own tail', () => {
    const error = new Error('loop');
    error.cause = error;
    expect(errnoCode(error)).toBeUndefined();
  });
});

describe('AppError', () => {
  it('is known by its kind', () => {
    const error = new AppError('full', 'bay 3: 12 MB free, a segment needs 48 MB');
    expect(isAppError(error)).toBe(true);
    expect(isAppError(error, 'full')).toBe(true);
    expect(isAppError(error, 'drive')).toBe(false);
    expect(isAppError(new Error('plain'))).toBe(false);
  });

  it('gives its line to a log, as anything thrown does', () => {
    expect(messageOf(new AppError('timeout', 'camera 4: no answer in 5 s'))).toBe('camera 4: no answer in 5 s');
    expect(messageOf('thrown text')).toBe('thrown text');
  });
});

describe('our own faults', () => {
  it('an invariant that holds says nothing, and one that does not ends what runs', () => {
    expect(() => invariant(true, 'unused')).not.toThrow();
    expect(() => invariant(0, 'queue is empty')).toThrow('invariant broken: queue is empty');
  });

  it('a member of a union that nobody handles is named', () => {
    expect(() => assertNever({ kind: 'new' } as never)).toThrow('unhandled case: {"kind":"new"}');
  });
});
