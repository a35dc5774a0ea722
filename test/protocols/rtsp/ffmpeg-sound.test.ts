import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BitReader } from '../../../src/media/bit-reader.ts';
import { packetTicks } from '../../../src/media/sound/audio-format.ts';
import { type G726CodeBits, G726Decoder } from '../../../src/media/sound/g726.ts';
import { parseSdp } from '../../../src/protocols/rtsp/sdp.ts';
import { depacketiserOf } from '../../../src/protocols/rtsp/track-depacketiser.ts';
import { chooseTracks } from '../../../src/protocols/rtsp/tracks.ts';
import { type Heard, hear } from '../../media/sound/sound-packets.ts';
import { decodeByFfmpeg, encodeByFfmpeg, type FfmpegSound, missingFfmpeg, sendByFfmpeg } from './ffmpeg-sound.ts';

if (missingFfmpeg) console.warn('skipped: sound sent by ffmpeg, which is not installed with libopus');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-sound-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** What becomes of a sound on its way through the SDP that ffmpeg writes and the packets that it sends. */
async function receive(sound: FfmpegSound): Promise<Heard> {
  const { sdp, packets } = await sendByFfmpeg(folder, sound);
  const { audio } = chooseTracks(parseSdp(sdp));
  if (audio === undefined) throw new Error(`no sound in ${sdp}`);
  const noPictures = () => {
    throw new Error('there is no picture in it');
  };
  const videoSink = { onVideoFormat: noPictures, onVideoUnit: noPictures };
  return hear((sink) => depacketiserOf(audio, { ...sink, ...videoSink }), packets, audio.payloadType);
}

const allBytes = ({ units }: Heard) => Buffer.concat(units.map(({ data }) => data));

describe.skipIf(missingFfmpeg)('sound that ffmpeg sends', () => {
  const cases: [string, FfmpegSound, object][] = [
    ['AAC', { rate: 16_000, channels: 1, encoder: ['-c:a', 'aac'] }, { codec: 'aac', clockRate: 16_000, channels: 1 }],
    [
      'AAC in fragments',
      { rate: 48_000, channels: 2, encoder: ['-c:a', 'aac', '-b:a', '256k'], maxPacketBytes: 200 },
      { codec: 'aac', clockRate: 48_000, channels: 2 },
    ],
    [
      'AAC in LATM',
      { rate: 44_100, channels: 2, encoder: ['-c:a', 'aac'], flags: 'latm' },
      { codec: 'aac', codecString: 'mp4a.40.2', clockRate: 44_100, channels: 2 },
    ],
    [
      'AAC in LATM in fragments',
      { rate: 48_000, channels: 2, encoder: ['-c:a', 'aac', '-b:a', '256k'], flags: 'latm', maxPacketBytes: 200 },
      { codec: 'aac', clockRate: 48_000, channels: 2 },
    ],
    [
      'G.711 μ-law',
      { rate: 8000, channels: 1, encoder: ['-c:a', 'pcm_mulaw'] },
      { codec: 'pcmu', clockRate: 8000, channels: 1 },
    ],
    [
      'G.711 A-law in stereo at 16 kHz',
      { rate: 16_000, channels: 2, encoder: ['-c:a', 'pcm_alaw'] },
      { codec: 'pcma', clockRate: 16_000, channels: 2 },
    ],
    [
      'PCM of a static payload type',
      { rate: 44_100, channels: 2, encoder: ['-c:a', 'pcm_s16be'] },
      { codec: 'l16', clockRate: 44_100, channels: 2 },
    ],
    [
      'PCM at 16 kHz',
      { rate: 16_000, channels: 1, encoder: ['-c:a', 'pcm_s16be'] },
      { codec: 'l16', clockRate: 16_000, channels: 1 },
    ],
    [
      'Opus',
      { rate: 48_000, channels: 1, encoder: ['-c:a', 'libopus'] },
      { codec: 'opus', clockRate: 48_000, channels: 1 },
    ],
    [
      'Opus in stereo, encoded at 16 kHz in frames of 60 ms',
      { rate: 16_000, channels: 2, encoder: ['-c:a', 'libopus', '-frame_duration', '60'] },
      { codec: 'opus', clockRate: 48_000, channels: 2 },
    ],
  ];
  it.each(cases)('%s arrives as it was encoded, each packet where the one before ends', async (_, sound, format) => {
    const heard = await receive(sound);
    expect(heard.formats).toMatchObject([format]);
    expect(heard.framesDropped).toBe(0);
    // Frames that ffmpeg still gathers for a packet when the sound ends are never sent.
    const [got, encoded] = [allBytes(heard), await encodeByFfmpeg(sound)];
    expect(got.equals(encoded.subarray(0, got.length))).toBe(true);
    expect(got.length).toBeGreaterThan(0.9 * encoded.length);
    const { units } = heard;
    const ends = units.map(({ rtpTime, data }) => rtpTime + packetTicks(heard.formats[0]!, data));
    expect(units.slice(1).map(({ rtpTime }) => rtpTime)).toEqual(ends.slice(0, -1));
  });

  const g726 = ([2, 3, 4, 5] as const).flatMap((bits): [G726CodeBits, string, string][] => [
    [bits, 'g726le', `G726-${bits * 8}`],
    [bits, 'g726', `AAL2-G726-${bits * 8}`],
  ]);
  it.each(g726)('G.726 of %i bits from %s arrives as %s and is decoded', async (bits, codec, source) => {
    const sound = { rate: 8000, channels: 1, encoder: ['-c:a', codec, '-code_size', String(bits)] };
    const heard = await receive(sound);
    expect(heard.formats).toMatchObject([{ codec: 'l16', clockRate: 8000, channels: 1, source }]);
    // The codes are the same in both orders; here they are read in the one whose first code is in front.
    const codes = await encodeByFfmpeg({ ...sound, encoder: ['-c:a', 'g726', '-code_size', String(bits)] });
    const expected = decodeAll(bits, codes);
    expect(allBytes(heard).equals(expected)).toBe(true);
    // ffmpeg rounds the scale otherwise than the recommendation, in encoder and decoder; at 40 kbit/s its zeros leak twice as fast, so that
    // its codes mean something else there.
    if (bits < 5) expect(noiseDb(await decodeByFfmpeg(codes, bits), expected)).toBeLessThan(-25);
  });
});

function decodeAll(bits: G726CodeBits, codes: Buffer): Buffer {
  const decoder = new G726Decoder(bits);
  const reader = new BitReader(codes, 'codes');
  const samples = Buffer.alloc(Math.floor((codes.length * 8) / bits) * 2);
  for (let at = 0; at < samples.length; at += 2) samples.writeInt16BE(decoder.decode(reader.bits(bits)), at);
  return samples;
}

/** Power of the difference over that of the sound. */
function noiseDb(samples: Buffer, reference: Buffer): number {
  let [difference, power] = [0, 0];
  for (let at = 0; at < reference.length; at += 2) {
    difference += (samples.readInt16BE(at) - reference.readInt16BE(at)) ** 2;
    power += reference.readInt16BE(at) ** 2;
  }
  return 10 * Math.log10(difference / power);
}
