import { describe, expect, it } from 'vitest';
import { watchPictures } from '../../src/recorder/picture-watch.ts';

describe('a camera that is connected', () => {
  it.each([
    ['and sends', 40, 0, false, undefined, false],
    ['and pauses for a second: what waits is written', 1_001, 0, true, undefined, false],
    ['and sends nothing for three seconds: a gap', 3_001, 0, true, 'no-data', false],
    ['and sends nothing for ten: begun anew', 10_001, 0, true, 'no-data', true],
    ['and sends what cannot be decoded for a second', 40, 1_001, true, undefined, false],
    [
      'and sends what cannot be decoded for three: a gap before the next key frame comes',
      40,
      3_001,
      true,
      'stream-error',
      false,
    ],
    ['and sends no key frame for 20 s after a loss, as smart codecs do', 40, 20_000, true, 'stream-error', false],
    ['and sends none for 45 s: begun anew', 40, 45_001, true, 'stream-error', true],
    ['and goes silent after a loss', 3_001, 9_000, true, 'no-data', false],
  ])('%s', (_, silentMs, undecodableMs, isFlushDue, cause, isRestartDue) => {
    const watch = watchPictures(silentMs, undecodableMs);
    expect([watch.isFlushDue, watch.failure?.cause, watch.isRestartDue]).toEqual([isFlushDue, cause, isRestartDue]);
  });

  it('has failed since the last picture, not since it was noticed', () => {
    expect(watchPictures(3_200, 0).lastedMs).toBe(3_200);
    expect(watchPictures(40, 4_000).lastedMs).toBe(4_000);
  });
});
