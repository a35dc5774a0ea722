import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError, messageOf } from '../../src/base/errors.ts';
import { g726PathOf } from './clip.ts';
import type { ClipOptions } from './clip-options.ts';
import { fileSoundOf, g726CodeBits } from './clip-sound.ts';
import { defaultFfmpegPath, runFfmpeg } from './ffmpeg.ts';
import { drawLabel } from './label-image.ts';

export interface GenerateOptions {
  readonly ffmpegPath?: string | undefined;
  /** Clips stay here and are found again by what was asked for. Default: the user's cache folder. */
  readonly cacheFolder?: string | undefined;
}

/** Size of the clock that testsrc2 draws into the picture's corner. */
const CLOCK_CROP = '100:36:2:2';
/** So strong that every usual bit rate is used up: a flat test picture would need a tenth of what a real scene does. */
const NOISE = 'noise=alls=8:allf=t';
const SOUND_SOURCE = 'sine=frequency=440:beep_factor=4';

/** Encoders end a little above their target, and RTP adds its headers; the rate asked for is what is to be on the wire. */
const ENCODER_SHARE = 0.94;

/**
 * Path of a clip with the given name and a running clock burnt in; made by ffmpeg unless it is in the cache.
 * `tint` turns the colours, so that cameras can be told apart at a glance.
 */
export async function generateClip(
  label: string,
  tint: number,
  clip: ClipOptions,
  options: GenerateOptions = {},
): Promise<string> {
  const folder = options.cacheFolder ?? (await defaultCacheFolder());
  const args = encodeArguments(tint, clip);
  const codes = g726Arguments(clip.sound);
  const key = createHash('sha256')
    .update(JSON.stringify(codes.length > 0 ? [label, args, codes] : [label, args]))
    .digest('hex')
    .slice(0, 16);
  const fileSound = clip.sound === 'none' ? undefined : fileSoundOf(clip.sound);
  // PCM and MJPEG have no place in ffmpeg's MP4 that players share, but have one in QuickTime, which reads the same.
  const extension =
    fileSound === 'aac' || fileSound === 'opus' || (fileSound === undefined && clip.codec !== 'mjpeg') ? 'mp4' : 'mov';
  const path = join(folder, `${clip.codec}-${clip.width}x${clip.height}-${clip.mbps}M-${key}.${extension}`);
  if (await exists(path)) return path;

  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw new AppError('bad-input', `folder for generated clips ${folder}: ${messageOf(error)}`, { cause: error });
  });
  // Made under another name first: several simulators may want the same clip at once, and one may be stopped halfway.
  const draft = join(folder, `draft-${randomUUID()}.${extension}`);
  const image = drawLabel(label, Math.max(2, Math.round(clip.height / 120)));
  try {
    const outputs = [draft, ...(codes.length > 0 ? [...codes, g726PathOf(draft)] : [])];
    await runFfmpeg(options.ffmpegPath ?? defaultFfmpegPath(), [...args, ...outputs], image);
    // What the clip needs is there before the clip is.
    if (codes.length > 0) await rename(g726PathOf(draft), g726PathOf(path));
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
    await rm(g726PathOf(draft), { force: true });
  }
  return path;
}

function encodeArguments(tint: number, clip: ClipOptions): string[] {
  const { width, height, fps, lengthSeconds } = clip;
  const clockScale = Math.max(1, Math.round(height / 240));
  const filter = [
    `[0:v]split[picture][corner]`,
    `[corner]crop=${CLOCK_CROP},scale=iw*${clockScale}:-1:flags=neighbor[clock]`,
    `[picture]hue=h=${tint}:s=0.7,${NOISE}[scene]`,
    `[scene][clock]overlay=0:0[timed]`,
    `[timed][1:v]overlay=(W-w)/2:H-h-H/20,format=yuv420p[v]`,
  ].join(';');
  const source = `testsrc2=size=${width}x${height}:rate=${fps}:duration=${lengthSeconds}`;
  return [
    ...['-f', 'lavfi', '-i', source],
    ...['-f', 'image2pipe', '-c:v', 'pgm', '-i', 'pipe:0'],
    ...(clip.sound === 'none' ? [] : ['-f', 'lavfi', '-i', `${SOUND_SOURCE}:duration=${lengthSeconds}`]),
    ...['-filter_complex', filter, '-map', '[v]'],
    ...videoArguments(clip),
    ...soundArguments(clip.sound),
  ];
}

function videoArguments(clip: ClipOptions): string[] {
  const kbps = Math.round(clip.mbps * 1000 * ENCODER_SHARE);
  const gop = Math.max(1, Math.round(clip.keyIntervalSeconds * clip.fps));
  const slices = clip.slices > 1 ? `:slices=${clip.slices}` : '';
  const common = ['-preset', 'ultrafast', '-b:v', `${kbps}k`, '-maxrate', `${kbps}k`, '-bufsize', `${kbps}k`];
  switch (clip.codec) {
    case 'h264':
      return [
        ...['-c:v', 'libx264', ...common, '-minrate', `${kbps}k`],
        ...['-g', `${gop}`, '-keyint_min', `${gop}`, '-sc_threshold', '0', '-bf', `${clip.bFrames}`],
        ...['-x264-params', `nal-hrd=cbr${slices}`],
        ...(clip.declaredFps ? ['-bsf:v', `h264_metadata=tick_rate=${2 * clip.declaredFps}`] : []),
      ];
    case 'h265':
      // Closed groups of pictures: an open one would refer back over the loop's seam.
      return [
        ...['-c:v', 'libx265', ...common, '-tag:v', 'hvc1', '-x265-params'],
        `log-level=error:keyint=${gop}:min-keyint=${gop}:scenecut=0:open-gop=0:bframes=${clip.bFrames}${slices}`,
        ...(clip.declaredFps ? ['-bsf:v', `hevc_metadata=tick_rate=${clip.declaredFps}`] : []),
      ];
    case 'mjpeg':
      // RTP leaves the Huffman tables out: they have to be the usual ones.
      return ['-c:v', 'mjpeg', '-huffman', 'default', '-b:v', `${kbps}k`, '-threads:v', '1'];
  }
}

function soundArguments(sound: ClipOptions['sound']): string[] {
  const track = ['-map', '2:a', '-ac', '1', '-c:a'];
  switch (sound === 'none' ? undefined : fileSoundOf(sound)) {
    case 'aac':
      return [...track, 'aac', '-b:a', '32k', '-ar', '16000'];
    case 'opus':
      return [...track, 'libopus', '-b:a', '24k', '-ar', '48000'];
    case 'l16':
      return [...track, 'pcm_s16be', '-ar', '16000'];
    case 'pcmu':
      return [...track, 'pcm_mulaw', '-ar', '8000'];
    case 'pcma':
      return [...track, 'pcm_alaw', '-ar', '8000'];
    case undefined:
      return [];
  }
}

/** A second output for codes that no MP4 can hold; empty for all other sound. */
function g726Arguments(sound: ClipOptions['sound']): string[] {
  const bits = g726CodeBits(sound);
  if (bits === undefined) return [];
  // RFC 3551 puts the first code into the low bits of a byte, ITU-T I.366.2 (AAL2) into the high ones.
  const form = sound.startsWith('aal2-') ? 'g726' : 'g726le';
  return ['-map', '2:a', '-ac', '1', '-ar', '8000', '-c:a', form, '-b:a', `${bits * 8}k`, '-f', form];
}

async function defaultCacheFolder(): Promise<string> {
  const home = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const folder = join(home, 'holdfast', 'clips');
  try {
    await mkdir(folder, { recursive: true });
    return folder;
  } catch {
    return join(tmpdir(), 'holdfast-clips'); // a service account may have no home that it can write to
  }
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
