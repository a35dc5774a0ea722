import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../src/base/clock.ts';
import type { SimulatedCamera } from './camera.ts';
import {
  closeLater,
  frameNumbers,
  openClient,
  packetsOf,
  playClient,
  sequenceSteps,
  sleep,
  startCamera,
  until,
  videoPackets,
} from './camera-under-test.ts';
import { parseRtp, reassemble } from './depacketise.ts';
import type { Fault } from './faults.ts';
import { ProbeClient } from './probe-client.ts';
import { startSimulator } from './simulator.ts';
import { SMALL_CLIP, TEST_CACHE } from './test-clips.ts';

describe('a camera', () => {
  test('describes its stream with parameter sets and the configuration of its sound', async () => {
    const camera = await startCamera({ clip: { ...SMALL_CLIP, sound: 'aac' } });
    const { body, headers } = await (await openClient(camera)).request('DESCRIBE');
    expect(headers.get('content-base')).toBe(`${camera.url}/`);
    expect(body).toMatch(/a=rtpmap:96 H264\/90000\r\na=fmtp:96 packetization-mode=1;profile-level-id=42[0-9a-f]{4};/);
    expect(body).toMatch(/sprop-parameter-sets=[\w+/=]+,[\w+/=]+\r\n/);
    expect(body).toContain('a=rtpmap:97 MPEG4-GENERIC/16000/1');
    expect(body).toContain('config=1408');
  });

  test('begins with the key frame that its answer to PLAY announces, and numbers frames without a hole over the loop', async () => {
    const camera = await startCamera({ firstTimestamp: 2 ** 32 - 90_000 });
    const client = await openClient(camera);
    const info = /seq=(\d+);rtptime=(\d+)/.exec((await client.play()).headers.get('rtp-info') ?? '');
    await until(() => frameNumbers(client).length > 60); // the clip has 50
    const first = parseRtp(videoPackets(client)[0]!);
    expect([first.sequence, first.timestamp]).toEqual([Number(info![1]), Number(info![2])]);
    const numbers = frameNumbers(client);
    expect(numbers).toEqual(numbers.map((_, i) => numbers[0]! + i));
    const frames = reassemble(videoPackets(client), 'h264');
    const steps = frames.slice(1).map((frame, i) => (frame.timestamp - frames[i]!.timestamp) >>> 0);
    expect(new Set(steps)).toEqual(new Set([3600]));
    expect(sequenceSteps(client)).toEqual(new Set([1]));
    expect(client.strayBytes).toBe(0);
  });

  test('counts what each client was sent, and shows all clients the same frames', async () => {
    const camera = await startCamera();
    const [a, b] = [await openClient(camera), await openClient(camera)];
    await Promise.all([a.play(), b.play()]);
    await until(() => frameNumbers(a).length > 10 && frameNumbers(b).length > 10);
    await Promise.all([a.request('TEARDOWN'), b.request('TEARDOWN')]);
    const { sessions, framesSent } = camera.counters().main;
    expect(sessions.map((session) => session.endCause)).toEqual(['TEARDOWN', 'TEARDOWN']);
    for (const [i, client] of [a, b].entries()) {
      const numbers = frameNumbers(client);
      expect(sessions[i]).toMatchObject({
        firstFrame: numbers[0],
        lastFrame: numbers.at(-1),
        framesSent: numbers.length,
      });
      expect(sessions[i]!.ranges).toEqual([[numbers[0], numbers.at(-1)]]);
    }
    expect(framesSent).toBe(frameNumbers(a).length + frameNumbers(b).length);
  });

  test('sends sound and sender reports on their own channels', async () => {
    const camera = await startCamera({ clip: { ...SMALL_CLIP, sound: 'pcmu' } });
    const client = await openClient(camera);
    await client.play(2);
    await until(
      () => [0, 1, 2, 3].every((channel) => packetsOf(client, channel).length > (channel === 2 ? 20 : 0)),
      8_000,
    );
    const sound = packetsOf(client, 2).map(parseRtp);
    expect(new Set(sound.slice(1).map((p, i) => (p.timestamp - sound[i]!.timestamp) >>> 0))).toEqual(new Set([160]));
    const report = packetsOf(client, 1)[0]!;
    expect(report[1]).toBe(200);
    expect(report.readUInt32BE(4)).toBe(parseRtp(videoPackets(client)[0]!).ssrc);
    expect(Math.abs(report.readUInt32BE(8) - 2_208_988_800 - Date.now() / 1000)).toBeLessThan(15);
  });

  test('ends the session of a client that says nothing for 60 s', async () => {
    const clock = new ManualClock(Date.UTC(2030, 0, 1));
    const camera = await startCamera({ clock });
    const [silent, alive] = [await openClient(camera), await openClient(camera)];
    await Promise.all([silent.play(), alive.play()]);
    await clock.advance(59_000);
    await alive.request('GET_PARAMETER');
    await clock.advance(2_000);
    await until(() => silent.isClosed);
    expect(alive.isClosed).toBe(false);
    const causes = camera.counters().main.sessions.map((session) => session.endCause);
    expect(causes).toEqual(['nothing heard for 60 s', undefined]);
  });

  test('has a smaller sub stream at an address of its own', async () => {
    const camera = await startCamera({ subClip: { ...SMALL_CLIP, width: 160, height: 120 } });
    const client = closeLater(await ProbeClient.open(camera.subUrl!));
    await client.play();
    await until(() => frameNumbers(client).length > 3);
    expect(camera.counters().sub!.framesSent).toBeGreaterThan(3);
    expect(camera.counters().main.framesSent).toBe(0);
  });

  test('that redirects names another address, where its stream is', async () => {
    const camera = await startCamera({ redirects: true });
    const { status, headers } = await (await openClient(camera)).request('DESCRIBE');
    const location = headers.get('location')!;
    expect([status, location]).toEqual([302, camera.url.replace('/main', '/moved/main')]);
    const client = closeLater(await ProbeClient.open(location));
    const { body, headers: described } = await client.request('DESCRIBE');
    expect(body).toContain('m=video');
    expect(described.get('content-base')).toBe(`${location}/`);
    await client.play();
    await until(() => frameNumbers(client).length > 3);
  });

  test('answers 404, 454, 455, 461 and 501 where a client goes wrong', async () => {
    const camera = await startCamera({ transport: 'tcp' });
    const client = await openClient(camera);
    expect((await client.request('DESCRIBE', '/nothing')).status).toBe(404);
    expect((await client.request('PLAY')).status).toBe(455);
    expect(
      (await client.request('SETUP', '/trackID=0', { Transport: 'RTP/AVP;unicast;client_port=5000-5001' })).status,
    ).toBe(461);
    expect((await client.request('SETUP', '/trackID=1', { Transport: 'RTP/AVP/TCP;interleaved=0-1' })).status).toBe(
      404,
    );
    expect(
      (await client.request('SETUP', '/trackID=0', { Transport: 'RTP/AVP/TCP;interleaved=6-7' })).headers.get(
        'transport',
      ),
    ).toMatch(/interleaved=6-7/);
    expect((await client.request('TEARDOWN', '', { Session: 'other' })).status).toBe(454);
    expect((await client.request('DANCE')).status).toBe(501);
  });

  test('leaves whole frames out for a client that does not read, and goes on at a key frame', async () => {
    const camera = await startCamera({ clip: { ...SMALL_CLIP, width: 640, height: 480, mbps: 20 } });
    const client = await openClient(camera);
    await client.play();
    client.pause();
    await until(() => camera.counters().main.framesDropped > 5, 15_000);
    client.resume();
    const sentBefore = camera.counters().main.framesSent;
    await until(() => camera.counters().main.framesSent > sentBefore + 5);
    const { ranges, framesSent } = camera.counters().main.sessions[0]!;
    expect(ranges.length).toBeGreaterThan(1);
    expect(ranges[1]![0] % 10).toBe(0); // a key frame each 0.4 s
    await until(() => frameNumbers(client).length >= framesSent);
    expect(frameNumbers(client).slice(0, framesSent)).toEqual(
      ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i)),
    );
  });
});

describe('the fault', () => {
  test('drop cuts the connection, and the next one plays with later frame numbers', async () => {
    const { camera, client } = await playing();
    await camera.setFault({ kind: 'drop' });
    await until(() => client.isClosed);
    const last = frameNumbers(client).at(-1)!;
    const again = await openClient(camera);
    await again.play();
    await until(() => frameNumbers(again).length > 0);
    expect(frameNumbers(again)[0]).toBeGreaterThan(last);
    expect(camera.counters().main.sessions[0]!.endCause).toBe('fault: drop');
  });

  test('refuse closes the listener for its time', async () => {
    const { camera, client } = await playing();
    await camera.setFault({ kind: 'refuse', forSeconds: 0.5 });
    await until(() => client.isClosed);
    await expect(ProbeClient.open(camera.url)).rejects.toThrow('ECONNREFUSED');
    await until(() => camera.faults().length === 0);
    await camera.clearFaults();
    await openClient(camera);
  });

  test('silent sends nothing and answers requests; after it the stream goes on at a key frame', async () => {
    const { camera, client } = await playing();
    await camera.setFault({ kind: 'silent' });
    await sleep(50);
    const before = client.packets.length;
    await sleep(300);
    expect(client.packets.length).toBe(before);
    expect((await client.request('GET_PARAMETER')).status).toBe(200);
    await camera.clearFault('silent');
    await until(() => client.packets.length > before + 10);
    const { framesWithheld, ranges } = camera.counters().main.sessions[0]!;
    expect(framesWithheld).toBeGreaterThan(5);
    expect(ranges[1]![0] % 10).toBe(0);
  });

  test('silent hang does not answer either', async () => {
    const { camera, client } = await playing();
    await camera.setFault({ kind: 'silent', hang: true });
    const answer = client.request('OPTIONS').then(
      () => 'answered',
      () => 'closed',
    );
    expect(await Promise.race([answer, sleep(300).then(() => 'nothing')])).toBe('nothing');
  });

  test('lose-packets leaves holes in the sequence, the same for the same seed, and counts the frames as damaged', async () => {
    const { camera, client } = await playing({ kind: 'lose-packets', share: 0.2, seed: 4 });
    await until(() => videoPackets(client).length > 100);
    expect(sequenceSteps(client).size).toBeGreaterThan(1);
    const { framesDamaged, framesSent } = camera.counters().main;
    expect(framesDamaged).toBeGreaterThan(5);
    expect(framesSent).toBeLessThan(framesDamaged * 3);
  });

  test('reorder-packets sends all packets, some after their successor', async () => {
    const { client } = await playing({ kind: 'reorder-packets', share: 0.3 });
    await until(() => videoPackets(client).length > 100);
    expect(sequenceSteps(client).has(0xffff)).toBe(true);
    const sequences = videoPackets(client).map((packet) => parseRtp(packet).sequence);
    expect(new Set(sequences).size).toBe(sequences.length);
  });

  test.each([5, -5])('jump-timestamps moves RTP time by %i seconds, and back when cleared', async (seconds) => {
    const { camera, client } = await playing();
    await camera.setFault({ kind: 'jump-timestamps', seconds });
    await sleep(200);
    await camera.clearFaults();
    await sleep(200);
    const times = reassemble(videoPackets(client), 'h264').map((frame) => frame.timestamp);
    const steps = times.slice(1).map((time, i) => (time - times[i]!) | 0);
    const jump = seconds * 90_000;
    expect(steps.filter((step) => step !== 3600)).toEqual([jump + 3600, -jump + 3600]);
  });

  test('bitrate multiplies the bytes by filler, and frames stay whole', async () => {
    const { camera, client } = await playing({ kind: 'bitrate', factor: 4 });
    await until(() => frameNumbers(client).length > 20);
    const frames = reassemble(videoPackets(client), 'h264');
    const bytes = (isFiller: boolean) =>
      frames
        .flatMap((frame) => frame.nals)
        .filter((nal) => ((nal[0]! & 31) === 12) === isFiller)
        .reduce((sum, nal) => sum + nal.length, 0);
    expect(bytes(true) / bytes(false)).toBeCloseTo(3, 0);
    expect(camera.counters().main.framesDamaged).toBe(0);
    expect(sequenceSteps(client)).toEqual(new Set([1]));
  });

  test('garbage puts bytes between packets, and whole packets are found behind them', async () => {
    const { camera, client } = await playing({ kind: 'garbage', share: 0.5 });
    await until(() => frameNumbers(client).length > 20);
    expect(client.strayBytes).toBeGreaterThan(100);
    expect(camera.counters().main.framesDamaged).toBeGreaterThan(2);
  });

  test('garbage nals keeps packets and spoils what is in them', async () => {
    const { camera, client } = await playing({ kind: 'garbage', what: 'nals', share: 1 });
    await until(() => videoPackets(client).length > 20);
    expect(client.strayBytes).toBe(0);
    expect(frameNumbers(client)).toEqual([]);
    expect(camera.counters().main.framesSent).toBe(0);
  });
});

test('a port in use is named', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.1.2', resolve));
  const { port } = other.address() as { port: number };
  await expect(
    startSimulator({ cameras: 2, port, clip: SMALL_CLIP, subClip: false, cacheFolder: TEST_CACHE }),
  ).rejects.toThrow(`camera 2: 127.0.1.2:${port} is in use by another program`);
  await new Promise((resolve) => other.close(resolve));
});

/** A camera with a client that has some frames; with a fault from before its first. */
async function playing(fault?: Fault): Promise<{ camera: SimulatedCamera; client: ProbeClient }> {
  const camera = await startCamera();
  if (fault) await camera.setFault(fault);
  return { camera, client: await playClient(camera) };
}
