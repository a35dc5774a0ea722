import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { ClipOptions } from './clip-options.ts';
import { defaultFfmpegPath } from './ffmpeg.ts';
import { readFrameNumbersFromMp4 } from './frame-numbers.ts';
import { startSimulator } from './simulator.ts';
import { SMALL_CLIP, TEST_CACHE } from './test-clips.ts';

const run = promisify(execFile);
const CLIPS: [string, Partial<ClipOptions>][] = [
  ['H.264', {}],
  ['H.264 with B-frames and AAC', { bFrames: 2, sound: 'aac' }],
  ['H.264 with PCMU', { sound: 'pcmu' }],
  ['H.264 with PCMA', { sound: 'pcma' }],
  ['H.265', { codec: 'h265' }],
  ['H.265 with B-frames and AAC', { codec: 'h265', bFrames: 2, sound: 'aac' }],
];

describe('ffmpeg decodes a camera over the loop without an error', () => {
  test.concurrent.each(CLIPS)('%s', async (_name, clip) => {
    const result = await withFfmpeg(clip, ['-xerror'], ['-f', 'null', '-']);
    expect(result.stderr).toBe('');
    expect(result.framesSent).toBeGreaterThanOrEqual(70);
  });
});

// Without -xerror: when it copies, ffmpeg finds fault with its own guess at the first frames' decoding times, as with every camera.
describe('what ffmpeg records has the numbers of the frames that were sent', () => {
  test.concurrent.each([
    ['plain MP4 of H.264', {}, []],
    ['fragmented MP4 of H.264', {}, ['-movflags', 'frag_keyframe+empty_moov+default_base_moof']],
    ['plain MP4 of H.265 with B-frames', { codec: 'h265', bFrames: 2 }, []],
    ['fragmented MP4 of H.265 with AAC', { codec: 'h265', sound: 'aac' }, ['-movflags', 'frag_every_frame+empty_moov']],
  ] as [string, Partial<ClipOptions>, string[]][])('%s', async (_name, clip, flags) => {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-sim-'));
    try {
      const path = join(folder, 'recorded.mp4');
      const { first, number } = await withFfmpeg(clip, [], ['-c', 'copy', ...flags, path]);
      const { camera, frames, unnumbered } = await readFrameNumbersFromMp4(path);
      expect([camera, unnumbered]).toEqual([number, 0]);
      expect(frames.length).toBeGreaterThan(60);
      expect(frames).toEqual(frames.map((_, i) => first + i));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('over other transports', () => {
  test.concurrent.each([
    ['udp', false],
    ['http', false],
    ['tcp', true],
  ])('ffmpeg decodes %s without an error, encrypted: %s', async (transport, isEncrypted) => {
    const result = await withFfmpeg({ sound: 'aac' }, ['-xerror'], ['-f', 'null', '-'], { transport, isEncrypted });
    expect(result.stderr).toBe('');
    expect(result.framesSent).toBeGreaterThanOrEqual(70);
    expect(result.transport).toBe(transport);
  });

  test.concurrent('ffmpeg follows a camera to where it redirects', async () => {
    const where = { transport: 'tcp', isEncrypted: false, redirects: true };
    const result = await withFfmpeg({}, ['-xerror'], ['-f', 'null', '-'], where);
    expect(result.stderr).toBe('');
    expect(result.framesSent).toBeGreaterThanOrEqual(70);
  });

  test.concurrent.for(['udp', 'tcp', 'http'])(
    'GStreamer records over %s all that was sent, and reports',
    async (protocol, { skip }) => {
      const whyNot = await whyNoGStreamer();
      if (whyNot) skip(whyNot);
      const { frames, session } = await withGStreamer(protocol);
      expect(frames.length).toBeGreaterThan(150);
      expect(frames).toEqual(frames.map((_, i) => session.firstFrame! + i));
      expect(session.transport).toBe(protocol);
      expect(session.receiverReports).toBeGreaterThan(0);
      expect(session.lastReports.video!.packetsLost).toBeLessThanOrEqual(0); // GStreamer counts from the second packet on
    },
  );
});

interface Where {
  transport: string;
  isEncrypted: boolean;
  redirects?: boolean;
}

let nextNumber = 1;

/** Records 200 frames; its first report comes after some 5 s. */
async function withGStreamer(protocol: string) {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-sim-'));
  const simulator = await startSimulator({
    ...{ cameras: 1, firstCamera: nextNumber++, port: 0, subClip: false, cacheFolder: TEST_CACHE, clip: SMALL_CLIP },
  });
  try {
    const camera = simulator.cameras[0]!;
    const path = join(folder, 'recorded.mp4');
    const source =
      protocol === 'http'
        ? `rtspsrc location=${camera.url.replace('rtsp:', 'rtsph:')}`
        : `rtspsrc location=${camera.url} protocols=${protocol}`;
    const sink = `rtph264depay ! h264parse ! identity eos-after=200 ! mp4mux ! filesink location=${path}`;
    await run('gst-launch-1.0', ['-q', '-e', ...`${source} ! ${sink}`.split(' ')]);
    const { frames } = await readFrameNumbersFromMp4(path);
    return { frames, session: camera.counters().main.sessions[0]! };
  } finally {
    await simulator.stop();
    await rm(folder, { recursive: true });
  }
}

async function whyNoGStreamer(): Promise<string | undefined> {
  return await run('gst-inspect-1.0', ['rtspsrc']).then(
    () => undefined,
    () => 'needs GStreamer with rtspsrc (Debian: gstreamer1.0-tools, gstreamer1.0-plugins-good and -bad)',
  );
}

/** Runs ffmpeg for 3 s of a camera with credentials, whose timestamps wrap meanwhile. */
async function withFfmpeg(
  clip: Partial<ClipOptions>,
  global: string[],
  output: string[],
  { transport, isEncrypted, redirects }: Where = { transport: 'tcp', isEncrypted: false },
) {
  const number = nextNumber++;
  const simulator = await startSimulator({
    ...{ cameras: 1, firstCamera: number, port: 0, subClip: false, cacheFolder: TEST_CACHE },
    clip: { ...SMALL_CLIP, ...clip },
    ...{ isEncrypted, redirects },
    credentials: { user: 'admin', password: 'p@ss' },
    // Wraps after some frames, and none of them has timestamp 0 or 2^32 - 1: ffmpeg takes both for none.
    firstTimestamp: 2 ** 32 - 150_000,
  });
  try {
    const camera = simulator.cameras[0]!;
    const input = ['-rtsp_transport', transport, '-i', camera.urlWithCredentials];
    const { stderr } = await run(defaultFfmpegPath(), [
      '-nostdin',
      '-v',
      'error',
      ...global,
      ...input,
      '-t',
      '3',
      ...output,
    ]).catch((error: { stderr: string }) => ({ stderr: error.stderr }));
    const { framesSent, sessions } = camera.counters().main;
    return { number, stderr, framesSent, first: sessions[0]!.firstFrame!, transport: sessions[0]!.transport };
  } finally {
    await simulator.stop();
  }
}
