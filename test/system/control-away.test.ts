import { afterEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../scripts/lib/wait-for.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/base/units.ts';
import { WEEKDAYS, type WeeklySchedule } from '../../src/config/settings.ts';
import { expectOneRun, timelineOf } from './support/expect-footage.ts';
import { createLoopBay, type LoopBay, whyNoLoopBays } from './support/loop-bay.ts';
import { type System, startSystem } from './support/system.ts';

const FILL_TIMEOUT_MS = 3 * MINUTE_MS;

describe('control killed while recording, and left away until a small bay is full', () => {
  let system: System | undefined;
  let bay: LoopBay | undefined;
  afterEach(async () => {
    await system?.destroy();
    await bay?.destroy();
  });

  it('costs no frame, the oldest footage goes, the schedule is kept, and the catalog knows all of it afterwards', async (context) => {
    const reason = await whyNoLoopBays();
    context.skip(reason !== undefined, reason);
    bay = await createLoopBay({ sizeMB: 48 });
    const { schedule, endUtcMs } = onUntilAFullMinute(Date.now());
    system = await startSystem({
      bays: [bay.bay],
      simulator: { cameras: 3, clip: { width: 640, height: 360, mbps: 2, keyIntervalSeconds: 1 }, subClip: false },
    });
    const { stack } = system;
    const api = await stack.signIn();
    await api.send('PATCH', '/channels/3', { schedule });
    await system.waitUntilRecording();
    await stack.control.stop({ signal: 'SIGKILL' });

    const [a, b, c] = [1, 2, 3].map((number) => stack.channels[number - 1]!.id);
    const first = await system.recordedFrames();
    await waitFor(
      'the bay fills and the oldest footage goes',
      FILL_TIMEOUT_MS,
      async () => {
        const frames = await system!.recordedFrames();
        return [1, 2, 3].every((n) => Math.min(...frames.get(n)!.numbers) > Math.min(...first.get(n)!.numbers));
      },
      1_000,
    );
    await waitFor('the schedule switches channel 3 off', FILL_TIMEOUT_MS, async () =>
      (await system!.gapsOf(3)).some((gap) => gap.cause === 'schedule' && gap.toUtcMs === null),
    );
    await stack.recorder.stop();

    for (const number of [1, 2]) {
      await expectOneRun(system, number);
      expect(await system.gapsOf(number).then((gaps) => gaps.filter((gap) => gap.cause !== 'no-data'))).toEqual([]);
    }
    const last = (await system.footageOf(3)).spans.at(-1)!;
    expect(Math.abs(last.toUtcMs - endUtcMs)).toBeLessThan(1_500);

    await stack.recorder.start();
    await stack.control.start();
    const again = await waitFor('control answers again', 20_000, () => stack.signIn());
    for (const [number, id] of [
      [1, a],
      [2, b],
      [3, c],
    ] as const) {
      const files = (await system.footageOf(number)).spans;
      await waitFor(`the catalog has all footage of ${id}`, 20_000, async () => {
        const timeline = await timelineOf(again, number, Date.now() - HOUR_MS, Date.now() + MINUTE_MS);
        const missing = files.filter(
          (span) =>
            !timeline.footage.some((f) => f.fromUtcMs <= span.fromUtcMs + 100 && f.toUtcMs >= span.toUtcMs - 100),
        );
        if (missing.length > 0)
          throw new Error(`missing ${JSON.stringify(missing)} in ${JSON.stringify(timeline.footage)}`);
        return true;
      });
    }
  });
});

/** A schedule that is on now and ends with a full minute that is at least 30 s away. */
function onUntilAFullMinute(nowUtcMs: number): { schedule: WeeklySchedule; endUtcMs: number } {
  const endUtcMs = Math.ceil((nowUtcMs + 30_000) / MINUTE_MS) * MINUTE_MS;
  const from = new Date(endUtcMs - 2 * HOUR_MS).toISOString();
  const dayOfStart = WEEKDAYS[(new Date(from).getUTCDay() + 6) % 7]!;
  const to = new Date(endUtcMs).toISOString();
  return {
    schedule: { timeZone: 'UTC', spans: [{ days: [dayOfStart], from: from.slice(11, 16), to: to.slice(11, 16) }] },
    endUtcMs,
  };
}
