import { type Clip, listClips, loadClip } from './clip.ts';
import { type ClipOptions, completeClipOptions, DEFAULT_CLIP, DEFAULT_SUB_CLIP } from './clip-options.ts';
import { type GenerateOptions, generateClip } from './generate.ts';
import { type PreparedClip, prepareClip } from './rtp/prepared-clip.ts';

export interface ClipLibraryOptions extends GenerateOptions {
  readonly clip: Partial<ClipOptions>;
  /** `false`: cameras have no sub stream. */
  readonly subClip: Partial<ClipOptions> | false;
  /** Plays the files in this folder, in turn, in place of generated clips. */
  readonly clipFolder: string | undefined;
  readonly hasInBandSets: boolean;
}

/** Up to so many cameras have a picture each with their own name; more share this number of pictures, to be quick to make. */
const MAX_NAMED_CLIPS = 8;
const SHARED_CLIPS = 4;
/** Degrees of hue between one camera's picture and the next: the golden angle, so that neighbours differ. */
const TINT_STEP = 137;

/** The clips of all cameras, each loaded and cut into packets once. */
export class ClipLibrary {
  readonly #options: ClipLibraryOptions;
  readonly #main: ClipOptions;
  readonly #sub: ClipOptions | undefined;
  readonly #loaded = new Map<string, Promise<PreparedClip>>();
  #folder: Promise<string[]> | undefined;

  constructor(options: ClipLibraryOptions) {
    this.#options = options;
    this.#main = completeClipOptions(options.clip);
    this.#sub =
      options.subClip === false
        ? undefined
        : completeClipOptions(options.subClip, { ...DEFAULT_CLIP, ...options.clip, ...DEFAULT_SUB_CLIP });
  }

  /** The clips for camera `index` (from 0) of `count`. */
  async clipsFor(
    index: number,
    count: number,
    name: string,
  ): Promise<{ main: PreparedClip; sub: PreparedClip | undefined }> {
    const { clipFolder } = this.#options;
    if (clipFolder !== undefined) {
      this.#folder ??= listClips(clipFolder);
      const paths = await this.#folder;
      // The sub stream plays the same file: own clips are played where there is no ffmpeg to make a smaller one.
      const clip = await this.#load(paths[index % paths.length]!);
      return { main: clip, sub: this.#sub && clip };
    }
    return { main: await this.#generate(index, count, name, this.#main), sub: await this.#subClip(index, count, name) };
  }

  #subClip(index: number, count: number, name: string): Promise<PreparedClip> | undefined {
    return this.#sub && this.#generate(index, count, name, this.#sub);
  }

  async #generate(index: number, count: number, name: string, clip: ClipOptions): Promise<PreparedClip> {
    const isShared = count > MAX_NAMED_CLIPS;
    const picture = isShared ? index % SHARED_CLIPS : index;
    const label = isShared ? `Scene ${picture + 1}` : name;
    return await this.#load(await generateClip(label, (picture * TINT_STEP) % 360, clip, this.#options));
  }

  #load(path: string): Promise<PreparedClip> {
    const known = this.#loaded.get(path);
    if (known) return known;
    const loading = loadClip(path).then((clip: Clip) => prepareClip(clip, this.#options.hasInBandSets));
    this.#loaded.set(path, loading);
    return loading;
  }
}
