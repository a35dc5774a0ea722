import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { CameraSession } from '../../src/recorder/camera-session.ts';
import { anyAccess } from '../recorder/support.ts';
import { QuirkCamera } from './support/camera.ts';
import { IDR, PPS, SPS } from './support/nals.ts';
import { Sender } from './support/packets.ts';
import { refuse } from './support/passwords.ts';
import { type CameraScript, CLOSE } from './support/script.ts';

/** Passes over each pause between two attempts, and notes it. */
class PauseClock extends ManualClock {
  readonly pausesMs: number[] = [];
  /** The next sleep is the pause: the session has just said that its camera is down. */
  isPauseNext = false;

  override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (!this.isPauseNext || signal?.aborted) return await super.sleep(ms, signal);
    this.isPauseNext = false;
    this.pausesMs.push(ms);
    await this.advance(ms);
  }
}

interface Outcome {
  readonly pausesMs: readonly number[];
  readonly causes: readonly string[];
  readonly connections: number;
  readonly units: number;
}

/** The recorder's session with a camera, up to the first picture or so many failures. */
async function persist(script: CameraScript, maxFailures: number): Promise<Outcome> {
  const clock = new PauseClock(Date.UTC(2026, 0, 1));
  const bytesRead = () => Number.POSITIVE_INFINITY; // nothing is cut: nobody needs to know
  const camera = await new QuirkCamera({ script, clock, cuts: () => false, bytesRead }).start();
  const causes: string[] = [];
  let units = 0;
  await new Promise<void>((resolve) => {
    const session = new CameraSession({
      address: () => ({ url: camera.url, username: 'admin', password: 'secret' }),
      access: anyAccess(clock),
      clock,
      log: silentLog,
      onUp: () => undefined,
      onFormat: () => undefined,
      onUnit: () => {
        units++;
        resolve(session.stop());
      },
      onDown: ({ cause }) => {
        causes.push(cause);
        clock.isPauseNext = true;
        if (causes.length === maxFailures) resolve(session.stop());
      },
    });
    session.start();
  });
  await camera.stop();
  return { pausesMs: clock.pausesMs, causes, connections: camera.connections, units };
}

describe('a camera that has no place for us', () => {
  const media = [new Sender().picture(0, [SPS, PPS, IDR])];

  const BUSY_MS = [2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000];
  const UNREACHABLE_MS = [500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000];
  it.each([
    ['quirk 31: a camera answers 453 when all of its places are taken', { SETUP: { status: 453 } }, BUSY_MS],
    ['quirk 31: a camera answers 503 when it is busy', { DESCRIBE: { status: 503 } }, BUSY_MS],
    [
      'quirk 31: a camera closes the connection when it has enough',
      { OPTIONS: { isSilent: true, after: [CLOSE] } },
      UNREACHABLE_MS,
    ],
  ])('%s: asked again after pauses that double', async (_, answers, longest) => {
    const { pausesMs, causes } = await persist({ answers }, 9);
    expect(new Set(causes)).toEqual(new Set(['camera-unreachable']));
    for (const [i, pauseMs] of pausesMs.entries()) {
      expect(pauseMs).toBeGreaterThanOrEqual(longest[i]! * 0.7);
      expect(pauseMs).toBeLessThanOrEqual(longest[i]!);
    }
    // With jitter: 64 cameras that went away together do not come back together.
    expect(new Set(pausesMs.slice(5)).size).toBe(3);
  });

  it('quirk 31: a place becomes free: the recording goes on, over one connection at a time', async () => {
    const answers = {
      SETUP: (_: unknown, attempt: number) => (attempt <= 3 ? { status: 453 } : undefined),
    };
    expect(await persist({ answers, media }, 9)).toMatchObject({
      units: 1,
      connections: 4,
      causes: Array(3).fill('camera-unreachable'),
    });
  });

  it('quirk 31: a wrong password is tried once a minute, below what locks accounts', async () => {
    const { pausesMs, causes } = await persist({ guard: () => refuse('Digest realm="cam", nonce="n"') }, 4);
    expect(causes).toEqual(Array(4).fill('refused-password'));
    for (const pauseMs of pausesMs) expect(pauseMs).toBeGreaterThanOrEqual(60_000);
  });
});
