import { describe, expect, it } from 'vitest';
import { AppError, type AppErrorKind } from '../../../src/base/errors.ts';
import { CertificateError } from '../../../src/protocols/rtsp/certificate.ts';
import { RetryPolicy } from '../../../src/recorder/camera/retry-policy.ts';

const failure = (kind: AppErrorKind) => ({ error: new AppError(kind, ''), playedMs: 0, accountWaitMs: 0 });

/** The delays after so many failures, with the longest and with the shortest chance. */
function delays(end: ReturnType<typeof failure>, times: number): [number, number][] {
  const [longest, shortest] = [new RetryPolicy(() => 0), new RetryPolicy(() => 1)];
  return Array.from({ length: times }, () => [Math.round(longest.nextMs(end)), Math.round(shortest.nextMs(end))]);
}

describe('when a camera is asked again', () => {
  it.each(['unreachable', 'timeout', 'protocol', 'not-found', 'internal'] as const)(
    '%s: doubling up to 15 s',
    (kind) => {
      expect(delays(failure(kind), 7)).toEqual([
        [500, 350],
        [1000, 700],
        [2000, 1400],
        [4000, 2800],
        [8000, 5600],
        [15_000, 10_500],
        [15_000, 10_500],
      ]);
    },
  );

  it('too many viewers: doubling up to 30 s', () => {
    expect(delays(failure('conflict'), 6).map(([longest]) => longest)).toEqual([
      2000, 4000, 8000, 16_000, 30_000, 30_000,
    ]);
  });

  it.each(['unauthorized', 'forbidden'] as const)('%s: after a minute or a little more, each time', (kind) => {
    expect(delays(failure(kind), 2)).toEqual([
      [60_000, 65_000],
      [60_000, 65_000],
    ]);
  });

  it('refused to another session of the account: when that minute is over', () => {
    expect(delays({ ...failure('unauthorized'), accountWaitMs: 12_000 }, 1)).toEqual([[12_000, 17_000]]);
  });

  it('another certificate: after a minute', () => {
    const error = new CertificateError('cam:322', 'a'.repeat(64), 'b'.repeat(64));
    expect(delays({ error, playedMs: 0, accountWaitMs: 0 }, 1)).toEqual([[60_000, 65_000]]);
  });

  it('a session that lasted makes the next delay short again, one that did not does not', () => {
    const policy = new RetryPolicy(() => 0);
    const lost = failure('unreachable');
    for (let i = 0; i < 4; i++) policy.nextMs(lost);
    expect(policy.nextMs({ ...lost, playedMs: 9_000 })).toBe(8000);
    expect(policy.nextMs({ ...lost, playedMs: 11_000 })).toBe(500);
  });
});
