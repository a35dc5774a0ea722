import { describe, expect, it } from 'vitest';
import { encodeInterleaved } from '../../src/protocols/rtsp/message.ts';
import { senderReport, sourceDescription } from '../media/rtp/rtcp-packets.ts';
import { question } from './support/camera.ts';
import { everyCut } from './support/every-cut.ts';
import { DELTA, IDR, PPS, SPS } from './support/nals.ts';
import { Sender } from './support/packets.ts';
import { CLOSE, VIDEO_SDP } from './support/script.ts';

const KEY = 'key@0 SPS PPS IDR';
/** A sender, the key frame at its beginning, and the picture behind it. */
function stream(options?: ConstructorParameters<typeof Sender>[0]) {
  const sender = new Sender(options);
  return { key: sender.picture(0, [SPS, PPS, IDR]), delta: sender.picture(3600, [DELTA]), sender };
}
const TWO_PICTURES = [KEY, 'unit@3600 DELTA'];

describe('packets that nobody asked for', () => {
  it('quirk 13: v4l2rtspserver and Reolink send packets before PLAY is answered', async () => {
    const [early, video] = [stream({ ssrc: 9 }), stream()];
    const report = Buffer.from('2401000880c9000100001234', 'hex');
    const answers = {
      SETUP: { before: [early.key, report], headers: [['Session', '1']] as const },
      PLAY: { before: [report, video.key] },
    };
    expect((await everyCut({ answers, media: [video.delta] })).units).toEqual(TWO_PICTURES);
  });

  it('quirk 13: packets on channels that were never set up are passed over', async () => {
    const [other, video] = [stream({ channel: 10 }), stream()];
    const seen = await everyCut({ media: [other.key, video.key, other.delta, video.delta] });
    expect(seen.units).toEqual(TWO_PICTURES);
    expect(seen.counters).toMatchObject({ packetsReceived: 4, packetsLost: 0 });
  });

  it('quirk 14: old live555 and Reolink RLC-410 mix in packets of a session that is over', async () => {
    const [stale, video] = [stream({ ssrc: 0xdead }), stream()];
    const sdp = VIDEO_SDP.replace('m=', 'a=tool:LIVE555 Streaming Media v2013.12.17\r\nm=');
    const seen = await everyCut({ sdp, media: [video.key, stale.key, stale.delta, video.delta] });
    expect(seen.units).toEqual(TWO_PICTURES);
    expect(seen.counters).toMatchObject({ packetsLost: 0, framesDropped: 0 });
    expect(seen.requests.at(-1)).toMatch(/^TEARDOWN/);
  });

  it('quirk 14: Reolink RLC-410 sends the stale packets even before the password, and first', async () => {
    const [stale, video] = [stream({ ssrc: 0xdead }), stream()];
    const answers = { OPTIONS: { before: stale.key }, PLAY: { before: stale.delta } };
    const seen = await everyCut({ answers, media: [stale.sender.picture(7200, [DELTA]), video.key, video.delta] });
    expect(seen.units).toEqual(TWO_PICTURES);
    expect(seen.counters.packetsLost).toBe(0);
  });

  it('quirk 14: a stale packet comes before the sender that SETUP has announced', async () => {
    const [stale, video] = [stream({ ssrc: 0xdead }), stream()];
    const transport = ['Transport', 'RTP/AVP/TCP;interleaved=0-1;ssrc=00001234'] as const;
    const answers = { SETUP: { headers: [transport, ['Session', '1'] as const] } };
    const seen = await everyCut({ answers, media: [stale.delta, video.key, stale.delta, video.delta] });
    expect(seen.units).toEqual(TWO_PICTURES);
  });

  it.each([
    ['quirk 14: an old live555 keeps the session of a lost connection: it is told over a new one', 'v2013.12.17', 2],
    ['quirk 14: a newer live555 needs no such goodbye', 'v2017.06.04', 1],
  ])('%s', async (_, version, connections) => {
    const sdp = VIDEO_SDP.replace('m=', `a=tool:LIVE555 Streaming Media ${version}\r\nm=`);
    const seen = await everyCut({ sdp, media: [stream().key, CLOSE] });
    expect(seen).toMatchObject({ connections, units: [KEY], failure: 'unreachable: camera closed the connection' });
    expect(seen.requests.filter((request) => request.startsWith('TEARDOWN'))).toHaveLength(connections - 1);
  });

  it('quirk 18: Geovision sends a payload type that it has not described', async () => {
    const [unknown, video] = [stream({ payloadType: 50 }), stream()];
    const seen = await everyCut({ media: [video.key, unknown.key, video.delta] });
    expect(seen.units).toEqual(TWO_PICTURES);
    expect(seen.counters).toMatchObject({ packetsReceived: 4, packetsLost: 0 });
  });
});

describe('reports of senders', () => {
  const AT_NOON = { ntpSeconds: Date.UTC(2026, 0, 1, 12) / 1000 + 2_208_988_800, ntpFraction: 0 };

  it('quirk 19: Tapo reports on behalf of a sender that nobody knows: it counts for nothing', async () => {
    const video = stream();
    const unknown = encodeInterleaved(1, senderReport({ ssrc: 0, timestamp: 77, ...AT_NOON }));
    const ours = encodeInterleaved(1, senderReport({ timestamp: 1800, ...AT_NOON }));
    const seen = await everyCut({ media: [video.key, unknown, ours, video.delta] });
    expect(seen.units).toEqual(TWO_PICTURES);
    expect(seen.reports).toEqual(['video 1800 at 2026-01-01T12:00:00.000Z']);
  });

  it('quirk 19: a description has no end mark, and a packet says that it is longer than it is', async () => {
    const video = stream();
    const report = senderReport({ timestamp: 1800, ...AT_NOON });
    const compound = encodeInterleaved(1, Buffer.concat([sourceDescription(0x1234, 'cam', false), report]));
    const tooLong = Buffer.from(report);
    tooLong.writeUInt16BE(200, 2);
    const seen = await everyCut({ media: [video.key, compound, encodeInterleaved(1, tooLong), video.delta] });
    expect(seen.units).toEqual(TWO_PICTURES);
    expect(seen.reports).toEqual(Array(2).fill('video 1800 at 2026-01-01T12:00:00.000Z'));
    expect(seen.failure).toBeUndefined();
  });

  it('quirk 19: bytes that are no report at all are passed over', async () => {
    const video = stream();
    const media = ['80c8', 'ffc80001', '80c80000', '81ca000100001234'].map((hex) =>
      encodeInterleaved(1, Buffer.from(hex, 'hex')),
    );
    expect((await everyCut({ media: [video.key, ...media, video.delta] })).units).toEqual(TWO_PICTURES);
  });
});

describe('what stands between packets', () => {
  const garbage = Buffer.from('0000ff24ffffff240124', 'hex');

  it('quirk 15: garbage between frames is skipped up to the next plausible one', async () => {
    const video = stream();
    const seen = await everyCut({ media: [video.key, garbage, video.delta] });
    expect(seen.units).toEqual(TWO_PICTURES);
    expect(seen.counters.packetsLost).toBe(0);
  });

  it('quirk 15: a camera that sends nothing but garbage between frames is given up', async () => {
    const { key, sender } = stream();
    const media = Array.from({ length: 12 }, (_, i) => [garbage, ...sender.picture(3600 * (i + 1), [DELTA])]);
    const seen = await everyCut({ media: [key, ...media, CLOSE] });
    expect(seen.units).toHaveLength(1 + 10);
    expect(seen.failure).toBe('protocol: camera: garbage between RTSP messages, for the 11th time');
  });

  it('quirk 15: empty lines in front of frames are no garbage', async () => {
    const { key, sender } = stream();
    const media = Array.from({ length: 12 }, (_, i) => [
      Buffer.from('\r\n'),
      ...sender.picture(3600 * (i + 1), [DELTA]),
    ]);
    expect((await everyCut({ media: [key, ...media] })).units).toHaveLength(1 + 12);
  });

  it('quirk 16: a camera asks its viewer whether he is alive, and other things', async () => {
    const video = stream();
    const media = [video.key, question('OPTIONS', 1), question('ANNOUNCE', 2), video.delta];
    const seen = await everyCut({ media });
    expect(seen.units).toEqual(TWO_PICTURES);
    expect(seen.answers).toEqual([200, 501]);
  });
});
