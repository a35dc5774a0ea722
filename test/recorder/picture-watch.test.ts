import { describe, expect, it } from 'vitest';
import { type Flow, PacketFlow } from '../../src/recorder/packet-flow.ts';
import { watchPictures } from '../../src/recorder/picture-watch.ts';

const watch = (silentMs: number, undecodableMs: number, flow: Partial<Flow> = {}) =>
  watchPictures({
    silentMs,
    undecodableMs,
    flow: { silentMs, lastedMs: silentMs, packets: 0, malformed: 0, hadPictures: true, ...flow },
  });

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
    const { isFlushDue: isDue, failure, isRestartDue: isDueAnew } = watch(silentMs, undecodableMs);
    expect([isDue, failure?.cause, isDueAnew]).toEqual([isFlushDue, cause, isRestartDue]);
  });

  it('has failed since the last picture, not since it was noticed', () => {
    expect(watch(3_200, 0).lastedMs).toBe(3_200);
    expect(watch(40, 4_000).lastedMs).toBe(4_000);
  });
});

describe('a camera whose packets come, and no picture', () => {
  const flow = { silentMs: 40, packets: 812, malformed: 0, hadPictures: false };

  it.each([
    ['for three seconds: as every camera may', 3_000, {}, undefined, false],
    [
      'for longer: waits for a key frame',
      3_100,
      {},
      'packets come, and no key frame with usable parameter sets yet (812 packets in 3 s)',
      false,
    ],
    [
      'for longer than silence may last: the session stays',
      31_000,
      {},
      'packets come, and no key frame with usable parameter sets yet (812 packets in 31 s)',
      false,
    ],
    [
      'for longer than any other picture is waited for: begun anew',
      45_100,
      {},
      'packets come, and no key frame with usable parameter sets yet (812 packets in 45 s)',
      true,
    ],
    [
      'because they exceed a limit',
      12_000,
      { malformed: 7 },
      'packets come, and no picture can be made of them (812 packets in 12 s, 7 pictures that break their format or exceed a limit)',
      false,
    ],
    [
      'because a fragment never ends',
      12_000,
      { hadPictures: true },
      'packets come, and no picture can be made of them (812 packets in 12 s, and no picture ends among them)',
      false,
    ],
  ])('%s', (_, silentMs, difference, detail, isRestartDue) => {
    const verdict = watch(silentMs, 0, { ...flow, lastedMs: silentMs, ...difference });
    expect(verdict.failure).toEqual(detail && { cause: 'stream-error', detail });
    expect(verdict.isRestartDue).toBe(isRestartDue);
  });

  it('and then nothing: silent since the last packet', () => {
    const verdict = watch(20_000, 0, { ...flow, silentMs: 5_000 });
    expect(verdict).toMatchObject({ lastedMs: 5_000, isRestartDue: false });
    expect(verdict.failure).toEqual({
      cause: 'no-data',
      detail: 'no picture for 20 s, and no packet for 5 s, although connected',
    });
    expect(watch(30_000, 0, { ...flow, silentMs: 10_001 }).isRestartDue).toBe(true);
  });
});

describe('the flow of packets', () => {
  const counters = { videoPackets: 0, videoFrames: 0, framesMalformed: 0 };

  it('counts from the last picture on, and lasts since the packets came without a pause', () => {
    const flow = new PacketFlow();
    flow.begin(1_000);
    expect(flow.note(1_500, 1_000, counters)).toMatchObject({ silentMs: 500, packets: 0, hadPictures: false });
    expect(flow.note(6_000, 1_000, { ...counters, videoPackets: 10 })).toMatchObject({ silentMs: 0, lastedMs: 0 });
    const later = { videoPackets: 90, videoFrames: 0, framesMalformed: 2 };
    expect(flow.note(8_000, 1_000, later)).toMatchObject({ packets: 90, malformed: 2, lastedMs: 2_000 });
    expect(flow.note(8_100, 8_050, { ...later, videoPackets: 95, videoFrames: 1 })).toEqual({
      silentMs: 0,
      lastedMs: 50,
      packets: 0,
      malformed: 0,
      hadPictures: true,
    });
    expect(flow.note(9_100, 8_050, { ...later, videoPackets: 97, videoFrames: 1 })).toMatchObject({ packets: 2 });
  });

  it('begins anew with each session, whose counters begin at 0', () => {
    const flow = new PacketFlow();
    flow.begin(0);
    flow.note(1_000, 500, { videoPackets: 50, videoFrames: 3, framesMalformed: 4 });
    flow.begin(2_000);
    expect(flow.note(2_200, 2_000, { ...counters, videoPackets: 5 })).toMatchObject({ packets: 5, malformed: 0 });
  });
});
