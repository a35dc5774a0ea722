import fc from 'fast-check';
import { describe } from 'vitest';
import { ManualClock } from '../../src/base/clock.ts';
import { isAppError } from '../../src/base/errors.ts';
import { silentLog } from '../../src/base/log.ts';
import { Login } from '../../src/protocols/rtsp/login.ts';
import { MediaSession } from '../../src/protocols/rtsp/media-session.ts';
import { encodeInterleaved } from '../../src/protocols/rtsp/message.ts';
import { senderReport } from '../media/rtp/rtcp-packets.ts';
import { DELTA, IDR, PPS, SPS } from '../quirks/support/nals.ts';
import { Sender } from '../quirks/support/packets.ts';
import { VIDEO_SDP } from '../quirks/support/script.ts';
import { AAC_SDP, aacPacket } from '../quirks/support/sound.ts';
import { fuzzAsync } from './support/fuzz.ts';
import { HostileCamera } from './support/hostile-camera.ts';
import { type Edit, edit, edited, pieceSizes } from './support/mutations.ts';

const SDP = `${VIDEO_SDP}${AAC_SDP}`;
const CHALLENGES = [
  'Digest realm="cam", nonce="n1"',
  'Digest realm="a\rb", nonce="\u00e4", qop="auth", stale=true',
  'Basic realm="x"',
];

interface Turn {
  /** Damage to the answer. */
  readonly edits: readonly Edit[];
  /** Which challenge, where it is 401. */
  readonly challenge: number | undefined;
  /** Whether packets come behind it. */
  readonly hasMedia: boolean;
}

/** Mostly as a camera answers. */
const turn: fc.Arbitrary<Turn> = fc.record({
  edits: fc.oneof(
    { weight: 6, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(edit, { minLength: 1, maxLength: 3 }) },
  ),
  challenge: fc.oneof(
    { weight: 8, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.nat(CHALLENGES.length - 1) },
  ),
  hasMedia: fc.boolean(),
});

/** Pictures and sound, which go on where they were. */
class Media {
  readonly #video = new Sender();
  readonly #sound = new Sender({ channel: 2, payloadType: 97 });
  #time = 0;

  next(): Buffer {
    const time = this.#time;
    this.#time += 7200;
    return Buffer.concat([
      ...this.#video.picture(time, [SPS, PPS, IDR], { maxBytes: 8 }),
      aacPacket(this.#sound, time),
      encodeInterleaved(1, senderReport({ timestamp: time })),
      ...this.#video.picture(time + 3600, [DELTA]),
    ]);
  }
}

const input = fc.record({
  turns: fc.array(turn, { minLength: 1, maxLength: 10 }),
  sizes: pieceSizes,
  rest: fc.array(fc.array(edit, { maxLength: 4 }), { maxLength: 4 }),
});

describe('a session with a camera that answers anything', () => {
  fuzzAsync(
    'RTSP session',
    input,
    async ({ turns, sizes, rest }) => {
      const clock = new ManualClock(Date.UTC(2026, 0, 1));
      const media = new Media();
      const camera = new HostileCamera(
        (request, count) => answerTo(request, turns[count % turns.length]!, media),
        sizes,
      );
      const over = new AbortController();
      const login = new Login(
        { credentials: { username: 'u', password: 'p' }, isBasicAllowed: true, signal: over.signal },
        'camera',
      );
      let [units, lost] = [0, 0];
      const session = new MediaSession({
        ...{ carrier: camera, requestUrl: 'rtsp://camera/live', transport: 'tcp', login, clock, log: silentLog },
        ...{ connectTimeoutMs: 5000, wantsAudio: true },
        onFormat: () => undefined,
        onUnit: () => units++,
        onLost: () => lost++,
      });
      const opened = refused(session.open());
      await passTime(clock, camera, 20, 1000);
      const result = await opened;
      if (result?.kind === 'session') {
        const running = session.run().catch((error: unknown) => {
          if (lost === 0 && !hasEnded) throw error;
        });
        let hasEnded = false;
        for (const edits of rest) {
          await camera.send(edited(media.next(), edits));
          await passTime(clock, camera, 3, 15_000);
        }
        hasEnded = true;
        const leaving = session.leave();
        await passTime(clock, camera, 3, 1000);
        await leaving;
        await running;
      } else {
        const leaving = session.leave();
        await passTime(clock, camera, 3, 1000);
        await leaving;
      }
      if (camera.failure !== undefined) throw camera.failure;
      return units > 0;
    },
    0.2,
  );
});

/** What `work` comes to; undefined where it ends with an AppError, which is all that it may end with. */
async function refused<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (!isAppError(error)) throw error;
    return undefined;
  }
}

async function passTime(clock: ManualClock, camera: HostileCamera, steps: number, stepMs: number): Promise<void> {
  for (let i = 0; i < steps; i++) {
    await camera.settled();
    await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(stepMs);
  }
}

function answerTo(request: string, { edits, challenge, hasMedia }: Turn, media: Media): Buffer {
  const method = request.slice(0, request.indexOf(' '));
  const sequence = /CSeq: (\d+)/.exec(request)?.[1] ?? '0';
  const lines = [challenge === undefined ? 'RTSP/1.0 200 OK' : 'RTSP/1.0 401 No', `CSeq: ${sequence}`];
  if (challenge !== undefined) lines.push(`WWW-Authenticate: ${CHALLENGES[challenge]}`);
  if (method === 'OPTIONS') lines.push('Public: DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER');
  if (method === 'SETUP')
    lines.push('Session: 1;timeout=20', `Transport: ${/Transport: (.*)/.exec(request)?.[1]?.trim()}`);
  const body = method === 'DESCRIBE' && challenge === undefined ? SDP : '';
  if (body !== '') lines.push('Content-Base: rtsp://camera/live/', `Content-Length: ${body.length}`);
  const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1');
  return edited(hasMedia ? Buffer.concat([bytes, media.next()]) : bytes, edits);
}
