import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { findDecodeError } from '../../../scripts/lib/decode-check.ts';
import { readFootage } from '../../../scripts/lib/footage.ts';
import { followRecorder, type RecorderFacts } from '../../../scripts/lib/recorder-facts.ts';
import { createStack, type Stack } from '../../../scripts/lib/stack.ts';
import { waitFor } from '../../../scripts/lib/wait-for.ts';
import { countStored } from './count-stored.ts';
import { FRAMES_PER_SECOND, type GstCamera, pipelineOf } from './gst-cameras.ts';
import { type GstServer, startGstServer, whyNoGstServer } from './gst-server.ts';

const SECONDS = 60;
const [USER, PASSWORD] = ['operator', 'p@ss "word": ü'];

const CAMERAS: readonly GstCamera[] = [
  { name: 'H.264 and AAC over TCP', video: 'h264', audio: 'aac', transport: 'tcp' },
  { name: 'H.264 and G.711 mu-law over UDP', video: 'h264', audio: 'pcmu', transport: 'udp' },
  { name: 'H.265 and G.711 A-law over TCP', video: 'h265', audio: 'pcma', transport: 'tcp' },
  { name: 'H.265 and AAC over UDP', video: 'h265', audio: 'aac', transport: 'udp' },
  { name: 'Motion JPEG over TCP', video: 'mjpeg', audio: undefined, transport: 'tcp' },
  { name: 'Motion JPEG over UDP', video: 'mjpeg', audio: undefined, transport: 'udp' },
  { name: 'H.264 and Opus through an HTTP tunnel', video: 'h264', audio: 'opus', transport: 'http' },
  { name: 'H.264 and LATM, left to choose', video: 'h264', audio: 'latm', transport: 'auto' },
];

let server: GstServer | undefined;
let stack: Stack | undefined;
let facts: RecorderFacts | undefined;
let folder: string | undefined;

afterEach(async () => {
  facts?.stop();
  await stack?.stop();
  await server?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

describe("GStreamer's RTSP server, with digest authentication", () => {
  it(`is recorded for ${SECONDS} s: every frame that it sent, each decodes`, async (ctx) => {
    const reason = whyNoGstServer();
    if (reason !== undefined) {
      console.log(`skipped: ${reason}`);
      ctx.skip(reason);
    }
    const mountOf = (index: number) => `/camera${index + 1}`;
    const mounts = Object.fromEntries(CAMERAS.map((camera, i) => [mountOf(i), pipelineOf(camera, SECONDS)]));
    server = await startGstServer({ user: USER, password: PASSWORD, certificate: null, mounts });
    folder = await mkdtemp(join(tmpdir(), 'holdfast-interop-'));
    stack = await createStack({
      folder,
      channels: CAMERAS.map(({ name, transport }, i) => ({
        name,
        url: `rtsp://127.0.0.1:${server!.port}${mountOf(i)}`,
        username: USER,
        password: PASSWORD,
        transport,
      })),
      settings: { segmentMinutes: 20 / 60 },
    });
    facts = followRecorder(stack.stateDir);
    await stack.start();

    const sent = await waitFor('every camera has sent all its frames', (SECONDS + 40) * 1000, () => {
      const counts = CAMERAS.map((_, i) => server!.framesSent(mountOf(i), 'video'));
      const late = counts.indexOf(undefined);
      if (late === -1) return counts as number[];
      const state = facts!.channels.get(stack!.channels[late]!.id);
      throw new Error(`${CAMERAS[late]!.name}: ${state?.state} (${state?.cause}: ${state?.detail})`);
    });
    // At its end the server keeps a frame or two to itself.
    for (const count of sent) expect(count).toBeGreaterThan(SECONDS * FRAMES_PER_SECOND - FRAMES_PER_SECOND / 2);
    // The last frames may still be on their way; a frame that was lost is told by the counts below.
    const settled = () =>
      stack!.channels.every((channel, i) => {
        const rates = facts!.rates.at(-1)?.channels.find(({ channelId }) => channelId === channel.id);
        return rates !== undefined && rates.framesWritten + rates.framesDropped >= sent[i]!;
      });
    await waitFor('the recorder has written them', 15_000, settled).catch(() => undefined);
    await stack.stop();

    const footage = await readFootage(stack.bays.map((bay) => bay.path));
    const outcome = [];
    for (const [i, camera] of CAMERAS.entries()) {
      const files = footage.get(stack.channels[i]!.id)?.files ?? [];
      const stored = { video: 0, audioSeconds: 0 };
      const errors: string[] = [];
      for (const { path } of files) {
        const counted = await countStored(path);
        stored.video += counted.frames;
        stored.audioSeconds += counted.audioSeconds;
        const error = await findDecodeError(path);
        if (error !== undefined) errors.push(error);
      }
      // Sound begins with the first picture and ends with the last: packets at both ends may have none.
      const hasItsSound = camera.audio === undefined || Math.abs(stored.audioSeconds - SECONDS) < 1;
      outcome.push({ name: camera.name, frames: stored.video, hasItsSound, errors });
    }
    expect(outcome).toEqual(CAMERAS.map(({ name }, i) => ({ name, frames: sent[i], hasItsSound: true, errors: [] })));
  });
});
