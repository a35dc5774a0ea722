import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { AppError, messageOf } from '../base/errors.ts';

export interface FfmpegPlaces {
  /** From the settings; when it is given, it is this one or none. */
  readonly configuredPath: string | null;
  /** What the optional package `ffmpeg-static` says; undefined when it is not installed. */
  readonly packaged?: () => Promise<string | undefined>;
  /** `PATH` of the environment. */
  readonly searchPath: string;
}

/**
 * The ffmpeg program, for pixels and exotic sound only: recording never needs it. Looked for as configured, then in
 * `ffmpeg-static`, then on PATH; throws with what cannot be done without it.
 */
export async function locateFfmpeg(places: FfmpegPlaces): Promise<string> {
  const { configuredPath, packaged = packagedFfmpeg, searchPath } = places;
  if (configuredPath !== null) {
    if (await isProgram(configuredPath)) return configuredPath;
    throw new AppError('not-found', `ffmpeg: ${configuredPath}, as configured, is not a program that can be run`);
  }
  const fromPackage = await packaged();
  if (fromPackage !== undefined && (await isProgram(fromPackage))) return fromPackage;
  for (const folder of searchPath.split(delimiter)) {
    if (folder !== '' && (await isProgram(join(folder, 'ffmpeg')))) return join(folder, 'ffmpeg');
  }
  throw new AppError(
    'not-found',
    'ffmpeg: not configured, not in ffmpeg-static, not on PATH; without it there are no previews and no conversions, recording and playback go on',
  );
}

/** The same for a page: the path, or in words what is missing. */
export async function ffmpegState(places: FfmpegPlaces): Promise<{ path: string | null; detail: string }> {
  try {
    return { path: await locateFfmpeg(places), detail: '' };
  } catch (error) {
    return { path: null, detail: messageOf(error) };
  }
}

async function packagedFfmpeg(): Promise<string | undefined> {
  // A name that the compiler does not look up: the package is optional, and downloads a program when it is installed.
  const name: string = 'ffmpeg-static';
  try {
    const found = (await import(name)) as { default?: unknown };
    return typeof found.default === 'string' ? found.default : undefined;
  } catch {
    return undefined; // not installed, which is what was asked
  }
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false; // not there or not ours to run: the same for whoever looks for one that works
  }
}
