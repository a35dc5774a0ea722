import { describe, expect, test } from 'vitest';
import type { SimulatedCamera } from './camera.ts';
import { frameNumbers, openClient, playClient, startCamera, until, videoPackets } from './camera-under-test.ts';
import { parseRtp, reassemble } from './depacketise.ts';
import type { ProbeClient } from './probe-client.ts';
import { SMALL_CLIP } from './test-clips.ts';

const [SLICE, IDR, SPS] = [1, 5, 7];

describe('parameter sets', () => {
  test.each([
    ['both', true, true],
    ['in-band', false, true],
    ['sdp', true, false],
  ] as const)('%s: in the SDP %s, before key frames %s', async (parameterSets, inSdp, inBand) => {
    const camera = await startCamera({ parameterSets });
    const client = await openClient(camera);
    expect((await client.request('DESCRIBE')).body.includes('sprop-parameter-sets')).toBe(inSdp);
    await client.play();
    await until(() => keyFrames(client).length > 1);
    expect(keyFrames(client).every((types) => types.includes(SPS) === inBand)).toBe(true);
  });

  test('of H.265 only in-band leave nothing to say in the SDP', async () => {
    const client = await openClient(
      await startCamera({ clip: { ...SMALL_CLIP, codec: 'h265' }, parameterSets: 'in-band' }),
    );
    const { body } = await client.request('DESCRIBE');
    expect(body).toContain('H265/90000');
    expect(body).not.toContain('a=fmtp');
  });
});

describe('the marker', () => {
  const clip = { ...SMALL_CLIP, slices: 3 };

  test('is at the end of frames, on whatever ends them', async () => {
    const client = await playClient(await startCamera({ clip }));
    await until(() => frameNumbers(client).length > 10);
    expect(markedPerFrame(client)).toEqual(new Set([1]));
  });

  test('is nowhere', async () => {
    const client = await playClient(await startCamera({ clip, markers: 'none' }));
    await until(() => frameNumbers(client).length > 10);
    expect(videoPackets(client).some((packet) => parseRtp(packet).hasMarker)).toBe(false);
  });

  test('is on every NAL unit, parameter sets, SEI and each slice', async () => {
    const client = await playClient(await startCamera({ clip, markers: 'every-nal' }));
    await until(() => frameNumbers(client).length > 10);
    const marked = reassemble(videoPackets(client), 'h264');
    expect(marked.every((piece) => piece.nals.length === 1)).toBe(true);
    expect([...markedPerFrame(client)].every((count) => count >= 4)).toBe(true); // three slices and the number
  });
});

describe('the fault', () => {
  test.each([0, 2])(
    'change-format gives half the picture in mid-stream and back, with %i B-frames',
    async (bFrames) => {
      const camera = await startCamera({ clip: { ...SMALL_CLIP, width: 640, height: 480, bFrames } });
      const client = await playClient(camera);
      await camera.setFault({ kind: 'change-format' });
      await until(() => spsSizes(client).size > 1);
      expect((await openClient(camera).then((other) => other.request('DESCRIBE'))).body).not.toBe('');
      await camera.clearFaults();
      const framesThen = frameNumbers(client).length;
      await until(() => frameNumbers(client).length > framesThen + 30);
      expect(spsSizes(client).size).toBe(2);
      expect(frameNumbers(client)).toEqual(frameNumbers(client).map((_, i) => frameNumbers(client)[0]! + i));
      expectSteadyTime(client);
    },
  );

  test('change-format sends the new sets in-band where others are in the SDP alone', async () => {
    const camera = await startCamera({ clip: { ...SMALL_CLIP, width: 640, height: 480 }, parameterSets: 'sdp' });
    const client = await playClient(camera);
    expect(spsSizes(client).size).toBe(0);
    await camera.setFault({ kind: 'change-format' });
    await until(() => spsSizes(client).size === 1);
    await camera.clearFaults();
    await until(() => spsSizes(client).size === 2);
  });

  test('stop-key-frames sends none after the first; they come back when it ends', async () => {
    const camera = await startCamera();
    const client = await playClient(camera);
    await camera.setFault({ kind: 'stop-key-frames' });
    const keysThen = keyFrames(client).length;
    const framesThen = frameNumbers(client).length;
    await until(() => frameNumbers(client).length > framesThen + 50); // five usual groups of pictures
    expect(keyFrames(client).length - keysThen).toBeLessThanOrEqual(2);
    await camera.clearFaults();
    const after = keyFrames(client).length;
    await until(() => keyFrames(client).length > after + 2);
    expect(frameNumbers(client)).toEqual(frameNumbers(client).map((_, i) => frameNumbers(client)[0]! + i));
    expectSteadyTime(client);
  });

  test('change-format refuses a picture that cannot become smaller', async () => {
    const camera: SimulatedCamera = await startCamera({ clip: { ...SMALL_CLIP, width: 160, height: 120 } });
    await expect(camera.setFault({ kind: 'change-format' })).rejects.toThrow('160x120 cannot become smaller');
    expect(camera.faults()).toEqual([]);
  });
});

/** NAL unit types of each key frame so far that is whole. */
function keyFrames(client: ProbeClient): number[][] {
  const frames = new Map<number, number[]>();
  for (const { timestamp, nals } of reassemble(videoPackets(client), 'h264')) {
    frames.set(timestamp, [...(frames.get(timestamp) ?? []), ...nals.map((nal) => nal[0]! & 31)]);
  }
  return [...frames.values()].filter((types) => types.includes(IDR));
}

/** How many packets of one frame have the marker; without the last frame, which may be under way. */
function markedPerFrame(client: ProbeClient): Set<number> {
  const counts = new Map<number, number>();
  for (const { timestamp, hasMarker } of videoPackets(client).map(parseRtp)) {
    counts.set(timestamp, (counts.get(timestamp) ?? 0) + (hasMarker ? 1 : 0));
  }
  return new Set([...counts.values()].slice(0, -1));
}

/** Different sequence parameter sets that came. */
function spsSizes(client: ProbeClient): Set<string> {
  const nals = reassemble(videoPackets(client), 'h264').flatMap((frame) => frame.nals);
  return new Set(nals.filter((nal) => (nal[0]! & 31) === SPS).map((nal) => nal.toString('hex')));
}

/** In the order in which they are shown, frames are one duration apart. */
function expectSteadyTime(client: ProbeClient): void {
  const frames = reassemble(videoPackets(client), 'h264').filter(({ nals }) =>
    nals.some((nal) => (nal[0]! & 31) === SLICE || (nal[0]! & 31) === IDR),
  );
  const first = frames[0]!.timestamp;
  const shown = frames.map(({ timestamp }) => (timestamp - first) | 0).sort((a, b) => a - b);
  const steps = shown.slice(1).map((time, i) => time - shown[i]!);
  expect([...new Set(steps.slice(0, -3))]).toEqual([3600]); // of the last ones, some may still come
}
