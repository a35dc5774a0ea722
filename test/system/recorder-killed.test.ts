import { execFile } from 'node:child_process';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { findDecodeError } from '../../scripts/lib/decode-check.ts';
import { waitFor } from '../../scripts/lib/wait-for.ts';
import { type System, startSystem } from './support/system.ts';

const KEY_INTERVAL_MS = 1_000;
const CHANNELS = [1, 2, 3, 4];

describe('the recorder killed while recording', () => {
  let system: System | undefined;
  afterEach(() => system?.destroy());

  it('runs again within 1 s, records again within 3 s and a key-frame interval, and accounts for the gap', async () => {
    system = await startSystem({
      simulator: { cameras: 4, clip: { width: 320, height: 240, mbps: 0.5, keyIntervalSeconds: 1 }, subClip: false },
    });
    const { stack, facts } = system;
    await system.waitUntilRecording();
    await waitFor('a segment is closed and the next is under way', 30_000, async () => {
      const { files } = await system!.footageOf(1);
      return files.some((file) => file.isClosed) && files.some((file) => !file.isClosed && file.spans.length > 0);
    });

    const killedUtcMs = Date.now();
    await stack.recorder.crash();
    expect(Date.now() - killedUtcMs).toBeLessThan(1_000);
    const unclosed = (await system.footageOf(1)).files.filter(
      (file) => !file.isClosed && file.startUtcMs < killedUtcMs,
    );
    for (const file of unclosed) await expectOpensEverywhere(file.path);

    await waitFor('every channel records again', 15_000, () => {
      const rates = facts.rates.at(-1)!;
      return (
        rates.atUtcMs > killedUtcMs && rates.channels.length === 4 && rates.channels.every((r) => r.framesWritten > 0)
      );
    });
    await system.waitUntilRecording();
    await stack.recorder.stop();

    for (const number of CHANNELS) {
      const { files } = await system.footageOf(number);
      const next = files.find((file) => file.startUtcMs > killedUtcMs)!;
      expect(next.startUtcMs - killedUtcMs, `channel ${number} records again`).toBeLessThan(3_000 + KEY_INTERVAL_MS);
      const before = files.filter((file) => file.startUtcMs < killedUtcMs);
      const lastUtcMs = Math.max(...before.map((file) => file.endUtcMs));
      expect(lastUtcMs, `footage up to 1 s before the kill, channel ${number}`).toBeGreaterThan(killedUtcMs - 1_000);
      for (const file of files) expect(await findDecodeError(file.path), file.path).toBeUndefined();

      const gap = (await system.gapsOf(number)).find(({ cause }) => cause === 'recorder-not-running')!;
      expect(gap, `gap of channel ${number}`).toBeDefined();
      expect(Math.abs(gap.fromUtcMs - lastUtcMs)).toBeLessThan(100);
      expect(Math.abs(gap.toUtcMs! - next.startUtcMs)).toBeLessThan(100);
    }
  });

  it('is not disturbed by cameras that go on sending over UDP what the killed one had asked for', async () => {
    system = await startSystem({
      simulator: { cameras: 2, sessionsOutlive: true, maxSessions: 2 },
      channel: { transport: 'udp' },
    });
    await system.waitUntilRecording();
    const killedUtcMs = Date.now();
    await system.stack.recorder.crash();
    await waitFor('both channels record again', 15_000, () => {
      const rates = system!.facts.rates.at(-1)!;
      return rates.atUtcMs > killedUtcMs && rates.channels.every(({ framesWritten }) => framesWritten > 50);
    });
    await system.stack.recorder.stop();
    for (const [i, { main }] of (await system.simulator.counters()).entries()) {
      expect(main.sessions.map(({ transport, endCause }) => [transport, endCause])).toEqual([
        ['udp', undefined],
        ['udp', 'TEARDOWN'],
      ]);
      const numbers = (await system.recordedFrames()).get(i + 1)!.numbers;
      const [first, last] = main.sessions[1]!.ranges[0]!;
      const lost = Array.from({ length: last - first - 10 }, (_, n) => first + n).filter((n) => !numbers.has(n));
      expect(lost, `frames lost by channel ${i + 1} in its second session`).toEqual([]);
      expect(main.sessions[1]!.ranges.length).toBe(1);
    }
  });

  it('leaves files that ffprobe opens at once and after the repair, under names that tell day, time and channel', async () => {
    system = await startSystem();
    await system.waitUntilRecording();
    await waitFor(
      'two seconds of footage',
      20_000,
      async () =>
        (await system!.footageOf(1)).spans[0]!.toUtcMs - (await system!.footageOf(1)).spans[0]!.fromUtcMs > 2_000,
    );
    await system.stack.recorder.stop({ signal: 'SIGKILL' });
    const [torn] = (await system.footageOf(1)).files.filter((file) => !file.isClosed);
    await expectOpensEverywhere(torn!.path);

    await system.stack.recorder.start();
    const repaired = await waitFor('the torn file is repaired', 10_000, async () =>
      (await system!.footageOf(1)).files.find((file) => file.path === torn!.path && file.isClosed),
    );
    await expectOpensEverywhere(repaired.path);
    const start = new Date(repaired.startUtcMs).toISOString();
    expect(basename(repaired.path)).toBe(
      `${start.slice(11, 23).replaceAll(':', '-')}Z-1-${basename(repaired.path).split('-').at(-1)}`,
    );
    expect(repaired.path).toContain(`/${system.stack.channels[0]!.id}/${start.slice(0, 10)}/`);
    expect(system.stack.channels[0]!.id).toMatch(/-camera-1$/);
  });
});

/** ffprobe says nothing at level error, and finds a picture. */
async function expectOpensEverywhere(path: string): Promise<void> {
  const { stdout, stderr } = await promisify(execFile)('ffprobe', [
    '-v',
    'error',
    '-show_entries',
    'stream=codec_type',
    '-of',
    'csv=p=0',
    path,
  ]);
  expect(stderr, path).toBe('');
  expect(stdout).toContain('video');
}
