import { ManualClock } from '../../../src/base/clock.ts';
import { type AppError, isAppError } from '../../../src/base/errors.ts';
import { silentLog } from '../../../src/base/log.ts';
import { RtspClient, type RtspClientOptions, type RtspCounters } from '../../../src/protocols/rtsp/client-session.ts';
import type { MediaTransport } from '../../../src/protocols/rtsp/transport-choice.ts';
import type { Cuts } from './byte-writer.ts';
import { QuirkCamera } from './camera.ts';
import { describeFormats, describeUnit } from './describe.ts';
import type { CameraScript } from './script.ts';

export type ViewerOptions = Partial<
  Pick<RtspClientOptions, 'username' | 'password' | 'isBasicAllowed' | 'wantsAudio' | 'transport'>
>;

/** All that a neighbour of the client can observe of one session, in words that can be compared. */
export interface Seen {
  /** `key@0 SPS PPS IDR`, `unit@3600 DELTA after loss`, `sound@160 …`. */
  readonly units: string[];
  /** `h264 avc1.42C01E 640x480`, `h264 … + pcmu 8000/1`. */
  readonly formats: string[];
  /** `format` and the kind of each unit, in the order in which they came. */
  readonly order: string[];
  /** What the camera said about its clock: `video 3600 at 2026-01-01T00:00:00.000Z`. */
  readonly reports: string[];
  readonly counters: Omit<RtspCounters, 'bytesReceived'>;
  /** `SETUP rtsp://camera/live/track1`. */
  readonly requests: string[];
  /** Every line that the client sent, without what is drawn at random. */
  readonly lines: string[];
  /** Status codes that the camera got for its own questions. */
  readonly answers: number[];
  /** Receiver reports that the camera got inside of the connection. */
  readonly reportsSent: number;
  readonly connections: number;
  /** How media came in the end. */
  readonly transport: MediaTransport;
  /** `protocol: …`, where the start failed or the session ended by itself. */
  readonly failure: string | undefined;
  /** How long the goodbye took, by the clock that the script moves. */
  readonly stoppingMs: number;
}

export interface Watched {
  readonly seen: Seen;
  readonly boundaries: readonly number[];
}

const DRAWN_AT_RANDOM = /(cnonce|response|client_port)=["\d][\w-]+"?/g;

/** One session with a scripted camera, from the connection to TEARDOWN, on a clock that stands still unless the script moves it. */
export async function watch(script: CameraScript, viewer: ViewerOptions, cuts: Cuts): Promise<Watched> {
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const [units, formats, order, reports]: [string[], string[], string[], string[]] = [[], [], [], []];
  let failure: AppError | undefined;
  let onEnd: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    onEnd = resolve;
  });
  let client: RtspClient | undefined;
  const bytesRead = () => client?.counters.bytesReceived ?? 0;
  const camera = await new QuirkCamera({ script, clock, cuts, bytesRead }).start();
  const origin = new URL(camera.url).host;
  client = new RtspClient({
    url: camera.url,
    username: '',
    password: '',
    clock,
    log: silentLog,
    isBasicAllowed: true,
    connectTimeoutMs: 5000,
    silenceTimeoutMs: Number.POSITIVE_INFINITY,
    wantsAudio: true,
    onUnit: (unit) => {
      units.push(describeUnit(unit));
      order.push(unit.kind);
    },
    onFormat: (format) => {
      formats.push(describeFormats(format));
      order.push('format');
    },
    onSenderReport: ({ kind, rtpTime, ntpUtcMs }) => {
      reports.push(`${kind} ${rtpTime} at ${new Date(ntpUtcMs).toISOString()}`);
    },
    onClosed: (error) => {
      failure = error;
      onEnd();
    },
    ...viewer,
  });
  try {
    await client.start();
    await camera.settled();
    if (script.media?.flat().some((part) => !Buffer.isBuffer(part) && part.act === 'close')) await ended;
  } catch (error) {
    if (!isAppError(error)) throw error;
    failure = error;
  }
  // Answers to keep-alives may or may not have come.
  const { bytesReceived: _, ...counters } = client.counters;
  const stoppingFromMs = clock.monotonicMs();
  await client.stop();
  const stoppingMs = clock.monotonicMs() - stoppingFromMs;
  await camera.stop();
  await camera.settled();
  const name = (text: string) => text.replaceAll(origin, 'camera');
  const seen: Seen = {
    units,
    formats,
    order,
    reports,
    counters,
    requests: camera.requests.map(({ method, url }) => name(`${method} ${url}`)),
    lines: name(camera.text.replace(DRAWN_AT_RANDOM, '$1')).split('\r\n'),
    answers: camera.answers,
    reportsSent: camera.framesReceived,
    connections: camera.connections,
    transport: client.transportInUse,
    failure: failure === undefined ? undefined : name(`${failure.kind}: ${failure.message}`),
    stoppingMs,
  };
  return { seen, boundaries: camera.boundaries };
}
