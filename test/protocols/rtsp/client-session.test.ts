import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock, systemClock } from '../../../src/base/clock.ts';
import type { AppError } from '../../../src/base/errors.ts';
import { silentLog } from '../../../src/base/log.ts';
import type { AccessUnit } from '../../../src/media/access-unit.ts';
import { readRtcp } from '../../../src/media/rtp/rtcp.ts';
import { RtspClient, type RtspClientOptions } from '../../../src/protocols/rtsp/client-session.ts';
import type { SenderReportHint } from '../../../src/protocols/rtsp/media-lane.ts';
import type { StreamFormats } from '../../../src/protocols/rtsp/media-receiver.ts';
import { encodeInterleaved, headerOf, type RtspRequest, toByteString } from '../../../src/protocols/rtsp/message.ts';
import { goodbye, senderReport } from '../../media/rtp/rtcp-packets.ts';
import { lengthPrefixed, rtpPacket } from '../../media/rtp/rtp-packets.ts';
import {
  type Answer,
  AUDIO_SDP,
  type CameraCall,
  DELTA,
  IDR,
  PPS,
  type Script,
  ScriptedCamera,
  SPS,
  usualAnswer,
  VIDEO_SDP,
} from './scripted-camera.ts';

interface Viewer {
  client: RtspClient;
  units: AccessUnit[];
  formats: StreamFormats[];
  /** `format`, `video`, `audio` in the order of the calls. */
  order: string[];
  closed: AppError[];
  hints: SenderReportHint[];
}

const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.stop();
});

async function camera(script?: Script): Promise<ScriptedCamera> {
  const started = await new ScriptedCamera(script).start();
  open.push(started);
  return started;
}

function view(url: string, options: Partial<RtspClientOptions> = {}): Viewer {
  const viewer: Omit<Viewer, 'client'> = { units: [], formats: [], order: [], closed: [], hints: [] };
  const client = new RtspClient({
    url,
    username: '',
    password: '',
    clock: systemClock,
    log: silentLog,
    isBasicAllowed: true,
    connectTimeoutMs: 2000,
    wantsAudio: true,
    onUnit: (unit) => {
      viewer.units.push(unit);
      viewer.order.push(unit.kind);
    },
    onFormat: (formats) => {
      viewer.formats.push(formats);
      viewer.order.push('format');
    },
    onSenderReport: (hint) => viewer.hints.push(hint),
    onClosed: (error) => viewer.closed.push(error),
    ...options,
  });
  open.push(client);
  return { ...viewer, client };
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let waited = 0; !condition(); waited += 5) {
    if (waited > 3000) throw new Error(`did not happen: ${what}`);
    await systemClock.sleep(5);
  }
}

/** Overrides the answer to one method. */
function on(method: string, answer: (request: RtspRequest, call: CameraCall) => Answer | undefined): Script {
  return (request, call) => (request.method === method ? answer(request, call) : undefined);
}

const KEY = lengthPrefixed(SPS, PPS, IDR);
const playing = (send: (call: CameraCall) => void): Script => on('PLAY', () => ({ afterwards: send }));
const sound = (sequence: number) =>
  encodeInterleaved(2, rtpPacket({ sequence, timestamp: sequence, payloadType: 0, payload: Buffer.from('ulaw') }));

/** Describes sound beside the picture. */
const withSound =
  (script: Script): Script =>
  (request, call) =>
    script(request, call) ?? (request.method === 'DESCRIBE' ? { body: VIDEO_SDP + AUDIO_SDP } : undefined);

describe('a session', () => {
  it('goes from OPTIONS to PLAY, delivers picture and sound, and ends with TEARDOWN', async () => {
    const cam = await camera(
      withSound(
        playing((call) => call.send(sound(1), call.picture(0, [SPS, PPS, IDR]), sound(2), call.picture(3600, [DELTA]))),
      ),
    );
    const viewer = view(cam.url);
    await viewer.client.start();
    await until(() => viewer.units.length === 3, 'three units');
    // The sound before the first picture is held back.
    expect(viewer.units.map((unit) => unit.kind)).toEqual(['video', 'audio', 'video']);
    expect(viewer.order).toEqual(['format', 'video', 'audio', 'video']);
    expect(viewer.formats[0]).toMatchObject({ video: { codecString: 'avc1.42C01E' }, audio: { codec: 'pcmu' } });
    expect(viewer.units[0]!.data.equals(KEY)).toBe(true);
    expect(viewer.client.counters).toMatchObject({ packetsLost: 0, framesDropped: 0, videoFrames: 2, audioUnits: 1 });
    await viewer.client.stop();
    expect(cam.methods).toEqual(['OPTIONS', 'DESCRIBE', 'SETUP', 'SETUP', 'PLAY', 'TEARDOWN']);
    expect(cam.requests.map((request) => request.url)).toEqual([
      cam.url,
      cam.url,
      `${cam.url}/track1`,
      `${cam.url}/track2`,
      cam.url,
      cam.url,
    ]);
    expect(cam.requests.every((request) => headerOf(request, 'User-Agent') === 'Holdfast')).toBe(true);
    expect(viewer.closed).toEqual([]);
  });

  it('lets the first picture wait for the first sound, so that one format covers both', async () => {
    const cam = await camera(
      withSound(playing((call) => call.send(call.picture(0, [SPS, PPS, IDR]), call.picture(3600, [DELTA]), sound(2)))),
    );
    const viewer = view(cam.url);
    await viewer.client.start();
    await until(() => viewer.units.length === 3, 'three units');
    expect(viewer.order).toEqual(['format', 'video', 'video', 'audio']);
    expect(viewer.formats[0]).toMatchObject({ video: { codec: 'h264' }, audio: { codec: 'pcmu' } });
  });

  it('but only for half a second, when the microphone is off', async () => {
    const cam = await camera(
      withSound(
        playing((call) => {
          call.send(call.picture(0, [SPS, PPS, IDR]));
          setTimeout(() => call.send(call.picture(54_000, [DELTA])), 600);
        }),
      ),
    );
    const viewer = view(cam.url);
    await viewer.client.start();
    await until(() => viewer.units.length === 2, 'two units');
    expect(viewer.order).toEqual(['format', 'video', 'video']);
    expect(viewer.formats[0]!.audio).toBeUndefined();
  });

  it('asks for picture alone when sound is not wanted', async () => {
    const cam = await camera(withSound(() => undefined));
    await view(cam.url, { wantsAudio: false }).client.start();
    expect(cam.methods.filter((method) => method === 'SETUP')).toHaveLength(1);
  });

  it('goes on without sound when the camera refuses it', async () => {
    const cam = await camera(
      withSound(on('SETUP', (request) => (request.url.endsWith('track2') ? { status: 500 } : undefined))),
    );
    await view(cam.url).client.start();
    expect(cam.methods.at(-1)).toBe('PLAY');
  });

  it('announces a new format before the key frame that needs it', async () => {
    const other = Buffer.from(SPS);
    other[3] = 0x1f;
    const cam = await camera(
      playing((call) =>
        call.send(call.picture(0, [SPS, PPS, IDR]), call.picture(3600, [DELTA]), call.picture(7200, [other, PPS, IDR])),
      ),
    );
    const viewer = view(cam.url);
    await viewer.client.start();
    await until(() => viewer.units.length === 3, 'three units');
    expect(viewer.order).toEqual(['format', 'video', 'video', 'format', 'video']);
    expect(viewer.formats.map((formats) => formats.video?.codecString)).toEqual(['avc1.42C01E', 'avc1.42C01F']);
  });
});

describe('odd cameras', () => {
  const works: [string, Script][] = [
    ['no OPTIONS', on('OPTIONS', () => ({ status: 501 }))],
    [
      'no Content-Type and a Content-Base without scheme',
      on('DESCRIBE', (_, call) => ({
        body: VIDEO_SDP,
        headers: [['Content-Base', `127.0.0.1:${call.socket.localPort}/live/`]],
      })),
    ],
    [
      'a session that changes with each SETUP',
      on('SETUP', (request) => ({
        headers: [
          ['Session', request.url.slice(-1)],
          ['Transport', headerOf(request, 'Transport')!],
        ],
      })),
    ],
    ['SETUP without Transport', on('SETUP', () => ({ headers: [['Session', '1']] }))],
    [
      'a response without CSeq',
      on('DESCRIBE', () => ({
        raw: Buffer.from(`RTSP/1.0 200 OK\r\nContent-Length: ${VIDEO_SDP.length}\r\n\r\n${VIDEO_SDP}`),
      })),
    ],
    [
      'a camera that counts for itself',
      on('SETUP', (request) => ({
        raw: Buffer.from(
          `RTSP/1.0 200 OK\r\nCSeq: 4711\r\nSession: 1\r\nTransport: ${headerOf(request, 'Transport')}\r\n\r\n`,
        ),
      })),
    ],
    [
      'vendor media in front',
      on('DESCRIBE', () => ({ body: `m=application/TP-LINK 0 RTP/AVP smart/1/90000\r\n${VIDEO_SDP}` })),
    ],
  ];
  it.each(works)('%s: works', async (_, script) => {
    const cam = await camera(
      (request, call) =>
        script(request, call) ??
        (request.method === 'PLAY' ? { afterwards: () => call.send(call.picture(0, [SPS, PPS, IDR])) } : undefined),
    );
    const viewer = view(cam.url);
    await viewer.client.start();
    await until(() => viewer.units.length === 1, 'a unit');
    expect(viewer.units[0]!.data.equals(KEY)).toBe(true);
  });

  it('asks for the very bytes that a Content-Base in UTF-8 has', async () => {
    const cam = await camera(
      on('DESCRIBE', (_, call) => ({
        body: VIDEO_SDP,
        headers: [['Content-Base', toByteString(`rtsp://127.0.0.1:${call.socket.localPort}/caméra/`)]],
      })),
    );
    await view(cam.url).client.start();
    expect(cam.requests.at(-1)!.url).toBe(toByteString(cam.url.replace('live', 'caméra/')));
  });

  it('keeps the first session id', async () => {
    const cam = await camera(on('SETUP', (request) => ({ headers: [['Session', `id${request.url.slice(-1)}`]] })));
    await view(cam.url).client.start();
    expect(headerOf(cam.requests.at(-1)!, 'Session')).toBe('id1');
  });

  it('takes packets from the channels that the camera answers, not those that were asked for', async () => {
    const cam = await camera((request, call) => {
      if (request.method === 'SETUP')
        return {
          headers: [
            ['Session', '1'],
            ['Transport', 'RTP/AVP/TCP;ssrc=1234;interleaved=8-9'],
          ],
        };
      if (request.method === 'PLAY')
        return {
          afterwards: () => call.send(call.picture(0, [SPS, PPS, IDR], 0), call.picture(1, [SPS, PPS, IDR], 8)),
        };
      return undefined;
    });
    const viewer = view(cam.url, { wantsAudio: false });
    await viewer.client.start();
    await until(() => viewer.units.length === 1, 'a unit');
    expect(viewer.units[0]!.rtpTime).toBe(1);
  });

  it('passes over packets before PLAY, and takes those that overtake its answer', async () => {
    const cam = await camera((request, call) => {
      if (request.method === 'SETUP') call.send(call.picture(0, [SPS, PPS, IDR]));
      if (request.method === 'PLAY') call.send(call.picture(1, [SPS, PPS, IDR]));
      return undefined;
    });
    const viewer = view(cam.url, { wantsAudio: false });
    await viewer.client.start();
    expect(viewer.units.map((unit) => unit.rtpTime)).toEqual([1]);
  });

  it('answers questions of the camera', async () => {
    const cam = await camera(
      playing((call) => {
        call.ask('OPTIONS', 1);
        call.ask('GET_PARAMETER', 2);
        call.ask('ANNOUNCE', 3);
        call.ask('REDIRECT', 4);
      }),
    );
    const viewer = view(cam.url);
    await viewer.client.start();
    await until(() => cam.answers.length === 4, 'four answers');
    expect(cam.answers).toEqual([200, 200, 501, 501]);
    expect(viewer.closed).toEqual([]);
  });

  it('says goodbye also where the camera has a session for us and then refuses to play', async () => {
    const cam = await camera(on('PLAY', () => ({ status: 455 })));
    await expect(view(cam.url).client.start()).rejects.toMatchObject({ kind: 'protocol' });
    expect(cam.methods.at(-1)).toBe('TEARDOWN');
    expect(headerOf(cam.requests.at(-1)!, 'Session')).toBe('7f3a');
  });

  it("passes over another viewer's packets, though they are there before ours (live555 before 2017, Reolink RLC-410)", async () => {
    const foreign = (sequence: number) =>
      encodeInterleaved(
        0,
        rtpPacket({ sequence, timestamp: 99, ssrc: 0xbad, marker: true, payload: IDR.subarray(0, 900) }),
      );
    const cam = await camera((request, call) => {
      if (request.method === 'DESCRIBE') call.send(foreign(1), foreign(2));
      if (request.method !== 'PLAY') return undefined;
      return {
        afterwards: () =>
          call.send(foreign(3), call.picture(0, [SPS, PPS, IDR]), foreign(4), call.picture(3600, [DELTA]), foreign(5)),
      };
    });
    const viewer = view(cam.url);
    await viewer.client.start();
    await until(() => viewer.units.length === 2, 'two units');
    expect(viewer.units.map((unit) => unit.rtpTime)).toEqual([0, 3600]);
    expect(viewer.client.counters).toMatchObject({ packetsLost: 0, framesDropped: 0 });
  });

  it('reports to the camera at least every 5 s what came, in the channel behind that of the media', async () => {
    const clock = new ManualClock(0);
    const cam = await camera(
      withSound(
        playing((call) => call.send(call.picture(0, [SPS, PPS, IDR]), encodeInterleaved(1, senderReport()), sound(7))),
      ),
    );
    const viewer = view(cam.url, { clock, silenceTimeoutMs: 60_000 });
    await viewer.client.start();
    await until(() => viewer.units.length === 2, 'two units');
    expect(viewer.hints).toHaveLength(1);
    await clock.advance(5000);
    await until(() => cam.frames.length === 2, 'two reports');
    expect(cam.frames.map(({ channel, bytes }) => [channel, readRtcp(bytes, 0, bytes.length)])).toMatchObject([
      [1, [{ kind: 'receiver-report', blocks: [{ ssrc: 0x1234, packetsLost: 0, highestSequence: 65_504 }] }, {}]],
      [3, [{ kind: 'receiver-report', blocks: [{ ssrc: 0x1234, highestSequence: 7, lastSenderReport: 0 }] }, {}]],
    ]);
  });

  it('skips garbage between frames', async () => {
    const cam = await camera(
      playing((call) =>
        call.send(
          call.picture(0, [SPS, PPS, IDR]),
          Buffer.from('\0\0garbage$$$\xff', 'latin1'),
          call.picture(3600, [DELTA]),
        ),
      ),
    );
    const viewer = view(cam.url);
    await viewer.client.start();
    await until(() => viewer.units.length === 2, 'two units');
    expect(viewer.closed).toEqual([]);
  });

  it('keeps the session alive without waiting for answers', async () => {
    const cam = await camera((request) => {
      if (request.method === 'OPTIONS' && headerOf(request, 'Session') !== undefined) return { isSilent: true };
      if (request.method === 'SETUP') return { headers: [['Session', '1;timeout=2']] };
      return undefined;
    });
    const viewer = view(cam.url);
    await viewer.client.start();
    await until(() => cam.methods.filter((method) => method === 'OPTIONS').length === 3, 'two keep-alives');
    expect(headerOf(cam.requests.at(-1)!, 'Session')).toBe('1');
    expect(viewer.closed).toEqual([]);
  });

  it('does not wait for a TEARDOWN that is never answered', async () => {
    const cam = await camera(on('TEARDOWN', () => ({ isSilent: true })));
    const viewer = view(cam.url);
    await viewer.client.start();
    const startedMs = performance.now();
    await viewer.client.stop();
    expect(performance.now() - startedMs).toBeLessThan(1500);
  });
});

describe('passwords', () => {
  const digest = 'Digest realm="Login", nonce="n1"';
  /** Accepts the MD5 digest of admin / secret for the given nonce. */
  function isRight(request: RtspRequest, nonce: string): boolean {
    const md5 = (text: string) => createHash('md5').update(text).digest('hex');
    const response = md5(`${md5('admin:Login:secret')}:${nonce}:${md5(`${request.method}:${request.url}`)}`);
    const value = headerOf(request, 'Authorization') ?? '';
    return value.includes(`nonce="${nonce}"`) && value.includes(`response="${response}"`);
  }
  const guarded =
    (nonceOf: () => string): Script =>
    (request) =>
      isRight(request, nonceOf())
        ? undefined
        : { status: 401, headers: [['WWW-Authenticate', digest.replace('n1', nonceOf())]] };
  const admin = { username: 'admin', password: 'secret' };

  it('digest: one more request, then every request is signed', async () => {
    const cam = await camera(guarded(() => 'n1'));
    await view(cam.url, admin).client.start();
    expect(cam.methods).toEqual(['OPTIONS', 'OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY']);
  });

  it.each([
    ['UTF-8', Buffer.from('réseau 摄像', 'utf8')],
    ['GB 18030', Buffer.from('c9e3cff1', 'hex')],
  ])('a realm in %s is signed as the bytes that came, and goes back as such', async (_, realmBytes) => {
    const realm = realmBytes.toString('latin1');
    const md5 = (text: string) => createHash('md5').update(text, 'latin1').digest('hex');
    const cam = await camera((request) => {
      const response = md5(`${md5(`admin:${realm}:secret`)}:n1:${md5(`${request.method}:${request.url}`)}`);
      const value = headerOf(request, 'Authorization') ?? '';
      if (value.includes(`realm="${realm}"`) && value.includes(`response="${response}"`)) return undefined;
      return { status: 401, headers: [['WWW-Authenticate', `Digest realm="${realm}", nonce="n1"`]] };
    });
    await view(cam.url, admin).client.start();
    expect(cam.methods.at(-1)).toBe('PLAY');
  });

  it('a carriage return inside of a realm does not become the end of a line', async () => {
    const cam = await camera((request) =>
      headerOf(request, 'Authorization') === undefined
        ? {
            raw: Buffer.from(
              'RTSP/1.0 401 No\r\nCSeq: 1\r\nWWW-Authenticate: Digest realm="a\rX: y", nonce="n"\r\n\r\n',
            ),
          }
        : undefined,
    );
    await view(cam.url, admin).client.start();
    expect(headerOf(cam.requests.at(-1)!, 'Authorization')).toContain('realm="a X: y"');
    expect(headerOf(cam.requests.at(-1)!, 'X')).toBeUndefined();
  });

  it('credentials inside the address count where none are given', async () => {
    const cam = await camera(guarded(() => 'n1'));
    await view(cam.url.replace('://', '://admin:secret@')).client.start();
    expect(cam.requests.every((request) => !request.url.includes('secret'))).toBe(true);
  });

  it('a nonce that changes with each request is followed', async () => {
    let count = 0;
    const cam = await camera((request) => {
      if (isRight(request, `n${count}`)) return usualAnswer(request);
      count++;
      return { status: 401, headers: [['WWW-Authenticate', `Digest realm="Login", nonce="n${count}", stale=true`]] };
    });
    await view(cam.url, admin).client.start();
    expect(cam.methods.at(-1)).toBe('PLAY');
  });

  const expiring = (keepAlives: Script): Script => {
    return (request, call) => {
      if (request.method === 'SETUP')
        return isRight(request, 'n1') ? { headers: [['Session', '1;timeout=2']] } : guarded(() => 'n1')(request, call);
      if (headerOf(request, 'Session') !== undefined && request.method !== 'PLAY') return keepAlives(request, call);
      return guarded(() => 'n1')(request, call);
    };
  };

  it('a nonce that expires in the session is followed by keep-alives and by the goodbye', async () => {
    let nonce = 'n1';
    const cam = await camera(
      expiring((request, call) => {
        if (isRight(request, 'n1')) nonce = 'n2';
        return guarded(() => nonce)(request, call);
      }),
    );
    const viewer = view(cam.url, admin);
    await viewer.client.start();
    const keepAlives = () =>
      cam.requests.filter(({ method, headers }) => method === 'OPTIONS' && headers.has('session'));
    await until(() => keepAlives().length === 3, 'three keep-alives');
    // The first with the old nonce, once more with the new one, and the next one with that.
    expect(keepAlives().map((request) => isRight(request, 'n2'))).toEqual([false, true, true]);
    nonce = 'n3';
    await viewer.client.stop();
    expect(cam.requests.slice(-2).map((request) => [request.method, isRight(request, 'n3')])).toEqual([
      ['TEARDOWN', false],
      ['TEARDOWN', true],
    ]);
  });

  it('a password that is refused in the session is not sent again, and the session goes on', async () => {
    let count = 1;
    const cam = await camera(expiring((request, call) => guarded(() => `n${++count}`)(request, call)));
    const viewer = view(cam.url, admin);
    await viewer.client.start();
    const keepAlives = () =>
      cam.requests.filter(({ method, headers }) => method === 'OPTIONS' && headers.has('session'));
    await until(() => keepAlives().length === 4, 'four keep-alives');
    expect(keepAlives().map((request) => headerOf(request, 'Authorization') !== undefined)).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(viewer.closed).toEqual([]);
    await viewer.client.stop();
    expect(headerOf(cam.requests.at(-1)!, 'Authorization')).toBeUndefined();
  });

  it.each(['SETUP', 'PLAY'])('a nonce that expires before %s', async (method) => {
    let nonce = 'n1';
    const cam = await camera((request, call) => {
      if (request.method === method) nonce = 'n2';
      return guarded(() => nonce)(request, call);
    });
    await view(cam.url, admin).client.start();
    expect(cam.methods.filter((asked) => asked === method)).toHaveLength(2);
  });

  it('basic, where it is allowed', async () => {
    const cam = await camera((request) =>
      headerOf(request, 'Authorization') === 'Basic YWRtaW46c2VjcmV0'
        ? undefined
        : { status: 401, headers: [['WWW-Authenticate', 'Basic realm="x"']] },
    );
    await view(cam.url, admin).client.start();
    await expect(view(cam.url, { ...admin, isBasicAllowed: false }).client.start()).rejects.toMatchObject({
      kind: 'unauthorized',
    });
  });

  it('a camera that closes the connection after its 401 gets the answer over a new one', async () => {
    const cam = await camera((request, call) => {
      const answer = guarded(() => 'n1')(request, call);
      return answer === undefined ? undefined : { ...answer, afterwards: () => call.socket.end() };
    });
    await view(cam.url, admin).client.start();
    expect(cam.connections).toBe(2);
  });

  it('401 for ever: two requests, then it is given up', async () => {
    const cam = await camera(() => ({ status: 401, headers: [['WWW-Authenticate', digest]] }));
    await expect(view(cam.url, admin).client.start()).rejects.toMatchObject({
      kind: 'unauthorized',
      message: expect.stringContaining('refuses the user name or password'),
    });
    expect(cam.requests).toHaveLength(2);
  });

  it('a password that is wanted, and none is set', async () => {
    const cam = await camera(() => ({ status: 401, headers: [['WWW-Authenticate', digest]] }));
    await expect(view(cam.url).client.start()).rejects.toMatchObject({ kind: 'unauthorized' });
    expect(cam.requests).toHaveLength(1);
  });

  it.each(['Basic realm="x"', digest])('a redirection to another host does not take them along: %s', async (asked) => {
    const target = await camera(() => ({ status: 401, headers: [['WWW-Authenticate', asked]] }));
    const location = target.url.replace('127.0.0.1', '127.0.0.2');
    const cam = await camera((request, call) => {
      const answer = guarded(() => 'n1')(request, call);
      return answer === undefined ? { status: 302, headers: [['Location', location]] } : answer;
    });
    await expect(view(cam.url, admin).client.start()).rejects.toMatchObject({
      kind: 'unauthorized',
      message: expect.stringMatching(/^127\.0\.0\.1 redirects to 127\.0\.0\.2:\d+, which asks for a password/),
    });
    expect(cam.requests.some((request) => headerOf(request, 'Authorization') !== undefined)).toBe(true);
    expect(target.requests.map((request) => headerOf(request, 'Authorization'))).toEqual([undefined]);
  });

  it('a redirection to another host that asks for none is followed without them', async () => {
    const target = await camera();
    const location = target.url.replace('127.0.0.1', '127.0.0.2');
    const cam = await camera(on('DESCRIBE', () => ({ status: 302, headers: [['Location', location]] })));
    await view(cam.url, admin).client.start();
    expect(target.methods.at(-1)).toBe('PLAY');
  });

  it('a redirection to a path keeps them', async () => {
    const cam = await camera((request, call) => {
      if (request.url.endsWith('/live') && request.method === 'DESCRIBE')
        return { status: 301, headers: [['Location', '/other']] };
      return guarded(() => 'n1')(request, call);
    });
    await view(cam.url, admin).client.start();
    expect(cam.requests.at(-1)!.url).toMatch(/\/other$/);
  });

  it('a redirection to another port of the host keeps them', async () => {
    const target = await camera(guarded(() => 'n1'));
    const cam = await camera(on('DESCRIBE', () => ({ status: 302, headers: [['Location', target.url]] })));
    await view(cam.url, admin).client.start();
    expect(target.methods.at(-1)).toBe('PLAY');
  });
});

describe('failures', () => {
  const failures: [string, Script, Partial<AppError>][] = [
    ['an unknown path', on('DESCRIBE', () => ({ status: 404 })), { kind: 'not-found' }],
    ['too many viewers', on('SETUP', () => ({ status: 453 })), { kind: 'conflict' }],
    ['too many viewers, said otherwise', on('DESCRIBE', () => ({ status: 503 })), { kind: 'conflict' }],
    ['forbidden', on('DESCRIBE', () => ({ status: 403 })), { kind: 'unauthorized' }],
    ['no TCP', on('SETUP', () => ({ status: 461 })), { kind: 'protocol' }],
    ['nothing to record', on('DESCRIBE', () => ({ body: AUDIO_SDP.replace('AVP 0', 'AVP 50') })), { kind: 'protocol' }],
    ['no session', on('SETUP', () => ({})), { kind: 'protocol' }],
    ['not RTSP at all', () => ({ raw: Buffer.alloc(300_000, 'x') }), { kind: 'protocol' }],
    ['silence', on('DESCRIBE', () => ({ isSilent: true })), { kind: 'timeout' }],
    [
      'closed in the middle',
      on('DESCRIBE', () => ({ raw: Buffer.from('RTSP/1.0 200'), afterwards: (call) => call.socket.destroy() })),
      { kind: 'unreachable' },
    ],
    [
      'redirections in a circle',
      on('DESCRIBE', (request) => ({ status: 302, headers: [['Location', request.url]] })),
      { kind: 'protocol' },
    ],
    [
      'a redirection to something else',
      on('DESCRIBE', () => ({ status: 301, headers: [['Location', 'http://x/']] })),
      { kind: 'bad-input' },
    ],
  ];
  it.each(failures)('%s', async (_, script, expected) => {
    const cam = await camera(script);
    const viewer = view(cam.url, { connectTimeoutMs: 300 });
    await expect(viewer.client.start()).rejects.toMatchObject(expected);
    expect(viewer.closed).toEqual([]);
  });

  it('nobody there', async () => {
    const cam = await camera();
    const { url } = cam;
    await cam.stop();
    open.splice(0);
    await expect(view(url).client.start()).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('refused'),
    });
  });

  it('an address that is none', async () => {
    await expect(view('http://x/').client.start()).rejects.toMatchObject({ kind: 'bad-input' });
  });

  it('the connection is cut in the middle of a frame', async () => {
    const cam = await camera(
      playing((call) => {
        call.send(call.picture(0, [SPS, PPS, IDR]), call.picture(3600, [IDR]).subarray(0, 1700));
        setTimeout(() => call.socket.destroy(), 50);
      }),
    );
    const viewer = view(cam.url);
    await viewer.client.start();
    await until(() => viewer.closed.length === 1, 'the end');
    expect(viewer.closed[0]!.kind).toBe('unreachable');
    expect(viewer.units).toHaveLength(1);
  });

  const dropping =
    (tool: string): Script =>
    (request, call) => {
      if (request.method === 'DESCRIBE') return { body: `a=tool:${tool}\r\n${VIDEO_SDP}` };
      return request.method === 'PLAY' ? { afterwards: () => call.socket.destroy() } : undefined;
    };

  it('the connection to an old live555 is lost: its session is ended over a new one, before it is asked again', async () => {
    const cam = await camera(dropping('LIVE555 Streaming Media v2013.02.11'));
    const viewer = view(cam.url);
    await viewer.client.start();
    await until(() => viewer.closed.length === 1, 'the end');
    await viewer.client.stop();
    expect(cam.methods.at(-1)).toBe('TEARDOWN');
    expect(headerOf(cam.requests.at(-1)!, 'Session')).toBe('7f3a');
    expect(cam.connections).toBe(2);
  });

  it('the connection to a newer one is lost: its session ended with it', async () => {
    const cam = await camera(dropping('LIVE555 Streaming Media v2020.01.01'));
    const viewer = view(cam.url);
    await viewer.client.start();
    await until(() => viewer.closed.length === 1, 'the end');
    await viewer.client.stop();
    expect(cam.connections).toBe(1);
  });

  it('the camera hangs up politely', async () => {
    const cam = await camera(playing((call) => call.socket.end()));
    const viewer = view(cam.url);
    await viewer.client.start();
    await until(() => viewer.closed.length === 1, 'the end');
    expect(viewer.closed[0]!.kind).toBe('unreachable');
  });

  it('the camera goes silent: goodbye is said, and the session is given up', async () => {
    const cam = await camera(playing((call) => call.send(call.picture(0, [SPS, PPS, IDR]))));
    const viewer = view(cam.url, { silenceTimeoutMs: 200 });
    await viewer.client.start();
    await until(() => viewer.closed.length === 1, 'the end');
    expect(viewer.closed[0]).toMatchObject({ kind: 'timeout', message: expect.stringContaining('no packet') });
    await until(() => cam.methods.at(-1) === 'TEARDOWN', 'goodbye');
  });

  it('the camera says goodbye and keeps the connection open', async () => {
    const cam = await camera(
      playing((call) =>
        call.send(
          call.picture(0, [SPS, PPS, IDR]),
          encodeInterleaved(1, senderReport()),
          encodeInterleaved(1, goodbye(0x1234)),
        ),
      ),
    );
    const clock = new ManualClock(0);
    const viewer = view(cam.url, { clock, silenceTimeoutMs: Number.POSITIVE_INFINITY });
    await viewer.client.start();
    await until(() => viewer.units.length === 1, 'a unit');
    await clock.advance(1000);
    expect(viewer.closed).toEqual([]);
    await clock.advance(2000);
    expect(viewer.closed[0]).toMatchObject({ kind: 'unreachable', message: expect.stringContaining('BYE') });
    await until(() => cam.methods.at(-1) === 'TEARDOWN', 'goodbye in return');
  });

  it('the camera says goodbye and goes on: so do we', async () => {
    let call: CameraCall | undefined;
    const cam = await camera(
      playing((current) => {
        call = current;
        call.send(call.picture(0, [SPS, PPS, IDR]), encodeInterleaved(1, goodbye(0x1234)), call.picture(3600, [DELTA]));
      }),
    );
    const clock = new ManualClock(0);
    const viewer = view(cam.url, { clock, silenceTimeoutMs: 9000 });
    await viewer.client.start();
    await until(() => viewer.units.length === 2, 'two units');
    await clock.advance(1000);
    call?.send(call.picture(7200, [DELTA]));
    await until(() => viewer.units.length === 3, 'a third');
    await clock.advance(1900);
    expect(viewer.closed).toEqual([]);
  });

  it('stop() while it starts ends the attempt', async () => {
    const cam = await camera(on('DESCRIBE', () => ({ isSilent: true })));
    const viewer = view(cam.url);
    const starting = viewer.client.start();
    starting.catch(() => undefined);
    await until(() => cam.methods.includes('DESCRIBE'), 'DESCRIBE');
    await viewer.client.stop();
    await expect(starting).rejects.toMatchObject({ kind: 'unreachable' });
    expect(viewer.closed).toEqual([]);
  });
});
