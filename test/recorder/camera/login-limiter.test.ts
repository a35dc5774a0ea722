import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../src/base/clock.ts';
import { type AccountCredentials, LoginLimiter, type Refusal } from '../../../src/recorder/camera/login-limiter.ts';

const START_UTC_MS = Date.UTC(2026, 0, 1);
const right = { username: 'admin', password: 'right' };
const wrong = { username: 'admin', password: 'wrong' };
const never = new AbortController().signal;

function limited(refusals: Refusal[] = []) {
  const clock = new ManualClock(START_UTC_MS);
  const saved: (readonly Refusal[])[] = [];
  const limiter = new LoginLimiter({ clock, refusals, onRefused: (current) => saved.push(current) });
  return { clock, limiter, saved };
}

/** Whether `work` has ended by now. */
async function isSettled(work: Promise<unknown>): Promise<boolean> {
  let isDone = false;
  work.then(
    () => {
      isDone = true;
    },
    () => {
      isDone = true;
    },
  );
  await new Promise((resolve) => setImmediate(resolve));
  return isDone;
}

/** Asked by a session whose credentials were last meant for `cam`. */
function waitMs(limiter: LoginLimiter, credentials: AccountCredentials): number {
  const gate = limiter.gateFor(credentials);
  gate.enter('cam', AbortSignal.abort()).then(
    () => gate.leave('cam', 'unknown'),
    () => undefined,
  );
  return gate.waitMs();
}

describe('the limiter of logins', () => {
  it('lets one session at a time try an account, whoever asks', async () => {
    const { limiter } = limited();
    const [one, other] = [limiter.gateFor(right), limiter.gateFor(wrong)];
    await one.enter('cam', never);
    const waiting = other.enter('CAM', never);
    expect(await isSettled(waiting)).toBe(false);
    one.leave('cam', 'unknown');
    await waiting;
    const third = one.enter('cam', never);
    expect(await isSettled(third)).toBe(false);
    other.leave('cam', 'unknown');
    await third;
  });

  it('lets all in at once with what was just accepted, for ten seconds', async () => {
    const { clock, limiter } = limited();
    const gate = limiter.gateFor(right);
    await gate.enter('cam', never);
    const waiting = [gate.enter('cam', never), gate.enter('cam', never)];
    const other = limiter.gateFor(wrong).enter('cam', never);
    gate.leave('cam', 'accepted');
    await Promise.all(waiting);
    expect(await isSettled(other)).toBe(false);
    await clock.advance(10_000);
    const late = gate.enter('cam', never);
    expect(await isSettled(late)).toBe(false);
    gate.leave('cam', 'unknown');
    expect(await isSettled(late)).toBe(false);
    gate.leave('cam', 'unknown');
    expect(await isSettled(other)).toBe(true);
  });

  it('lets nobody in at once any more when it is refused', async () => {
    const { limiter } = limited();
    const gate = limiter.gateFor(right);
    await gate.enter('cam', never);
    gate.leave('cam', 'accepted');
    await Promise.all([gate.enter('cam', never), gate.enter('cam', never)]);
    gate.leave('cam', 'refused');
    const waiting = gate.enter('cam', never);
    expect(await isSettled(waiting)).toBe(false);
    gate.leave('cam', 'unknown');
    await expect(waiting).rejects.toThrow('in 60 s');
  });

  it('does not hold up another host or port, nor another user', async () => {
    const { limiter } = limited();
    await limiter.gateFor(right).enter('cam', never);
    await limiter.gateFor(right).enter('other', never);
    await limiter.gateFor(right).enter('cam:8554', never);
    await limiter.gateFor({ ...right, username: 'guest' }).enter('cam', never);
  });

  it('stops those who wait with the same password when the first is refused, for a minute', async () => {
    const { clock, limiter } = limited();
    const gate = limiter.gateFor(wrong);
    await gate.enter('cam', never);
    const waiting = [gate.enter('cam', never), gate.enter('cam', never)];
    gate.leave('cam', 'refused');
    for (const one of waiting) {
      await expect(one).rejects.toMatchObject({ kind: 'unauthorized', message: expect.stringContaining('in 60 s') });
    }
    await clock.advance(59_000);
    await expect(gate.enter('cam', never)).rejects.toThrow('in 1 s');
    expect(waitMs(limiter, wrong)).toBe(1000);
    await clock.advance(1000);
    expect(waitMs(limiter, wrong)).toBe(0);
    await gate.enter('cam', never);
  });

  it('tries a password that was mended at once, behind those who are at it', async () => {
    const { limiter } = limited();
    const gate = limiter.gateFor(wrong);
    await gate.enter('cam', never);
    const mended = limiter.gateFor(right).enter('cam', never);
    gate.leave('cam', 'refused');
    await mended;
    expect(waitMs(limiter, right)).toBe(0);
    limiter.gateFor(right).leave('cam', 'accepted');
    expect(waitMs(limiter, wrong)).toBe(0);
  });

  it('keeps a refusal when the next outcome is not known', async () => {
    const { clock, limiter } = limited();
    const gate = limiter.gateFor(wrong);
    await gate.enter('cam', never);
    gate.leave('cam', 'refused');
    await limiter.gateFor(right).enter('cam', never);
    limiter.gateFor(right).leave('cam', 'unknown');
    await clock.advance(1000);
    expect(waitMs(limiter, wrong)).toBe(59_000);
  });

  it('ends waiting when the session is stopped', async () => {
    const { limiter } = limited();
    const stopping = new AbortController();
    await limiter.gateFor(right).enter('cam', never);
    const waiting = limiter.gateFor(right).enter('cam', stopping.signal);
    stopping.abort();
    await expect(waiting).rejects.toMatchObject({ kind: 'unreachable' });
    await expect(limiter.gateFor(right).enter('cam', stopping.signal)).rejects.toMatchObject({ kind: 'unreachable' });
  });
});

describe('after a restart', () => {
  it('what was refused in the last minute is not tried, whatever the password', async () => {
    const before = limited();
    await before.limiter.gateFor(wrong).enter('cam', never);
    before.limiter.gateFor(wrong).leave('cam', 'refused');
    expect(before.saved).toEqual([[{ peer: 'cam', username: 'admin', atUtcMs: START_UTC_MS }]]);
    expect(JSON.stringify(before.saved)).not.toContain('wrong');

    const { clock, limiter } = limited([...before.saved[0]!]);
    clock.stepWall(0);
    expect(waitMs(limiter, right)).toBe(60_000);
    await clock.advance(60_000);
    expect(waitMs(limiter, right)).toBe(0);
  });

  it.each([
    ['20 s ago', -20_000, 40_000],
    ['an hour ago', -3_600_000, 0],
    ['in the future: the clock was set back', 3_600_000, 60_000],
  ])('refused %s', (_, atMs, expected) => {
    const { limiter } = limited([{ peer: 'cam', username: 'admin', atUtcMs: START_UTC_MS + atMs }]);
    expect(waitMs(limiter, right)).toBe(expected);
  });

  it('only what still counts is written', async () => {
    const { clock, limiter, saved } = limited([{ peer: 'old', username: 'admin', atUtcMs: START_UTC_MS - 50_000 }]);
    const refuse = async (peer: string) => {
      await limiter.gateFor(wrong).enter(peer, never);
      limiter.gateFor(wrong).leave(peer, 'refused');
    };
    await refuse('a');
    await clock.advance(30_000);
    await refuse('b');
    await clock.advance(40_000);
    await refuse('c');
    expect(saved.map((refusals) => refusals.map(({ peer }) => peer))).toEqual([
      ['old', 'a'],
      ['a', 'b'],
      ['b', 'c'],
    ]);
  });
});
