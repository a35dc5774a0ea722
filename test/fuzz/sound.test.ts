import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { parseAacConfig } from '../../src/media/sound/aac-config.ts';
import { AdtsHeader, readAdtsHeader } from '../../src/media/sound/adts.ts';
import { parseLatmConfig } from '../../src/media/sound/latm-config.ts';
import { opusPacketSamples } from '../../src/media/sound/opus-packet.ts';
import type { Track } from '../../src/protocols/rtsp/tracks.ts';
import { rtpPacket } from '../media/rtp/rtp-packets.ts';
import {
  AAC_FRAME,
  aacPayload,
  adts,
  LATM_WITH_CONFIGURATION,
  latmPayload,
  OTHER_AAC_FRAME,
} from '../quirks/support/sound.ts';
import { fuzz } from './support/fuzz.ts';
import { largestBuffer, readOrRefuse } from './support/limits.ts';
import { anyBytes, damaged, damagedText } from './support/mutations.ts';
import { anyTrackOf, packetsWith, receive, trackOf } from './support/receive.ts';

const frame = fc.oneof(fc.constantFrom(AAC_FRAME, OTHER_AAC_FRAME), anyBytes(60));
const frames = fc.array(frame, { minLength: 1, maxLength: 4 });

/** Payloads of one kind, each of them damaged now and then. */
const several = (one: fc.Arbitrary<Buffer>) =>
  fc.array(fc.oneof({ weight: 2, arbitrary: one }, { weight: 1, arbitrary: damaged(one) }), { maxLength: 15 });

/** A description of one track of sound at payload type 97, whose rate, channels and parameters may be anything. */
function describedAs(rtpmap: string, fmtp: string): fc.Arbitrary<Track | undefined> {
  const odd = fc
    .constantFrom(0, 1, 7350, 9_999_999)
    .chain((rate) => fc.nat(8).map((channels) => `${rtpmap.split('/')[0]}/${rate}/${channels}`));
  const mapped = fc.oneof({ weight: 3, arbitrary: fc.constant(rtpmap) }, { weight: 1, arbitrary: odd });
  const parameters = damagedText(fc.constant(fmtp)).map((text) => text.replace(/[\r\n]/g, ''));
  return fc
    .tuple(mapped, parameters)
    .map(([map, text]) => anyTrackOf('m=audio 0 RTP/AVP 97', `a=rtpmap:97 ${map}`, `a=fmtp:97 ${text}`));
}

/** Sound that comes in one of the given payloads. */
function sound(name: string, rtpmap: string, fmtp: string, payload: fc.Arbitrary<Buffer>): void {
  fuzz(
    name,
    fc.tuple(describedAs(rtpmap, fmtp), packetsWith(several(payload), 97)),
    ([track, packets]) => track !== undefined && receive(track, packets).length > 0,
  );
}

describe('sound', () => {
  const units = fc.oneof(
    frames.map((list) => aacPayload(list)),
    fc
      .tuple(frames, fc.array(fc.nat(9000), { minLength: 1, maxLength: 4 }))
      .map(([list, sizes]) => aacPayload(list, sizes)),
    frames.map((list) => aacPayload(list.map(adts))),
    frames.map((list) => Buffer.concat(list.map(withAdts))),
  );
  const AAC_PARAMETERS = 'mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1408';
  sound('AAC depacketiser', 'MPEG4-GENERIC/16000', AAC_PARAMETERS, units);

  const elements = fc.oneof(
    frames.map((list) => Buffer.concat(list.map((one) => latmPayload(one)))),
    fc.constant(LATM_WITH_CONFIGURATION),
    anyBytes(300).map((bytes) => Buffer.concat([Buffer.from([255, 20]), bytes])),
  );
  sound('LATM depacketiser', 'MP4A-LATM/16000', 'cpresent=0;config=400028103fc0', elements);
  sound('LATM depacketiser, configuration in the stream', 'MP4A-LATM/90000', 'cpresent=1', elements);
  sound('G.711 depacketiser', 'PCMA/8000', '', anyBytes(200));
  sound('G.726 depacketiser', 'AAL2-G726-40/8000', '', anyBytes(100));
  sound('L16 depacketiser', 'L16/44100/2', '', anyBytes(100));
  sound('little-endian PCM depacketiser', 'PCM/8000', '', anyBytes(100));
  const opus = fc
    .tuple(fc.nat(255), anyBytes(20))
    .map(([contents, rest]) => Buffer.concat([Buffer.from([contents]), rest]));
  sound('Opus depacketiser', 'opus/48000/2', 'sprop-stereo=1', opus);

  const endless = fc.record({
    track: fc.constantFrom(
      trackOf('m=audio 0 RTP/AVP 97', 'a=rtpmap:97 MPEG4-GENERIC/16000', `a=fmtp:97 ${AAC_PARAMETERS}`),
      trackOf('m=audio 0 RTP/AVP 97', 'a=rtpmap:97 MPEG4-GENERIC/16000', 'a=fmtp:97 sizelength=0'),
      trackOf('m=audio 0 RTP/AVP 97', 'a=rtpmap:97 MP4A-LATM/16000', 'a=fmtp:97 cpresent=0;config=400028103fc0'),
    ),
    start: fc.constantFrom(
      Buffer.from('0010ffff', 'hex'),
      Buffer.from('ffffffff', 'hex'),
      Buffer.from('fff160407ffffc', 'hex'),
    ),
    fill: fc.constantFrom(0, 1, 7, 0x21, 0x80, 0xfe, 0xff),
  });
  fuzz(
    'sound without an end',
    endless,
    ({ track, start, fill }) => {
      const packets = Array.from({ length: 300 }, (_, sequence) =>
        rtpPacket({ payloadType: 97, sequence, payload: Buffer.concat([start, Buffer.alloc(1400, fill)]) }),
      );
      // A frame of AAC has some kilobytes, an element of LATM a few of those.
      expect(largestBuffer(() => receive(track, packets))).toBeLessThanOrEqual(256 * 1024);
      return true;
    },
    0.02,
  );
});

describe('headers of sound', () => {
  fuzz(
    'AudioSpecificConfig',
    damaged(fc.constantFrom('1408', '1190', '2b0988', '17800fa008', 'f8e8', '').map((hex) => Buffer.from(hex, 'hex'))),
    (bytes) => {
      const config = readOrRefuse(() => parseAacConfig(bytes), 'corrupt');
      if (config === undefined) return false;
      expect(config.sampleRate > 0 && config.samplesPerFrame > 0 && config.channels >= 0).toBe(true);
      return true;
    },
  );

  const muxConfig = fc.oneof(
    fc.tuple(damaged(fc.constant(Buffer.from('400028103fc0', 'hex'))), fc.constant(0)),
    fc.tuple(damaged(fc.constant(LATM_WITH_CONFIGURATION)), fc.constant(1)),
    fc.tuple(anyBytes(20), fc.nat(9)),
  );
  fuzz('StreamMuxConfig', muxConfig, ([bytes, startBit]) => {
    return readOrRefuse(() => parseLatmConfig(bytes, startBit), 'corrupt') !== undefined;
  });

  fuzz('ADTS', damaged(fc.oneof(frame.map(adts), frame.map(withAdts))), (bytes) => {
    const header = new AdtsHeader();
    const isRead = readAdtsHeader(bytes, 0, bytes.length, header);
    if (isRead) expect(header.headerBytes === 7 || header.headerBytes === 9).toBe(true);
    return isRead;
  });

  fuzz('Opus packet', anyBytes(4), (bytes) => {
    const samples = opusPacketSamples(bytes);
    expect(samples >= 0 && samples <= 5760).toBe(true);
    return samples > 0;
  });
});

/** A frame of AAC behind a header that says its length. */
function withAdts(data: Buffer): Buffer {
  const bytes = 7 + data.length;
  return Buffer.concat([
    Buffer.from([0xff, 0xf1, 0x60, 0x40 | (bytes >> 11), (bytes >> 3) & 0xff, ((bytes & 7) << 5) | 0x1f, 0xfc]),
    data,
  ]);
}
