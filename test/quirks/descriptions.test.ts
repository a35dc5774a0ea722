import { describe, expect, it } from 'vitest';
import { everyCut } from './support/every-cut.ts';
import { DELTA, H265_IDR, H265_PPS, H265_SPS, H265_VPS, IDR, PPS, SPS } from './support/nals.ts';
import { Sender } from './support/packets.ts';
import { type CameraScript, H265_SDP, VIDEO_SDP } from './support/script.ts';
import { AAC_FRAME, AAC_SDP, aacPacket } from './support/sound.ts';

const keyFrame = [new Sender().picture(0, [SPS, PPS, IDR])];
const KEY = ['key@0 SPS PPS IDR'];

/** A camera with this Content-Base, sending one key frame. */
const withBase = (contentBase: string): CameraScript => ({
  answers: { DESCRIBE: { headers: [['Content-Base', contentBase]], body: VIDEO_SDP } },
  media: keyFrame,
});

const setupOf = (seen: { requests: string[] }) => seen.requests.filter((request) => request.startsWith('SETUP'));

describe('addresses', () => {
  it('quirk 1: Anjvision leaves the scheme out of Content-Base', async () => {
    const seen = await everyCut(withBase('192.168.1.10:554/stream0/'));
    expect(setupOf(seen)).toEqual(['SETUP rtsp://192.168.1.10:554/stream0/track1']);
    expect(seen.units).toEqual(KEY);
  });

  it.each([
    ['quirk 2: some cameras write the scheme of Content-Base twice', 'rtsp://rtsp://h/p/', 'rtsp://h/p/track1'],
    [
      'quirk 2: some cameras leave out the brackets of IPv6',
      'rtsp://::ffff:192.168.1.123/p/',
      'rtsp://[::ffff:192.168.1.123]/p/track1',
    ],
  ])('%s', async (_, base, expected) => {
    const seen = await everyCut(withBase(base));
    expect(setupOf(seen)).toEqual([`SETUP ${expected}`]);
    expect(seen.units).toEqual(KEY);
  });

  it.each([
    ['quirk 3: a base without slash gets one', 'rtsp://h/live.sdp', 'trackID=1', 'rtsp://h/live.sdp/trackID=1'],
    ['quirk 3: never two slashes', 'rtsp://h/p/', '/trackID=1', 'rtsp://h/p/trackID=1'],
    ['quirk 3: a control goes behind the query', 'rtsp://h/p?channel=1', 'trackID=0', 'rtsp://h/p?channel=1/trackID=0'],
    [
      'quirk 3: an absolute control is used as it is, over our connection, though its host is wrong',
      'rtsp://h/p/',
      'rtsp://192.168.0.99/p/video',
      'rtsp://192.168.0.99/p/video',
    ],
  ])('%s', async (_, base, control, expected) => {
    const body = VIDEO_SDP.replace('track1', control);
    const answers = { DESCRIBE: { headers: [['Content-Base', base]] as const, body } };
    const seen = await everyCut({ answers, media: keyFrame });
    expect(setupOf(seen)).toEqual([`SETUP ${expected}`]);
    expect(seen.units).toEqual(KEY);
    expect(seen.connections).toBe(1);
  });
});

describe('descriptions', () => {
  const media = 'm=video 0 RTP/AVP 96\r\na=control:track1\r\na=rtpmap:96 H264/90000\r\n';
  it.each([
    [
      'quirk 4: a description has no v=, o=, s= and t= (Hikvision, Verint, FLIR, Mercury: each breaks some of them)',
      media,
    ],
    [
      'quirk 4: session ids are hexadecimal, and IN is called IP',
      `v=0\r\no=- 5fa1 7be IP IP4 0.0.0.0\r\ns=\r\nt=0 0\r\n${media}`,
    ],
    ['quirk 4: s= stands twice, and c= and t= are broken', `v=0\r\ns=a\r\ns=b\r\nc=IN IP4\r\nt=now-\r\n${media}`],
    [
      'quirk 4: lines end with LF alone, some are empty, and the last one has no end',
      `\n\nv=0\n\n${media.replaceAll('\r', '').trimEnd()}`,
    ],
    [
      'quirk 4: attributes stand before the line that they belong to',
      `a=range:npt=now-\r\na=recvonly\r\nv=0\r\n${media}`,
    ],
  ])('%s', async (_, sdp) => {
    expect((await everyCut({ sdp, media: keyFrame })).units).toEqual(KEY);
  });

  it.each([
    [
      'quirk 5: TP-Link describes an application of its own',
      'm=application/TP-LINK 0 RTP/AVP smart/1/90000\r\na=rtpmap:95 TP-LINK/90000\r\n',
    ],
    ['quirk 5: a vendor codec has no rtpmap', 'm=video 0 RTP/AVP 35\r\na=control:vendor\r\n'],
    [
      'quirk 5: a transport stream stands beside the picture',
      'm=video 0 RTP/AVP 33\r\na=rtpmap:33 MP2T/90000\r\na=control:ts\r\n',
    ],
  ])('%s', async (_, other) => {
    const seen = await everyCut({ sdp: `v=0\r\n${other}${VIDEO_SDP.slice(5)}`, media: keyFrame });
    expect(setupOf(seen)).toEqual(['SETUP rtsp://camera/live/track1']);
    expect(seen.units).toEqual(KEY);
    const alone = await everyCut({ sdp: `v=0\r\n${other}` });
    expect(alone.failure).toMatch(/^protocol: camera: no stream that can be recorded/);
  });

  it('quirk 6: a camera describes without Content-Type', async () => {
    const seen = await everyCut({ answers: { DESCRIBE: { body: VIDEO_SDP } }, media: keyFrame });
    expect(seen.units).toEqual(KEY);
  });

  it('quirk 7: Ubiquiti and Reolink leave blanks behind rates, an empty fmtp and a last semicolon', async () => {
    const video = `${VIDEO_SDP.replace('90000', '90000   ')}a=fmtp:96\r\n`;
    const sound = AAC_SDP.replace('/16000', ' /16000 ').replace('config=1408', 'config=1408; ');
    const seen = await everyCut({
      sdp: video + sound,
      media: [...keyFrame, aacPacket(new Sender({ channel: 2, payloadType: 97 }), 1024)],
    });
    expect(seen.formats).toEqual(['h264 avc1.42C01E 640x480 + aac 16000/1']);
    expect(seen.units).toEqual([...KEY, `sound@1024 ${AAC_FRAME.toString('hex')}`]);
  });
});

describe('parameter sets in the description', () => {
  const sets = (...nals: Buffer[]) => nals.map((nal) => nal.toString('base64')).join(',');
  const bare = [new Sender().picture(0, [IDR]), new Sender().picture(3600, [DELTA])];

  it('quirk 8: a camera puts the parameters of the picture at another media', async () => {
    const sdp = `${VIDEO_SDP}m=audio 0 RTP/AVP 0\r\na=fmtp:96 sprop-parameter-sets=${sets(SPS, PPS)}\r\na=control:track2\r\n`;
    const seen = await everyCut({ sdp, media: [new Sender().picture(0, [IDR])] }, { wantsAudio: false });
    expect(seen.units).toEqual(KEY);
  });

  it('quirk 8: H.265 is described without its PPS: it comes with the first key frame', async () => {
    const sdp = `${H265_SDP}a=fmtp:96 sprop-vps=${sets(H265_VPS)};sprop-sps=${sets(H265_SPS)}\r\n`;
    const video = new Sender({ codec: 'h265' });
    const media = [video.picture(0, [H265_IDR]), video.picture(3600, [H265_VPS, H265_SPS, H265_PPS, H265_IDR])];
    const seen = await everyCut({ sdp, media });
    expect(seen.units).toEqual(['key@3600 VPS SPS PPS IDR']);
  });

  it.each([
    ['quirk 9: no sprop-parameter-sets', ''],
    ['quirk 9: sprop-parameter-sets that are no base64 (VStarcam)', 'a=fmtp:96 sprop-parameter-sets=%%%,\r\n'],
    [
      'quirk 9: sprop-parameter-sets of an SPS that cannot be read',
      `a=fmtp:96 sprop-parameter-sets=${sets(SPS.subarray(0, 5), PPS)}\r\n`,
    ],
  ])('%s: the session waits for those in the stream', async (_, fmtp) => {
    const video = new Sender();
    const media = [video.picture(0, [IDR]), video.picture(3600, [SPS, PPS, IDR])];
    expect((await everyCut({ sdp: VIDEO_SDP + fmtp, media })).units).toEqual(['key@3600 SPS PPS IDR']);
  });

  it.each([
    [
      'quirk 9: start codes around the sets',
      sets(Buffer.concat([Buffer.from([0, 0, 0, 1]), SPS, Buffer.from([0, 0, 0, 1])]), PPS),
    ],
    [
      'quirk 9: start codes between the sets',
      sets(Buffer.concat([Buffer.from([0, 0, 0, 1]), SPS, Buffer.from([0, 0, 1]), PPS])),
    ],
    ['quirk 9: zeros behind the SPS (Reolink)', sets(Buffer.concat([SPS, Buffer.alloc(3)]), PPS)],
  ])('%s', async (_, value) => {
    const sdp = `${VIDEO_SDP}a=fmtp:96 sprop-parameter-sets=${value}\r\n`;
    const seen = await everyCut({ sdp, media: bare.slice(0, 1) });
    expect(seen.units).toEqual(KEY);
  });

  it('quirk 10: Eufy T8400 announces a profile that its stream does not have', async () => {
    const sdp = `${VIDEO_SDP}a=fmtp:96 profile-level-id=420029;sprop-parameter-sets=${sets(SPS, PPS)}\r\n`;
    expect((await everyCut({ sdp, media: keyFrame })).formats).toEqual(['h264 avc1.42C01E 640x480']);
  });
});
