import { describe, expect, it } from 'vitest';
import { parseSdp } from '../../../src/protocols/rtsp/sdp.ts';
import { chooseTracks } from '../../../src/protocols/rtsp/tracks.ts';
import type { NalTrack } from '../../../src/protocols/rtsp/video-tracks.ts';

const LARGE = { width: 2592, height: 1944 };
const VIDEO = 'm=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=control:trackID=1\n';
const choose = (...lines: string[]) => chooseTracks(parseSdp(lines.join('')));

/** Sound of payload type 97. */
function rtpmap(map: string, parameters?: string): string {
  const fmtp = parameters === undefined ? '' : `a=fmtp:97 ${parameters}\n`;
  return `m=audio 0 RTP/AVP 97\na=rtpmap:97 ${map}\n${fmtp}`;
}

describe('what a camera describes', () => {
  it('is read with everything that it should have', () => {
    const description = parseSdp(
      [
        'v=0',
        'o=- 1 1 IN IP4 127.0.0.1',
        's=Media Presentation',
        'a=control:rtsp://10.0.0.5/live/',
        'm=video 0 RTP/AVP 96',
        'a=rtpmap:96 H264/90000',
        'a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z0LAHtkAoD2wFuEAAAMAAQAAAwAyjxYuSA==,aMuDyyA=',
        'a=control:rtsp://10.0.0.5/live/track1',
        'a=recvonly',
        'm=audio 0 RTP/AVP 97',
        'a=rtpmap:97 MPEG4-GENERIC/16000/2',
        'a=fmtp:97 streamtype=5;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1410;',
        'a=control:track2',
      ].join('\r\n'),
    );
    expect(description.control).toBe('rtsp://10.0.0.5/live/');
    const { video, audio, skipped } = chooseTracks(description);
    expect(skipped).toEqual([]);
    expect(video).toMatchObject({ codec: 'h264', payloadType: 96, control: 'rtsp://10.0.0.5/live/track1' });
    expect((video as NalTrack).parameterSets.map((nal) => nal[0])).toEqual([0x67, 0x68]);
    expect(audio).toMatchObject({
      kind: 'aac',
      payloadType: 97,
      control: 'track2',
      payload: { clockRate: 16_000, channels: 2, sizeLength: 13, config: Buffer.from('1410', 'hex') },
    });
  });

  const videos: [string, string, object | undefined][] = [
    ['no v=, o=, s=, t= at all', VIDEO, { codec: 'h264', control: 'trackID=1' }],
    ['a bad c= and t=now-', `c=IN IP4\nt=now-\ns=\ns=again\n${VIDEO}`, { codec: 'h264' }],
    ['empty lines and carriage returns alone', `\r\r${VIDEO.replaceAll('\n', '\r\r')}`, { codec: 'h264' }],
    ['no line break at the end', VIDEO.trim(), { control: 'trackID=1' }],
    ['spaces around', VIDEO.replace('H264/90000', ' H264/90000  '), { codec: 'h264' }],
    ['an empty fmtp', `${VIDEO}a=fmtp:96\na=fmtp:96 \n`, { parameterSets: [] }],
    ['broken parameter sets', `${VIDEO}a=fmtp:96 sprop-parameter-sets=,,%%%;x\n`, { parameterSets: [] }],
    [
      'parameter sets with start codes around them',
      `${VIDEO}a=fmtp:96 sprop-parameter-sets=${Buffer.from('0000000167420102000000016803', 'hex').toString('base64')}\n`,
      { parameterSets: [Buffer.from('67420102', 'hex'), Buffer.from('6803', 'hex')] },
    ],
    [
      'parameter sets at another media',
      `${VIDEO}m=audio 0 RTP/AVP 0\na=fmtp:96 sprop-parameter-sets=aMuDyyA=\n`,
      { parameterSets: [Buffer.from('68cb83cb20', 'hex')] },
    ],
    [
      'H.265 of which one set is missing',
      'm=video 0 RTP/AVP 98\na=rtpmap:98 H265/90000\na=fmtp:98 sprop-vps=QAEM;sprop-sps=QgEB\n',
      { codec: 'h265', parameterSets: [Buffer.from('40010c', 'hex'), Buffer.from('420101', 'hex')] },
    ],
    [
      'H.265 with decoding order numbers',
      'm=video 0 RTP/AVP 98\na=rtpmap:98 H265/90000\na=fmtp:98 sprop-max-don-diff=2\n',
      undefined,
    ],
    [
      'vendor media in front',
      `m=application/TP-LINK 0 RTP/AVP smart/1/90000\na=rtpmap:95 TP-LINK/90000\n${VIDEO}`,
      { codec: 'h264' },
    ],
    ['two videos: the first', `${VIDEO}${VIDEO.replace('trackID=1', 'trackID=9')}`, { control: 'trackID=1' }],
    [
      'H.264 that is said to be interleaved, which cameras say that interleave nothing',
      `${VIDEO}a=fmtp:96 packetization-mode=2;sprop-interleaving-depth=1\n`,
      { codec: 'h264' },
    ],
    [
      'JPEG under its static payload type',
      'm=video 0 RTP/AVP 26\na=control:t\n',
      { codec: 'mjpeg', payloadType: 26, pictureSize: undefined },
    ],
    ['JPEG with its size (Dahua)', 'm=video 0 RTP/AVP 26\na=x-dimensions:2592,1944\n', { pictureSize: LARGE }],
    [
      'JPEG with its size as RFC 6064 says it',
      'm=video 0 RTP/AVP 96\na=rtpmap:96 JPEG/90000\na=framesize:96 2592-1944\n',
      { codec: 'mjpeg', payloadType: 96, pictureSize: LARGE },
    ],
    ['JPEG with a size that is none', 'm=video 0 RTP/AVP 26\na=x-dimensions:0,99999\n', { pictureSize: undefined }],
    ['a frame rate', `${VIDEO}a=framerate:29.970000\n`, { frameRate: 29.97 }],
    ['JPEG beside H.264: the latter', `m=video 0 RTP/AVP 26\na=control:t\n${VIDEO}`, { codec: 'h264' }],
    ['every media marked sendonly (CV-RTSPHandler)', `${VIDEO}a=sendonly\n`, { codec: 'h264' }],
    ['no video', 'm=audio 0 RTP/AVP 0\n', undefined],
  ];
  it.each(videos)('video: %s', (_, sdp, expected) => {
    if (expected === undefined) expect(choose(sdp).video).toBeUndefined();
    else expect(choose(sdp).video).toMatchObject(expected);
  });

  it('a frame rate of 0, or in words, is none', () => {
    expect(choose(`${VIDEO}a=framerate:0\na=framerate:fast\n`).video).not.toHaveProperty('frameRate');
  });

  const audios: [string, string, object | undefined][] = [
    ['G.711 without rtpmap', 'm=audio 0 RTP/AVP 8\n', { kind: 'g711', law: 'pcma', clockRate: 8000, channels: 1 }],
    ['G.711 at 16 kHz', 'm=audio 0 RTP/AVP 100\na=rtpmap:100 PCMU/16000\n', { law: 'pcmu', clockRate: 16_000 }],
    [
      'AAC without lengths',
      'm=audio 0 RTP/AVP 97\na=rtpmap:97 mpeg4-generic/8000\n',
      { payload: { sizeLength: 13, config: undefined, channels: 1 } },
    ],
    [
      'AAC at no rate, of no channels, with a configuration that no file has room for',
      `m=audio 0 RTP/AVP 97\na=rtpmap:97 mpeg4-generic/0/0\na=fmtp:97 config=${'1408'.repeat(50)}\n`,
      { payload: { clockRate: 8000, channels: 1, config: undefined } },
    ],
    ['a codec that we do not know', 'm=audio 0 RTP/AVP 97\na=rtpmap:97 SPEEX/16000\n', undefined],
    ['a back channel', 'm=audio 0 RTP/AVP 0\na=sendonly\n', undefined],
    [
      'the known one behind an unknown',
      'm=audio 0 RTP/AVP 97\na=rtpmap:97 SPEEX/8000\nm=audio 0 RTP/AVP 0\n',
      { law: 'pcmu' },
    ],
    [
      'the known one behind an unknown, of the same media',
      'm=audio 0 RTP/AVP 97 8\na=rtpmap:97 SPEEX/8000\n',
      { law: 'pcma', payloadType: 8 },
    ],
    ['G.711 in stereo', rtpmap('PCMA/16000/2'), { law: 'pcma', clockRate: 16_000, channels: 2 }],
    ['AAC in CELP mode', rtpmap('mpeg4-generic/8000', 'mode=CELP-cbr'), undefined],
    [
      'AAC in LATM, with its configuration in the SDP',
      rtpmap('MP4A-LATM/90000', 'profile-level-id=15; object=2; cpresent=0; config=400028203fc0'),
      {
        kind: 'latm',
        payload: { clockRate: 90_000, config: Buffer.from('400028203fc0', 'hex'), isConfigInBand: false },
      },
    ],
    [
      'AAC in LATM, with its configuration in the stream',
      rtpmap('MP4A-LATM/48000/2', 'cpresent=1'),
      { kind: 'latm', payload: { clockRate: 48_000, channels: 2, config: undefined, isConfigInBand: true } },
    ],
    ['AAC in LATM, nothing said', rtpmap('MP4A-LATM/16000'), { payload: { isConfigInBand: undefined } }],
    ['G.726', rtpmap('G726-24/8000'), { kind: 'g726', payload: { codeBits: 3, isFirstCodeHigh: false } }],
    ['G.726 in the order of AAL2', rtpmap('AAL2-G726-40/8000'), { payload: { codeBits: 5, isFirstCodeHigh: true } }],
    ['G.726 without rtpmap', 'm=audio 0 RTP/AVP 2\n', { kind: 'g726', payload: { clockRate: 8000, codeBits: 4 } }],
    ['G.726 in stereo', rtpmap('G726-32/8000/2'), undefined],
    ['PCM', rtpmap('L16/48000/2'), { kind: 'l16', clockRate: 48_000, channels: 2, isLittleEndian: false }],
    ['PCM of Hikvision', rtpmap('PCM/8000'), { kind: 'l16', clockRate: 8000, channels: 1, isLittleEndian: true }],
    ['PCM without rtpmap', 'm=audio 0 RTP/AVP 10\n', { kind: 'l16', clockRate: 44_100, channels: 2 }],
    ['PCM without rtpmap, mono', 'm=audio 0 RTP/AVP 11\n', { kind: 'l16', clockRate: 44_100, channels: 1 }],
    ['PCM of nine channels', rtpmap('L16/48000/9'), undefined],
    ['Opus', rtpmap('opus/48000/2'), { kind: 'opus', channels: 1 }],
    ['Opus in stereo', rtpmap('opus/48000/2', 'sprop-stereo=1'), { kind: 'opus', channels: 2 }],
  ];
  it.each(audios)('sound: %s', (_, sdp, expected) => {
    const { audio, skipped } = choose(VIDEO, sdp);
    if (expected === undefined) {
      expect(audio).toBeUndefined();
      expect(skipped).toHaveLength(1);
    } else {
      expect(audio).toMatchObject(expected);
    }
  });

  it('names the sound that it cannot receive', () => {
    const media = [rtpmap('SPEEX/16000'), 'm=audio 0 RTP/AVP 14\n', 'm=audio 0 RTP/AVP 9 99\n', rtpmap('L16/8000/9')];
    expect(media.map((sdp) => choose(VIDEO, sdp).skipped)).toEqual([
      ['audio: speex, which is not supported'],
      ['audio: mpa, which is not supported'],
      ['audio: g722, payload type 99, which is not supported'],
      ['audio: l16 of 9 channels, which is not supported'],
    ]);
  });
});
