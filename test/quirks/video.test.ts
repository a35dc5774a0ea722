import { describe, expect, it } from 'vitest';
import { MediaReceiver } from '../../src/protocols/rtsp/media-receiver.ts';
import { parseSdp } from '../../src/protocols/rtsp/sdp.ts';
import { chooseTracks } from '../../src/protocols/rtsp/tracks.ts';
import { DecodableGate } from '../../src/recorder/decodable-gate.ts';
import { everyCut } from './support/every-cut.ts';
import {
  DELIMITER,
  DELTA,
  H265_DELTA,
  H265_IDR,
  H265_PPS,
  H265_SPS,
  H265_SPS_LAYERS,
  H265_TRAIL_N,
  H265_VPS,
  IDR,
  PPS,
  SECOND_SLICE,
  SEI,
  SPS,
  SPS_SMALL,
} from './support/nals.ts';
import { aggregate, Sender } from './support/packets.ts';
import { H265_SDP, VIDEO_SDP } from './support/script.ts';
import { watch } from './support/watch.ts';

const KEY = 'key@0 SPS PPS IDR';
const TWO_PICTURES = [KEY, 'unit@3600 DELTA'];
const H265_KEY = 'key@0 VPS SPS PPS IDR';
/** One payload out of bytes, as the camera packs them. */
const payload = (...bytes: (Buffer | number[])[]) => ({
  payload: Buffer.concat(bytes.map((part) => Buffer.from(part))),
});
const START_CODE = [0, 0, 0, 1];

describe('where a picture ends', () => {
  it('quirk 33: FLIR M400 never sets the marker', async () => {
    const video = new Sender();
    const media = [
      video.picture(0, [SPS, PPS, IDR], { marker: 'none' }),
      video.picture(3600, [DELTA], { marker: 'none' }),
      video.picture(7200, [DELTA], { marker: 'none' }),
    ];
    expect((await everyCut({ media })).units).toEqual(TWO_PICTURES);
  });

  it.each([
    // Tapo TC70, Reolink Duo 2, LV-IP22IR40DVBL and "H264DVR 1.0" each do one of these.
    ['quirk 34: Tapo TC70 and its kind set the marker too early: on the SPS', [SPS, PPS, IDR], 0, KEY],
    [
      'quirk 34: Tapo TC70 and its kind set the marker too early: on every packet',
      [SPS, PPS, SEI, IDR],
      'all',
      'key@0 SPS PPS SEI IDR',
    ],
    [
      'quirk 34: Tapo TC70 and its kind set the marker too early: on the SEI',
      [SEI, SPS, PPS, IDR],
      0,
      'key@0 SEI SPS PPS IDR',
    ],
  ] as const)('%s', async (_, nals, marker, expected) => {
    const video = new Sender();
    const media = [
      video.picture(0, nals, { marker }),
      // Where only the parameter sets are marked, the next timestamp ends the picture.
      video.picture(3600, [DELTA]),
    ];
    expect((await everyCut({ media })).units).toEqual([expected, 'unit@3600 DELTA']);
  });

  it('quirk 34: who marks every unit marks every slice: the picture goes on, and none is doubled', async () => {
    const video = new Sender();
    const media = [
      video.picture(0, [SPS, PPS, IDR, SECOND_SLICE], { marker: 'all' }),
      video.picture(3600, [DELTA, SECOND_SLICE], { marker: 'all' }),
      video.picture(7200, [DELIMITER], { marker: 'none' }),
    ];
    const seen = await everyCut({ media });
    expect(seen.units).toEqual(['key@0 SPS PPS IDR SECOND_SLICE', 'unit@3600 DELTA SECOND_SLICE']);
    expect(seen.counters.framesDropped).toBe(0);
  });

  it('quirk 35: Reolink RLC-822A sends parameter sets at another time than their key frame', async () => {
    const video = new Sender();
    const media = [
      video.picture(17, [SPS, PPS], { marker: 'all' }),
      video.picture(3600, [IDR]),
      video.picture(7200, [DELTA]),
    ];
    expect((await everyCut({ media })).units).toEqual(['key@3600 SPS PPS IDR', 'unit@7200 DELTA']);
  });
});

describe('what a payload holds', () => {
  it.each([
    ['quirk 36: V380 packs all units of a picture into one', payload(SPS, START_CODE, PPS, [0, 0, 1], IDR), 1400],
    [
      'quirk 36: Amatek AR-N3222F cuts a byte stream into fragments',
      Buffer.concat([SPS, Buffer.from(START_CODE), PPS, Buffer.from(START_CODE), IDR]),
      9,
    ],
    [
      'quirk 36: a nameless camera leaves a start code in front',
      payload(START_CODE, SPS, START_CODE, PPS, START_CODE, IDR),
      1400,
    ],
  ])('%s', async (_, nal, maxBytes) => {
    const video = new Sender();
    const media = [video.picture(0, [nal], { maxBytes }), video.picture(3600, [DELTA])];
    expect((await everyCut({ media })).units).toEqual(TWO_PICTURES);
  });

  const fragment = (header: number, nal: Buffer, from: number, to?: number) =>
    payload([0x7c, header], nal.subarray(from, to));
  it.each([
    ['quirk 37: CostarHD sends whole units as fragments that begin and end', [fragment(0xc5, IDR, 1)]],
    [
      'quirk 37: Tiandy changes the type between fragments',
      [fragment(0x85, IDR, 1, 4), fragment(0x01, IDR, 4, 7), fragment(0x41, IDR, 7)],
    ],
    ['quirk 37: the reserved bit of a fragment is set', [fragment(0xa5, IDR, 1, 5), fragment(0x65, IDR, 5)]],
    [
      'quirk 37: some fragments are empty',
      [fragment(0x85, IDR, 1, 5), payload([0x7c, 0x05]), payload([0x7c]), fragment(0x45, IDR, 5)],
    ],
  ])('%s', async (_, fragments) => {
    const video = new Sender();
    // The marker alone ends the picture: nothing comes behind it.
    const seen = await everyCut({ media: [video.picture(0, [SPS, PPS, ...fragments])] });
    expect(seen.units).toEqual([KEY]);
    expect(seen.counters.framesDropped).toBe(0);
  });

  it('quirk 37: zeros stand behind the last unit of an aggregate', async () => {
    const padded = payload(aggregate('h264', SPS, PPS).payload, Buffer.alloc(5));
    expect((await everyCut({ media: [new Sender().picture(0, [padded, IDR])] })).units).toEqual([KEY]);
  });

  it('quirk 37: OpenIPC does the same with H.265', async () => {
    const whole = payload([49 << 1, 1, 0xc0 | 19], H265_IDR.subarray(2));
    const sets = aggregate('h265', H265_VPS, H265_SPS, H265_PPS);
    const media = [new Sender({ codec: 'h265' }).picture(0, [sets, whole])];
    expect((await everyCut({ sdp: H265_SDP, media })).units).toEqual([H265_KEY]);
  });
});

describe('what is missing', () => {
  it('quirk 38: a lost fragment costs its picture, and what depends on it is marked up to the next key frame', async () => {
    const video = new Sender();
    const media = [
      video.picture(0, [SPS, PPS, IDR]),
      video.picture(3600, [DELTA], { maxBytes: 5, lost: [1] }),
      video.picture(7200, [DELTA]),
      video.picture(10_800, [SPS, PPS, IDR]),
      video.picture(14_400, [DELTA]),
    ];
    const seen = await everyCut({ media });
    expect(seen.units).toEqual([KEY, 'unit@7200 DELTA after loss', 'key@10800 SPS PPS IDR', 'unit@14400 DELTA']);
    expect(seen.counters).toMatchObject({ packetsLost: 1, framesDropped: 1 });
  });

  it('quirk 38: the recording goes on with the next key frame, and says why', () => {
    const gate = new DecodableGate();
    const recorded: number[] = [];
    const receiver = new MediaReceiver({
      onFormat: () => undefined,
      onUnit: (unit) => {
        if (gate.lets(unit)) recorded.push(unit.rtpTime / 3600);
      },
    });
    receiver.addTrack(chooseTracks(parseSdp(VIDEO_SDP)).video!, 0, undefined);
    const video = new Sender();
    for (let i = 0; i < 20; i++) {
      const lost = i === 4 ? [0] : [];
      for (const frame of video.picture(i * 3600, i % 10 === 0 ? [SPS, PPS, IDR] : [DELTA], { lost }))
        receiver.receive(0, frame, 4, frame.length, i * 40);
    }
    expect(recorded).toEqual([0, 1, 2, 3, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    expect(gate.takeHole()).toMatchObject({ cause: 'stream-error', detail: expect.stringContaining('5 pictures') });
  });

  it('quirk 38: a picture that never ends is given up at 8 MiB, and the next one is received', async () => {
    const video = new Sender();
    const endless = Buffer.concat([IDR, Buffer.alloc(9 * 1024 * 1024, 0x66)]);
    const media = [
      video.picture(0, [SPS, PPS, IDR]),
      video.picture(3600, [endless], { maxBytes: 60_000 }),
      video.picture(7200, [SPS, PPS, IDR]),
    ];
    // Too large to be cut everywhere: the sockets cut it as they like.
    const { seen } = await watch({ media }, {}, () => false);
    expect(seen.units).toEqual([KEY, 'key@7200 SPS PPS IDR']);
    expect(seen.counters).toMatchObject({ framesDropped: 1, packetsLost: 0 });
  });

  it('quirk 39: a key frame comes without parameter sets: those of the description go in front', async () => {
    const sets = `${SPS.toString('base64')},${PPS.toString('base64')}`;
    const sdp = `${VIDEO_SDP}a=fmtp:96 sprop-parameter-sets=${sets}\r\n`;
    const video = new Sender();
    const media = [video.picture(0, [DELIMITER, IDR, SECOND_SLICE]), video.picture(3600, [DELTA])];
    expect((await everyCut({ sdp, media })).units).toEqual([
      'key@0 DELIMITER SPS PPS IDR SECOND_SLICE',
      'unit@3600 DELTA',
    ]);
  });

  it('quirk 39: the SPS changes in mid-stream: no picture is lost, and the new format comes before its key frame', async () => {
    const video = new Sender();
    const media = [
      video.picture(0, [SPS, PPS, IDR]),
      video.picture(3600, [DELTA]),
      video.picture(7200, [SPS_SMALL, PPS, IDR]),
      video.picture(10_800, [DELTA]),
    ];
    const seen = await everyCut({ media });
    expect(seen.order).toEqual(['format', 'video', 'video', 'format', 'video', 'video']);
    expect(seen.formats).toEqual(['h264 avc1.42C01E 640x480', 'h264 avc1.42C00A 64x128']);
    expect(seen.units.slice(2)).toEqual(['key@7200 SPS_SMALL PPS IDR', 'unit@10800 DELTA']);
  });
});

describe('H.265', () => {
  const keyFrame = (video: Sender) => video.picture(0, [H265_VPS, H265_SPS, H265_PPS, H265_IDR]);

  it('quirk 40: decoding order numbers are found in the description, and said', async () => {
    const seen = await everyCut({ sdp: `${H265_SDP}a=fmtp:96 sprop-max-don-diff=2\r\n` });
    expect(seen.failure).toBe(
      'protocol: camera: no stream that can be recorded (video: H.265 with decoding order numbers, which is not supported)',
    );
  });

  it('quirk 40: decoding order numbers that the description leaves out are found in the stream, and said', async () => {
    const video = new Sender({ codec: 'h265' });
    const numbered = [H265_VPS, H265_SPS, H265_PPS, H265_IDR].map((nal) =>
      payload(nal.subarray(0, 2), [0, 7], nal.subarray(2)),
    );
    const script = { sdp: H265_SDP, media: [video.picture(0, numbered), video.picture(3600, [H265_DELTA])] };
    // How much more is read before the session ends depends on the cuts; that nothing is recorded, and why, does not.
    for (const isCut of [true, false]) {
      const { seen } = await watch(script, {}, () => isCut);
      expect(seen.units).toEqual([]);
      expect(seen.failure).toBe(
        'protocol: camera: H.265 with decoding order numbers, which its description does not say, and which is not supported',
      );
    }
  });

  it('quirk 40: a unit of type 0 begins with a zero byte, and is a picture', async () => {
    const video = new Sender({ codec: 'h265' });
    const media = [keyFrame(video), video.picture(3600, [H265_TRAIL_N])];
    expect((await everyCut({ sdp: H265_SDP, media })).units).toEqual([H265_KEY, 'unit@3600 TRAIL_N']);
  });

  it('quirk 40: an SPS that cannot be read does not replace the one before, nor end the stream', async () => {
    const video = new Sender({ codec: 'h265' });
    const broken = H265_SPS.subarray(0, 12);
    const media = [keyFrame(video), video.picture(3600, [H265_VPS, broken, H265_PPS, H265_IDR])];
    const seen = await everyCut({ sdp: H265_SDP, media });
    expect(seen.units).toHaveLength(2);
    expect(seen.formats).toEqual(['h265 hvc1.1.6.L30.90 70x50']);
  });

  it('quirk 40: an SPS has sub-layers, scaling lists and predicted reference sets: what is needed of it is read', async () => {
    const video = new Sender({ codec: 'h265' });
    const media = [video.picture(0, [H265_VPS, H265_SPS_LAYERS, H265_PPS, H265_IDR])];
    const seen = await everyCut({ sdp: H265_SDP, media });
    expect(seen.formats).toEqual(['h265 hvc1.1.6.L93.90 640x360']);
    expect(seen.units).toEqual(['key@0 VPS SPS_LAYERS PPS IDR']);
  });
});
