import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../src/base/clock.ts';
import type { SimulatedCamera } from './camera.ts';
import { openClient, packetsOf, playClient, startCamera, until, videoPackets } from './camera-under-test.ts';
import { parseRtp, reassemble } from './depacketise.ts';
import type { ProbeClient } from './probe-client.ts';
import { SMALL_CLIP } from './test-clips.ts';

const START_UTC_MS = Date.UTC(2030, 0, 1);
const NTP_EPOCH_MS = 2_208_988_800_000;

describe("a camera's quartz", () => {
  test.each([
    [0, 90_000 * 100],
    [100_000, 90_000 * 110],
    [-100_000, 90_000 * 90],
  ])(
    'that is off by %i ppm counts RTP time as much faster or slower, and its time of day with it',
    async (ppm, ticks) => {
      const clock = new ManualClock(START_UTC_MS);
      const camera = await startCamera({ clock, driftPpm: ppm });
      const client = await openClient(camera);
      await client.play();
      await clock.advance(3_000);
      await until(() => reports(client).length > 0);
      // Within the session's time-out, and more than the pause between two reports.
      await advanceBy(clock, client, 100_000);
      await until(() => reports(client).at(-1)!.utcMs - reports(client)[0]!.utcMs > ticks / 90 - 100);
      const [first, last] = [reports(client)[0]!, reports(client).at(-1)!];
      expect((last.rtpTime - first.rtpTime) >>> 0).toBeCloseTo(ticks, -2);
      expect(last.utcMs - first.utcMs).toBeCloseTo(ticks / 90, -1);
    },
  );

  test('paces the pictures: their times are those of the reports', async () => {
    const clock = new ManualClock(START_UTC_MS);
    const client = await openClient(await startCamera({ clock, driftPpm: 100_000, startAtKey: false }));
    await client.play();
    await clock.advance(4_000);
    const frames = () => reassemble(videoPackets(client), 'h264');
    await until(() => frames().length >= 109 && reports(client).length > 0); // 4 s at 27.5 a second, give or take one
    expect(
      new Set(
        frames()
          .slice(1)
          .map((frame, i) => frame.timestamp - frames()[i]!.timestamp),
      ),
    ).toEqual(new Set([3600]));
    const behind = reports(client)[0]!.rtpTime - frames().at(-1)!.timestamp;
    expect(behind).toBeGreaterThanOrEqual(0);
    expect(behind).toBeLessThan(3600);
  });
});

describe("a camera's time of day", () => {
  test('is as far ahead as was asked for, and steps with the fault step-clock', async () => {
    const clock = new ManualClock(START_UTC_MS);
    const camera = await startCamera({ clock, clockOffsetSeconds: 3_600 });
    const client = await openClient(camera);
    await client.play();
    await clock.advance(3_000);
    await until(() => reports(client).length === 1);
    expect(reports(client)[0]!.utcMs - clock.nowUtcMs()).toBeCloseTo(3_600_000, -1);
    await camera.setFault({ kind: 'step-clock', seconds: -7_200 });
    await clock.advance(5_000);
    await until(() => reports(client).length === 2);
    expect(reports(client)[1]!.utcMs - clock.nowUtcMs()).toBeCloseTo(-3_600_000, -1);
    expect(reports(client)[1]!.rtpTime - reports(client)[0]!.rtpTime).toBeCloseTo(450_000, -2);
    await camera.clearFaults();
    await clock.advance(5_000);
    await until(() => reports(client).length === 3);
    expect(reports(client)[2]!.utcMs - clock.nowUtcMs()).toBeCloseTo(3_600_000, -1);
  });

  test('stays unknown where the camera sends no reports', async () => {
    const clock = new ManualClock(START_UTC_MS);
    const camera = await startCamera({ clock, hasSenderReports: false });
    const client = await openClient(camera);
    await client.play();
    await clock.advance(6_000);
    await until(() => client.packets.length > 20);
    await clock.advance(6_000);
    const before = client.packets.length;
    await until(() => client.packets.length > before + 20);
    expect(reports(client)).toEqual([]);
  });
});

describe('a camera that counts time by its frames', () => {
  const clip = { ...SMALL_CLIP, fps: 20, declaredFps: 25 };

  test('says 25 and sends 20 frames a second, a declared duration apart', async () => {
    const camera = await startCamera({ clip, hasCountedTimestamps: true });
    const client = await openClient(camera);
    expect((await client.request('DESCRIBE')).body).toContain('a=framerate:25\r\n');
    await client.play();
    await until(() => reassemble(videoPackets(client), 'h264').length > 20);
    const frames = reassemble(videoPackets(client), 'h264');
    expect(new Set(frames.slice(1).map((frame, i) => frame.timestamp - frames[i]!.timestamp))).toEqual(new Set([3600]));
  });

  test('and one that only says so keeps true time', async () => {
    const client = await playClient(await startCamera({ clip }));
    await until(() => reassemble(videoPackets(client), 'h264').length > 20);
    const frames = reassemble(videoPackets(client), 'h264');
    expect(new Set(frames.slice(1).map((frame, i) => frame.timestamp - frames[i]!.timestamp))).toEqual(new Set([4500]));
  });
});

describe('the fault', () => {
  test('freeze-timestamps holds RTP time, which then goes on as if it had not', async () => {
    const { camera, client } = await playing();
    await camera.setFault({ kind: 'freeze-timestamps' });
    const timesOf = () => new Set(videoPackets(client).map((packet) => parseRtp(packet).timestamp));
    await until(() => videoPackets(client).length > 10);
    const count = videoPackets(client).length;
    await until(() => videoPackets(client).length > count + 40);
    const frozen = new Set(
      videoPackets(client)
        .slice(count)
        .map((packet) => parseRtp(packet).timestamp),
    );
    expect(frozen.size).toBe(1);
    await camera.clearFaults();
    const held = [...frozen][0]!;
    await until(() => timesOf().size > 30);
    const later = [...timesOf()].slice(-5);
    for (const [i, time] of later.entries()) if (i > 0) expect(time - later[i - 1]!).toBe(3600);
    expect((later[0]! - held) % 3600).toBe(0);
  });

  test('restart-stream gives new SSRC and sequence numbers in mid-session; frames go on', async () => {
    const { camera, client } = await playing();
    const before = parseRtp(videoPackets(client)[0]!);
    await camera.setFault({ kind: 'restart-stream', seed: 3 });
    await until(() => parseRtp(videoPackets(client).at(-1)!).ssrc !== before.ssrc);
    const packets = videoPackets(client).map(parseRtp);
    const at = packets.findIndex((packet) => packet.ssrc !== before.ssrc);
    expect(packets[at]!.sequence).not.toBe((packets[at - 1]!.sequence + 1) & 0xffff);
    expect(packets[at]!.timestamp - packets[at - 1]!.timestamp).toBe(3600);
    expect(camera.faults()).toEqual([]);
  });
});

async function playing(): Promise<{ camera: SimulatedCamera; client: ProbeClient }> {
  const camera = await startCamera();
  return { camera, client: await playClient(camera) };
}

/** So that the session is kept alive meanwhile. */
async function advanceBy(clock: ManualClock, client: ProbeClient, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 50_000) {
    await clock.advance(50_000);
    await client.request('GET_PARAMETER');
  }
}

/** Sender reports of the picture. */
function reports(client: ProbeClient): { utcMs: number; rtpTime: number }[] {
  return packetsOf(client, 1).map((rtcp) => ({
    utcMs: rtcp.readUInt32BE(8) * 1000 + (rtcp.readUInt32BE(12) / 2 ** 32) * 1000 - NTP_EPOCH_MS,
    rtpTime: rtcp.readUInt32BE(16),
  }));
}
