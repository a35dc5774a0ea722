import { describe, expect, it } from 'vitest';
import { headerOf, type RtspRequest } from '../../src/protocols/rtsp/message.ts';
import { everyCut } from './support/every-cut.ts';
import { DELTA, IDR, PPS, SPS } from './support/nals.ts';
import { Sender } from './support/packets.ts';
import { ADMIN, isSigned, refuse } from './support/passwords.ts';
import { type Answer, type Answerer, setUpAs, VIDEO_SDP } from './support/script.ts';
import { ULAW_SDP } from './support/sound.ts';

const KEY = ['key@0 SPS PPS IDR'];
const keyFrame = (sender = new Sender()) => [sender.picture(0, [SPS, PPS, IDR])];

describe('what SETUP answers', () => {
  it.each([
    ['quirk 11: a camera answers other channels than it was asked for', 'RTP/AVP/TCP;unicast;interleaved=8-9', 8],
    ['quirk 11: a camera answers one channel alone', 'RTP/AVP/TCP;unicast;interleaved=4', 4],
    ['quirk 11: Escam Q6 leaves out that it is TCP', 'RTP/AVP;unicast;interleaved=0-1', 0],
    ['quirk 11: Luckfox writes the SSRC first, and blanks', 'RTP/AVP/TCP; ssrc = 00001234 ; interleaved = 6-7', 6],
    [
      'quirk 11: Hikvision and Dahua write the SSRC in eight digits with blanks in front',
      'RTP/AVP/TCP;unicast;interleaved=2-3;ssrc=    1234;mode="play"',
      2,
    ],
    ['quirk 11: a camera answers no channel at all', 'RTP/AVP/TCP;unicast', 0],
  ])('%s', async (_, transport, channel) => {
    const elsewhere = new Sender({ channel: channel + 1, ssrc: 9 });
    const media = [elsewhere.picture(99, [SPS, PPS, IDR]), ...keyFrame(new Sender({ channel }))];
    expect((await everyCut({ answers: { SETUP: setUpAs(transport) }, media })).units).toEqual(KEY);
  });

  it('quirk 12: a camera names a new session with each SETUP: the first counts', async () => {
    const seen = await everyCut({
      sdp: VIDEO_SDP + ULAW_SDP,
      answers: {
        SETUP: (request, attempt) => ({
          headers: [
            ['Session', `session-${attempt}`],
            ['Transport', headerOf(request, 'Transport')!],
          ],
        }),
      },
    });
    expect(seen.lines.filter((line) => line.startsWith('Session'))).toEqual(Array(3).fill('Session: session-1'));
  });
});

describe('what a camera wants to be asked', () => {
  it('quirk 17: RTP-Info is nonsense on Hikvision, Tapo and others: it is not looked at', async () => {
    for (const info of [
      'url=rtsp://h/track1;seq=0;rtptime=0',
      'url=rtsp://h/track1;seq=1;rtptime=4294967295;',
      'url=;seq=;rtptime=bad,url=trackID=9;seq=70000',
    ]) {
      const answers = { PLAY: { headers: [['RTP-Info', info]] as const } };
      const video = new Sender();
      const seen = await everyCut({ answers, media: [...keyFrame(video), video.picture(3600, [DELTA])] });
      expect(seen.units).toEqual([...KEY, 'unit@3600 DELTA']);
      expect(seen.counters.packetsLost).toBe(0);
    }
  });

  it('quirk 22: header names go out in the usual case, and Longse may put blanks behind CSeq', async () => {
    const answer = (request: RtspRequest): Answer => ({
      raw: Buffer.from(`RTSP/1.0 200 OK\r\nCSeq: ${headerOf(request, 'CSeq')}  \t \r\nSession: 1 \r\n\r\n`),
    });
    const seen = await everyCut({ answers: { OPTIONS: answer, SETUP: answer, PLAY: answer }, media: keyFrame() });
    expect(seen.units).toEqual(KEY);
    expect(seen.lines.filter((line) => /^cseq/i.test(line))).toEqual([1, 2, 3, 4, 5].map((n) => `CSeq: ${n}`));
  });

  it('quirk 23: a camera refuses whoever does not say his name', async () => {
    const guard: Answerer = (request) => (headerOf(request, 'User-Agent') ? undefined : refuse('Basic realm="x"'));
    const seen = await everyCut({ guard, media: keyFrame() });
    expect(seen.units).toEqual(KEY);
  });

  it('quirk 24: Hikvision wants DESCRIBE before SETUP on each connection, other cameras fail a second one', async () => {
    // The answer to the first DESCRIBE ends its connection: everything is asked anew on the next.
    const seen = await everyCut({
      answers: {
        DESCRIBE: (_, attempt, url) => (attempt === 1 ? { status: 302, headers: [['Location', url]] } : undefined),
      },
      media: keyFrame(),
    });
    expect(seen.requests.map((request) => request.split(' ')[0])).toEqual([
      ...['OPTIONS', 'DESCRIBE'],
      ...['OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY', 'TEARDOWN'],
    ]);
    expect(seen.connections).toBe(2);
    expect(seen.units).toEqual(KEY);
  });

  it('quirk 25: mode=play in Transport breaks some servers: it is left out', async () => {
    const answers = {
      SETUP: (request: RtspRequest) => (/mode/i.test(headerOf(request, 'Transport')!) ? { status: 400 } : undefined),
    };
    expect((await everyCut({ answers, media: keyFrame() })).units).toEqual(KEY);
  });

  it('quirk 27: a camera sends its viewers to another address of its own: the credentials go along', async () => {
    const guard: Answerer = (request, _, url) => {
      if (!isSigned(request, 'n1')) return refuse('Digest realm="cam", nonce="n1"');
      return request.method === 'DESCRIBE' && request.url === url
        ? { status: 302, headers: [['Location', `${url}/other`]] }
        : undefined;
    };
    const seen = await everyCut({ guard, media: keyFrame() }, ADMIN);
    expect(seen.requests).toContain('DESCRIBE rtsp://camera/live/other');
    expect(seen.units).toEqual(KEY);
  });
});

describe('back channels', () => {
  const talk = 'm=audio 0 RTP/AVP 8\r\na=control:talk\r\na=sendonly\r\n';

  it('quirk 30: Dahua refuses a second back channel: none is asked for, nor set up', async () => {
    const guard: Answerer = (request) => (headerOf(request, 'Require') ? { status: 551 } : undefined);
    const seen = await everyCut({ sdp: `${VIDEO_SDP}${ULAW_SDP}a=recvonly\r\n${talk}`, guard, media: keyFrame() });
    expect(seen.requests.filter((request) => request.startsWith('SETUP'))).toEqual([
      'SETUP rtsp://camera/live/track1',
      'SETUP rtsp://camera/live/track2',
    ]);
  });

  it('quirk 30: CV-RTSPHandler marks all of its media as back channels: none of them is one', async () => {
    const sdp = `${VIDEO_SDP}a=sendonly\r\n${ULAW_SDP}a=sendonly\r\n`;
    const sound = new Sender({ channel: 2, payloadType: 0 });
    const media = [...keyFrame(), sound.packet(160, Buffer.from('d5d5', 'hex'))];
    const seen = await everyCut({ sdp, media });
    expect(seen.units).toEqual([...KEY, 'sound@160 d5d5']);
  });
});
