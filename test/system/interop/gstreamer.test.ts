import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { findDecodeError } from '../../../scripts/lib/decode-check.ts';
import { readFootage } from '../../../scripts/lib/footage.ts';
import { followRecorder, type RecorderFacts } from '../../../scripts/lib/recorder-facts.ts';
import { createStack, type Stack } from '../../../scripts/lib/stack.ts';
import { waitFor } from '../../../scripts/lib/wait-for.ts';
import { countStored } from './count-stored.ts';
import { FRAMES_PER_SECOND, type GstCamera, pipelineOf } from './gst-cameras.ts';
import { type GstServer, startGstServer, whyNoGstServer } from './gst-server.ts';

const SECONDS = 60;
const SECONDS_OVER_TLS = 10;
/** From the start of the server to its first frame, on a busy machine. */
const START_SECONDS = 40;
const [USER, PASSWORD] = ['operator', 'p@ss "word": ü'];

const CAMERAS: readonly GstCamera[] = [
  { name: 'H.264 and AAC over TCP', video: 'h264', audio: 'aac', transport: 'tcp' },
  { name: 'H.264 and G.711 mu-law over UDP', video: 'h264', audio: 'pcmu', transport: 'udp' },
  { name: 'H.265 and G.711 A-law over TCP', video: 'h265', audio: 'pcma', transport: 'tcp' },
  { name: 'H.265 and AAC over UDP', video: 'h265', audio: 'aac', transport: 'udp' },
  { name: 'Motion JPEG over TCP', video: 'mjpeg', audio: undefined, transport: 'tcp' },
  { name: 'Motion JPEG and linear PCM over UDP', video: 'mjpeg', audio: 'l16', transport: 'udp' },
  { name: 'H.264 and Opus through an HTTP tunnel', video: 'h264', audio: 'opus', transport: 'http' },
  { name: 'H.264 and LATM, left to choose', video: 'h264', audio: 'latm', transport: 'auto' },
];
const TLS_CAMERAS: readonly GstCamera[] = [
  { name: 'H.264 and AAC over TLS', video: 'h264', audio: 'aac', transport: 'auto' },
  { name: 'H.264 through an HTTP tunnel over TLS', video: 'h264', audio: undefined, transport: 'http' },
];

interface Outcome {
  readonly name: string;
  readonly frames: number;
  readonly hasItsSound: boolean;
  readonly errors: readonly string[];
}

let server: GstServer | undefined;
let stack: Stack | undefined;
let facts: RecorderFacts | undefined;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-interop-'));
});
afterEach(async () => {
  facts?.stop();
  await stack?.stop();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe("GStreamer's RTSP server, with digest authentication", () => {
  it(`is recorded for ${SECONDS} s: every frame that it sent, each decodes`, async (ctx) => {
    const { sent, outcome } = await recordAll(ctx, CAMERAS, SECONDS, null);
    expect(outcome).toEqual(CAMERAS.map((camera, i) => wholeOutcome(camera, sent[i]!)));
  });

  it(`is recorded for ${SECONDS_OVER_TLS} s over TLS`, async (ctx) => {
    const { sent, outcome } = await recordAll(ctx, TLS_CAMERAS, SECONDS_OVER_TLS, selfSignedCertificate(folder));
    expect(outcome).toEqual(TLS_CAMERAS.map((camera, i) => wholeOutcome(camera, sent[i]!)));
  });
});

function wholeOutcome({ name }: GstCamera, frames: number): Outcome {
  return { name, frames, hasItsSound: true, errors: [] };
}

/** All cameras at once, until each has sent what it has to send; then the recorder is stopped, and the files are looked at. */
async function recordAll(
  ctx: TestContext,
  cameras: readonly GstCamera[],
  seconds: number,
  certificate: string | null,
): Promise<{ sent: number[]; outcome: Outcome[] }> {
  const reason = whyNoGstServer();
  if (reason !== undefined) {
    console.log(`skipped: ${reason}`);
    ctx.skip(reason);
  }
  const mountOf = (index: number) => `/camera${index + 1}`;
  const mounts = Object.fromEntries(cameras.map((camera, i) => [mountOf(i), pipelineOf(camera, seconds)]));
  const gstServer = await startGstServer({ user: USER, password: PASSWORD, certificate, mounts });
  server = gstServer;
  const address = `${certificate === null ? 'rtsp' : 'rtsps'}://127.0.0.1:${gstServer.port}`;
  const appliance = await createStack({
    folder,
    channels: cameras.map(({ name, transport }, i) => {
      return { name, url: address + mountOf(i), username: USER, password: PASSWORD, transport };
    }),
    settings: { segmentMinutes: 20 / 60 },
  });
  stack = appliance;
  const recorder = followRecorder(appliance.stateDir);
  facts = recorder;
  await appliance.start();

  const sent = await waitFor('every camera has sent all its frames', (seconds + START_SECONDS) * 1000, () => {
    const counts = cameras.map((_, i) => gstServer.framesSent(mountOf(i), 'video'));
    const late = counts.indexOf(undefined);
    if (late === -1) return counts as number[];
    const state = recorder.channels.get(appliance.channels[late]!.id);
    throw new Error(`${cameras[late]!.name}: ${state?.state} (${state?.cause}: ${state?.detail})`);
  });
  // At its end the server keeps a frame or two to itself.
  for (const count of sent) expect(count).toBeGreaterThan((seconds - 0.5) * FRAMES_PER_SECOND);
  // The last frames may still be on their way. Should one be lost, the counts below tell which channel's.
  const isWritten = () => {
    const rates = recorder.rates.at(-1)?.channels ?? [];
    return appliance.channels.every(({ id }, i) => {
      return (rates.find(({ channelId }) => channelId === id)?.framesWritten ?? 0) >= sent[i]!;
    });
  };
  await waitFor('the recorder has written them', 15_000, isWritten).catch(() => undefined);
  await appliance.stop();

  const footage = await readFootage(appliance.bays.map((bay) => bay.path));
  const outcome: Outcome[] = [];
  for (const [i, camera] of cameras.entries()) {
    const paths = (footage.get(appliance.channels[i]!.id)?.files ?? []).map(({ path }) => path);
    outcome.push(await judge(camera, paths, seconds));
  }
  return { sent, outcome };
}

async function judge({ name, audio }: GstCamera, paths: readonly string[], seconds: number): Promise<Outcome> {
  let frames = 0;
  let audioSeconds = 0;
  const errors: string[] = [];
  for (const path of paths) {
    const stored = await countStored(path);
    frames += stored.frames;
    audioSeconds += stored.audioSeconds;
    const error = await findDecodeError(path);
    if (error !== undefined) errors.push(error);
  }
  // Sound is kept between the first and the last picture only: packets at both ends may have none.
  const hasItsSound = audio === undefined ? audioSeconds === 0 : Math.abs(audioSeconds - seconds) < 1;
  return { name, frames, hasItsSound, errors };
}

/** Key and certificate in one text. */
function selfSignedCertificate(into: string): string {
  const key = join(into, 'camera.key');
  const subject = ['-subj', '/CN=camera', '-days', '2'];
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, ...subject];
  const certificate = execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return readFileSync(key, 'utf8') + certificate;
}
