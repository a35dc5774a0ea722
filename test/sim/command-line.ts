import { parseArgs } from 'node:util';
import { AppError, messageOf } from '../../src/base/errors.ts';
import type { ClipOptions } from './clip-options.ts';
import { SOUND_CODECS } from './clip-sound.ts';
import type { SimulatorOptions } from './simulator.ts';

export interface CommandLine {
  readonly simulator: SimulatorOptions;
  /** Port of the HTTP control interface, 0 for any free one; undefined for none. */
  readonly controlPort: number | undefined;
  readonly isJson: boolean;
  readonly wantsHelp: boolean;
}

export const USAGE = `scripts/simulate [options]: network cameras for tests and demonstrations, each at a loopback address of its own

  --cameras N          how many (default 1): 127.0.1.1, 127.0.1.2, ...
  --first N            number of the first camera (default 1)
  --port PORT          RTSP port of all of them (default 8554; 0: a free one each)
  --codec h264|h265|mjpeg   (default h264)
  --size WxH           (default 1280x720)
  --fps N              (default 25)
  --declared-fps N     what the stream says of itself, whatever --fps is
  --mbps N             bit rate of the picture (default 2)
  --key-interval S     seconds between key frames (default 2)
  --b-frames N         in a row (default 0)
  --slices N           of each picture (default 1)
  --audio CODEC        (default none; aac, aac-adts, aac-latm, pcmu, pcma, l16, pcm, opus,
                       g726-16 to g726-40, aal2-g726-32)
  --length S           seconds until the clip repeats (default 10, or one key interval)
  --no-sub             no sub stream
  --clips FOLDER       play the MP4 and MOV files in this folder, in turn, instead
  --user U --password P
  --auth basic|digest|both     what the cameras offer (default both)
  --digest md5|sha-256|both    (default md5)
  --qop                digest asks for qop="auth"
  --nonce-seconds S    after which a nonce is stale (default: never)
  --redirect           DESCRIBE is answered with another address
  --tls                the cameras speak TLS (rtsps), each with a self-signed certificate
  --transport any|tcp|udp      what SETUP is granted (default any); else it is answered 461
  --udp-quirk no-server-port|nothing-sent
  --max-sessions N     clients at a time; more are answered 453
  --sessions-outlive   sessions over UDP go on without their connection, for 60 s
  --start-anywhere     begin with whatever comes next, not with a key frame
  --parameter-sets both|in-band|sdp   (default both)
  --markers frame|none|every-nal      where RTP's marker is set (default frame)
  --drift PPM          how much faster the cameras' quartz runs (default 0)
  --clock-offset S     what their time of day is ahead (default 0)
  --counted-timestamps RTP time counts frames at the declared rate
  --no-sender-reports
  --control PORT       HTTP control interface on 127.0.0.1 (0: a free port)
  --ffmpeg PATH        (default: HOLDFAST_FFMPEG, then ffmpeg on the PATH)
  --cache FOLDER       where generated clips are kept
  --json               one line of JSON instead of addresses, once all cameras listen

While it runs, type: help, list, counters, fault N KIND ..., clear N [KIND], quit`;

/** Throws an AppError of kind `bad-input` that names the option. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const { values } = parse(args);
  const { user, password } = values;
  if ((user === undefined) !== (password === undefined)) {
    throw new AppError('bad-input', '--user and --password go together');
  }
  return {
    simulator: {
      cameras: numberOf('--cameras', values.cameras) ?? 1,
      firstCamera: numberOf('--first', values.first),
      port: numberOf('--port', values.port),
      clip: clipOf(values),
      subClip: values['no-sub'] ? false : {},
      clipFolder: values.clips,
      credentials: user !== undefined && password !== undefined ? { user, password } : undefined,
      authScheme: choiceOf('--auth', values.auth, ['basic', 'digest', 'both'] as const),
      digest: choiceOf('--digest', values.digest, ['md5', 'sha-256', 'both'] as const),
      hasQop: values.qop === true,
      nonceSeconds: numberOf('--nonce-seconds', values['nonce-seconds']),
      redirects: values.redirect === true,
      isEncrypted: values.tls === true,
      transport: choiceOf('--transport', values.transport, ['any', 'tcp', 'udp'] as const),
      udpQuirk: choiceOf('--udp-quirk', values['udp-quirk'], ['no-server-port', 'nothing-sent'] as const),
      maxSessions: numberOf('--max-sessions', values['max-sessions']),
      sessionsOutlive: values['sessions-outlive'] === true,
      startAtKey: !values['start-anywhere'],
      parameterSets: choiceOf('--parameter-sets', values['parameter-sets'], ['both', 'in-band', 'sdp'] as const),
      markers: choiceOf('--markers', values.markers, ['frame', 'none', 'every-nal'] as const),
      driftPpm: numberOf('--drift', values.drift),
      clockOffsetSeconds: numberOf('--clock-offset', values['clock-offset']),
      hasCountedTimestamps: values['counted-timestamps'] === true,
      hasSenderReports: !values['no-sender-reports'],
      ffmpegPath: values.ffmpeg,
      cacheFolder: values.cache,
    },
    controlPort: numberOf('--control', values.control),
    isJson: values.json === true,
    wantsHelp: values.help === true,
  };
}

type Values = ReturnType<typeof parse>['values'];

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        cameras: { type: 'string' },
        first: { type: 'string' },
        port: { type: 'string' },
        codec: { type: 'string' },
        size: { type: 'string' },
        fps: { type: 'string' },
        'declared-fps': { type: 'string' },
        mbps: { type: 'string' },
        'key-interval': { type: 'string' },
        'b-frames': { type: 'string' },
        slices: { type: 'string' },
        audio: { type: 'string' },
        length: { type: 'string' },
        'no-sub': { type: 'boolean' },
        clips: { type: 'string' },
        user: { type: 'string' },
        password: { type: 'string' },
        auth: { type: 'string' },
        digest: { type: 'string' },
        qop: { type: 'boolean' },
        'nonce-seconds': { type: 'string' },
        redirect: { type: 'boolean' },
        tls: { type: 'boolean' },
        transport: { type: 'string' },
        'udp-quirk': { type: 'string' },
        'max-sessions': { type: 'string' },
        'sessions-outlive': { type: 'boolean' },
        'start-anywhere': { type: 'boolean' },
        'parameter-sets': { type: 'string' },
        markers: { type: 'string' },
        drift: { type: 'string' },
        'clock-offset': { type: 'string' },
        'counted-timestamps': { type: 'boolean' },
        'no-sender-reports': { type: 'boolean' },
        control: { type: 'string' },
        ffmpeg: { type: 'string' },
        cache: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new AppError('bad-input', messageOf(error), { cause: error });
  }
}

function clipOf(values: Values): Partial<ClipOptions> {
  const size = values.size === undefined ? undefined : /^(\d+)x(\d+)$/.exec(values.size);
  if (size === null) throw new AppError('bad-input', `--size is ${values.size}, expected WIDTHxHEIGHT as in 1280x720`);
  const clip = {
    codec: choiceOf('--codec', values.codec, ['h264', 'h265', 'mjpeg'] as const),
    width: size && Number(size[1]),
    height: size && Number(size[2]),
    fps: numberOf('--fps', values.fps),
    declaredFps: numberOf('--declared-fps', values['declared-fps']),
    mbps: numberOf('--mbps', values.mbps),
    keyIntervalSeconds: numberOf('--key-interval', values['key-interval']),
    bFrames: numberOf('--b-frames', values['b-frames']),
    slices: numberOf('--slices', values.slices),
    sound: choiceOf('--audio', values.audio, ['none', ...SOUND_CODECS] as const),
    lengthSeconds: numberOf('--length', values.length),
  };
  return Object.fromEntries(Object.entries(clip).filter(([, value]) => value !== undefined));
}

function numberOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^-?\d+(\.\d+)?$/.test(text)) throw new AppError('bad-input', `${option} is ${text}, expected a number`);
  return Number(text);
}

function choiceOf<Choice extends string>(
  option: string,
  text: string | undefined,
  choices: readonly Choice[],
): Choice | undefined {
  if (text === undefined) return undefined;
  const choice = choices.find((candidate) => candidate === text);
  if (choice === undefined) throw new AppError('bad-input', `${option} is ${text}, allowed: ${choices.join(', ')}`);
  return choice;
}
