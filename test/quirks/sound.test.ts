import { describe, expect, it } from 'vitest';
import { everyCut } from './support/every-cut.ts';
import { IDR, PPS, SPS } from './support/nals.ts';
import { Sender } from './support/packets.ts';
import { type Part, VIDEO_SDP } from './support/script.ts';
import {
  AAC_FRAME,
  AAC_SDP,
  aacPayload,
  adts,
  LATM_SDP,
  LATM_WITH_CONFIGURATION,
  latmPayload,
  OTHER_AAC_FRAME,
  ULAW_SDP,
} from './support/sound.ts';

const hex = (bytes: Buffer) => bytes.toString('hex');

/** The sound of a camera whose picture is of no interest: its formats and its units. */
async function listen(sdp: string, packets: (sound: Sender) => readonly Part[], payloadType = 97) {
  const sound = new Sender({ channel: 2, payloadType });
  const media = [new Sender().picture(0, [SPS, PPS, IDR]), ...packets(sound)];
  const { units, formats, counters } = await everyCut({ sdp: VIDEO_SDP + sdp, media });
  return {
    formats: formats.map((format) => format.replace(/^.* \+ /, '')),
    units: units.filter((unit) => unit.startsWith('sound')),
    counters,
  };
}

describe('AAC', () => {
  const FRAME = `sound@0 ${hex(AAC_FRAME)}`;

  it('quirk 41: go2rtc met cameras that put ADTS inside of RFC 3640', async () => {
    const heard = await listen(AAC_SDP, (sound) => [sound.packet(0, aacPayload([adts(AAC_FRAME)]), true)]);
    expect(heard.units).toEqual([FRAME]);
  });

  it('quirk 41: frames come in fragments', async () => {
    const parts = [AAC_FRAME.subarray(0, 3), AAC_FRAME.subarray(3, 5), AAC_FRAME.subarray(5)];
    const heard = await listen(AAC_SDP, (sound) =>
      parts.map((part, i) => sound.packet(0, aacPayload([part], [AAC_FRAME.length]), i === 2)),
    );
    expect(heard.units).toEqual([FRAME]);
  });

  it('quirk 41: several frames come in one packet, each with a time of its own', async () => {
    const heard = await listen(AAC_SDP, (sound) => [sound.packet(0, aacPayload([AAC_FRAME, OTHER_AAC_FRAME]), true)]);
    expect(heard.units).toEqual([FRAME, `sound@1024 ${hex(OTHER_AAC_FRAME)}`]);
  });

  it.each([
    ['quirk 41: no configuration is described', AAC_SDP.replace(';config=1408', '')],
    ['quirk 41: the configuration is nonsense', AAC_SDP.replace('1408', 'ffff')],
  ])('%s: it is learned from ADTS', async (_, sdp) => {
    const heard = await listen(sdp, (sound) => [sound.packet(0, aacPayload([adts(AAC_FRAME)]), true)]);
    expect(heard).toMatchObject({ formats: ['aac 16000/1'], units: [FRAME] });
  });

  it('quirk 41: AAC comes as LATM, its configuration in the description', async () => {
    const heard = await listen(LATM_SDP, (sound) => [sound.packet(0, latmPayload(AAC_FRAME), true)]);
    expect(heard).toMatchObject({ formats: ['aac 16000/1'], units: [FRAME] });
  });

  it('quirk 41: AAC comes as LATM, its configuration in the stream, not described', async () => {
    const sdp = LATM_SDP.replace(/a=fmtp.*\r\n/, '');
    const heard = await listen(sdp, (sound) => [sound.packet(0, LATM_WITH_CONFIGURATION, true)]);
    expect(heard).toMatchObject({ formats: ['aac 16000/1'], units: [FRAME] });
  });
});

describe('G.711', () => {
  it.each([
    ['quirk 42: μ-law of a static payload type has no rtpmap', 'm=audio 0 RTP/AVP 0\r\n', 0, 'pcmu 8000/1'],
    ['quirk 42: A-law of a static payload type has no rtpmap', 'm=audio 0 RTP/AVP 8\r\n', 8, 'pcma 8000/1'],
    [
      'quirk 42: A-law has a payload type of its own',
      'm=audio 0 RTP/AVP 97\r\na=rtpmap:97 PCMA/16000\r\n',
      97,
      'pcma 16000/1',
    ],
  ])('%s', async (_, sdp, payloadType, format) => {
    const heard = await listen(
      `${sdp}a=control:track2\r\n`,
      (sound) => [sound.packet(160, Buffer.from('d5d5', 'hex'))],
      payloadType,
    );
    expect(heard).toMatchObject({ formats: [format], units: ['sound@160 d5d5'] });
  });

  it('quirk 42: packets are of any length', async () => {
    const lengths = [1, 7, 160, 333];
    const heard = await listen(
      ULAW_SDP,
      (sound) => lengths.map((length) => sound.packet(length, Buffer.alloc(length, 0xd5))),
      0,
    );
    expect(heard.units).toEqual(lengths.map((length) => `sound@${length} ${'d5'.repeat(length)}`));
  });
});

describe('other sound', () => {
  const describedAs = (encoding: string, parameters = '') =>
    `m=audio 0 RTP/AVP 97\r\na=rtpmap:97 ${encoding}\r\na=control:track2\r\n${parameters}`;

  it('quirk 42: G726-32 and AAL2-G726-32 pack their codes in opposite order, and mean the same sound', async () => {
    const codes = Buffer.from('17283945a6b7c8d9', 'hex');
    const swapped = Buffer.from(codes.map((byte) => (byte >> 4) | ((byte & 15) << 4)));
    const low = await listen(describedAs('G726-32/8000'), (sound) => [sound.packet(160, codes)]);
    const high = await listen(describedAs('AAL2-G726-32/8000'), (sound) => [sound.packet(160, swapped)]);
    expect(low.formats).toEqual(['l16 8000/1']);
    expect(low.units[0]).toMatch(/^sound@160 [0-9a-f]{64}$/);
    expect(high.units).toEqual(low.units);
  });

  it.each([
    ['quirk 42: Hikvision sends PCM with the least significant byte first', 'PCM/16000', '0201feff'],
    ['quirk 42: L16 comes with the most significant byte first', 'L16/16000', '0102fffe'],
  ])('%s', async (_, encoding, payload) => {
    const heard = await listen(describedAs(encoding), (sound) => [sound.packet(160, Buffer.from(payload, 'hex'))]);
    expect(heard).toMatchObject({ formats: ['l16 16000/1'], units: ['sound@160 0102fffe'] });
  });

  it('quirk 42: Opus is always described as 48000/2, whatever is sent', async () => {
    const [mono, stereo] = [Buffer.from('78010203', 'hex'), Buffer.from('7c010203', 'hex')];
    const one = await listen(describedAs('opus/48000/2'), (sound) => [sound.packet(960, mono)]);
    const two = await listen(describedAs('opus/48000/2', 'a=fmtp:97 sprop-stereo=1\r\n'), (sound) => [
      sound.packet(960, stereo),
    ]);
    expect(one).toMatchObject({ formats: ['opus 48000/1'], units: ['sound@960 78010203'] });
    expect(two).toMatchObject({ formats: ['opus 48000/2'], units: ['sound@960 7c010203'] });
  });
});
