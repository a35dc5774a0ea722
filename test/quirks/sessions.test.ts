import { describe, expect, it } from 'vitest';
import { headerOf, type RtspRequest } from '../../src/protocols/rtsp/message.ts';
import { everyCut } from './support/every-cut.ts';
import { DELTA, IDR, PPS, SPS } from './support/nals.ts';
import { Sender } from './support/packets.ts';
import { ADMIN, isSigned, refuse } from './support/passwords.ts';
import { type Answerer, asDatagrams, type CameraScript, CLOSE, wait } from './support/script.ts';

const KEY = 'key@0 SPS PPS IDR';
/** A key frame, a pause, and another picture. */
function withPause(...pausesMs: number[]): CameraScript['media'] & object {
  const video = new Sender();
  return [video.picture(0, [SPS, PPS, IDR]), ...pausesMs.map(wait), video.picture(3600, [DELTA])];
}
const TWO_PICTURES = [KEY, 'unit@3600 DELTA'];
const sessionOf = (value: string) => ({
  SETUP: (request: RtspRequest) => ({
    headers: [
      ['Session', value],
      ['Transport', headerOf(request, 'Transport')!],
    ] as const,
  }),
});
const methodsAfterPlay = (seen: { requests: string[] }) =>
  seen.requests.slice(seen.requests.findIndex((request) => request.startsWith('PLAY')) + 1, -1);

describe('keeping a session alive', () => {
  it.each([
    ['quirk 20: VLC wants GET_PARAMETER, and says so', 'DESCRIBE, SETUP, PLAY, GET_PARAMETER', 'GET_PARAMETER'],
    ['quirk 20: a camera that has SET_PARAMETER alone gets that', 'DESCRIBE, PLAY, SET_PARAMETER', 'SET_PARAMETER'],
    ['quirk 20: a camera that has neither gets OPTIONS', 'DESCRIBE, SETUP, PLAY', 'OPTIONS'],
  ])('%s', async (_, methods, expected) => {
    const answers = { OPTIONS: { headers: [['Public', methods]] as const }, ...sessionOf('7f3a') };
    const seen = await everyCut({ answers, media: withPause(30_000) });
    expect(methodsAfterPlay(seen)).toEqual([`${expected} rtsp://camera/live`]);
  });

  it('quirk 20: some cameras never answer: nobody waits', async () => {
    const silent: Answerer = (request) => (headerOf(request, 'Session') ? { isSilent: true } : undefined);
    const seen = await everyCut({ answers: { OPTIONS: silent }, media: withPause(90_000) });
    expect(methodsAfterPlay(seen)).toHaveLength(3);
    expect(seen.units).toEqual(TWO_PICTURES);
    expect(seen.failure).toBeUndefined();
  });

  it.each([
    ['quirk 21: a camera that says no timeout means a minute', '7f3a', 60_000, 2],
    ['quirk 21: half of what a camera says is the interval', '7f3a;timeout=10', 20_000, 4],
    ['quirk 21: cameras that announce a day close idle sessions all the same', '7f3a;timeout=86400', 60_000, 2],
    ['quirk 21: a camera that announces nothing of use is not asked without end', '7f3a;timeout=0', 30_000, 1],
    ['quirk 21: blanks stand around the timeout', '7f3a ; timeout = 10', 5_000, 1],
  ])('%s', async (_, session, pauseMs, count) => {
    const seen = await everyCut({ answers: sessionOf(session), media: withPause(pauseMs) });
    expect(methodsAfterPlay(seen)).toHaveLength(count);
  });
});

describe('being heard', () => {
  it('quirk 21: some cameras want to hear something every five seconds, whatever they announce', async () => {
    const seen = await everyCut({ answers: sessionOf('7f3a;timeout=60'), media: withPause(20_000) });
    expect(seen.reportsSent).toBe(4);
  });
});

describe('passwords', () => {
  const [md5, sha256] = ['Digest realm="cam", nonce="n1"', 'Digest realm="cam", nonce="n2", algorithm=SHA-256'];

  it.each([
    ['quirk 26: Basic is offered in front of Digest', ['Basic realm="cam"', md5], 'n1', 'md5'],
    ['quirk 26: Hikvision offers MD5 and SHA-256', [md5, sha256], 'n2', 'sha256'],
    ['quirk 26: both stand in one header', [`${md5}, Basic realm="cam"`], 'n1', 'md5'],
    [
      'quirk 26: an unknown algorithm stands in front',
      ['Digest realm="cam", nonce="n9", algorithm=SHA-512-256', md5],
      'n1',
      'md5',
    ],
  ] as const)('%s', async (_, challenges, nonce, algorithm) => {
    const guard: Answerer = (request) => (isSigned(request, nonce, algorithm) ? undefined : refuse(...challenges));
    const seen = await everyCut({ guard, media: withPause() }, ADMIN);
    expect(seen.units).toEqual(TWO_PICTURES);
    // One refusal, and every request after it is signed.
    expect(seen.requests.filter((request) => request.startsWith('OPTIONS'))).toHaveLength(2);
    expect(seen.requests).toHaveLength(6);
  });

  it('quirk 26: a nonce goes stale in mid-session: once more with the new one', async () => {
    let nonce = 'old';
    const guard: Answerer = (request, attempt) => {
      if (request.method === 'OPTIONS' && attempt === 1) nonce = 'old';
      if (request.method === 'SETUP' && attempt === 1) nonce = 'new';
      return isSigned(request, nonce) ? undefined : refuse(`Digest realm="cam", nonce="${nonce}", stale=true`);
    };
    const seen = await everyCut({ guard, media: withPause() }, ADMIN);
    expect(seen.units).toEqual(TWO_PICTURES);
    expect(seen.requests.filter((request) => request.startsWith('SETUP'))).toHaveLength(2);
  });

  it('quirk 26: a wrong password is tried once, because accounts get locked', async () => {
    const seen = await everyCut({ guard: () => refuse(md5) }, ADMIN);
    expect(seen.failure).toBe('unauthorized: camera refuses the user name or password (OPTIONS)');
    expect(seen.requests).toHaveLength(2);
  });
});

describe('the end', () => {
  it('quirk 32: a camera does not answer TEARDOWN: it is waited for a second', async () => {
    const answers = { TEARDOWN: { isSilent: true, after: [wait(5000)] } };
    const seen = await everyCut({ answers, media: withPause() });
    expect(seen.requests.at(-1)).toBe('TEARDOWN rtsp://camera/live');
    expect(seen.units).toEqual(TWO_PICTURES);
    expect(seen.stoppingMs).toBe(1000);
  });

  it('quirk 32: over UDP a camera goes on sending when its connection is lost: it is told over a new one', async () => {
    const media = [asDatagrams(new Sender().picture(0, [SPS, PPS, IDR])), CLOSE];
    const seen = await everyCut({ hasDatagrams: true, media }, { transport: 'udp' });
    expect(seen).toMatchObject({ connections: 2, units: [KEY], failure: 'unreachable: camera closed the connection' });
    expect(seen.requests.at(-1)).toBe('TEARDOWN rtsp://camera/live');
  });
});
