import { AppError } from '../../src/base/errors.ts';
import { type Clip, listClips, loadClip } from './clip.ts';
import { type ClipOptions, completeClipOptions, DEFAULT_CLIP, DEFAULT_SUB_CLIP, halfSize } from './clip-options.ts';
import type { SoundCodec } from './clip-sound.ts';
import { type GenerateOptions, generateClip } from './generate.ts';
import { type PackingOptions, type PreparedClip, prepareClip } from './rtp/prepared-clip.ts';

export interface ClipLibraryOptions extends GenerateOptions {
  /** `false`: cameras have no sub stream. */
  readonly subClip: Partial<ClipOptions> | false;
  /** Plays the files in this folder, in turn, in place of generated clips. */
  readonly clipFolder: string | undefined;
}

/** Which camera asks, and what it is set to. */
export interface ClipRequest {
  /** From 0, of `count`. */
  readonly index: number;
  readonly count: number;
  readonly name: string;
  readonly clip: Partial<ClipOptions>;
  readonly packing: PackingOptions;
}

/** Another form of a camera's main picture, for the faults `change-format` and `stop-key-frames`. */
export interface Variant {
  readonly isSmaller: boolean;
  readonly hasFewKeys: boolean;
}

/** Up to so many cameras have a picture each with their own name; more share this number of pictures, to be quick to make. */
const MAX_NAMED_CLIPS = 8;
const SHARED_CLIPS = 4;
/** Degrees of hue between one camera's picture and the next: the golden angle, so that neighbours differ. */
const TINT_STEP = 137;
/** Longer than any fault in a test lasts, and short enough to be made while somebody waits. */
const FEW_KEYS_SECONDS = 60;

/** The clips of all cameras, each loaded and cut into packets once. */
export class ClipLibrary {
  readonly #options: ClipLibraryOptions;
  readonly #loaded = new Map<string, Promise<PreparedClip>>();
  #folder: Promise<string[]> | undefined;

  constructor(options: ClipLibraryOptions) {
    this.#options = options;
  }

  async main(request: ClipRequest): Promise<PreparedClip> {
    const path = await this.#pathInFolder(request.index);
    return path === undefined
      ? await this.#generate(request, completeClipOptions(request.clip))
      : await this.#load(path, request.packing);
  }

  /** Undefined when cameras have none. */
  async sub(request: ClipRequest): Promise<PreparedClip | undefined> {
    const { subClip } = this.#options;
    if (subClip === false) return undefined;
    // The sub stream plays the same file: own clips are played where there is no ffmpeg to make a smaller one.
    const path = await this.#pathInFolder(request.index);
    if (path !== undefined) return await this.#load(path, request.packing);
    const defaults = { ...DEFAULT_CLIP, ...request.clip, ...DEFAULT_SUB_CLIP };
    return await this.#generate(request, completeClipOptions(subClip, defaults));
  }

  /** Its parameter sets are in-band in any case: whoever knows those of the SDP must hear of a change (ONVIF Streaming, 5.1.2). */
  async variant(request: ClipRequest, variant: Variant): Promise<PreparedClip> {
    if (this.#options.clipFolder !== undefined) {
      throw new AppError('bad-input', `${request.name} plays a file, of which no other form can be made`);
    }
    const { isSmaller, hasFewKeys } = variant;
    const clip = completeClipOptions(request.clip);
    const wanted = {
      ...(isSmaller ? halfSize(clip) : clip),
      ...(hasFewKeys ? { keyIntervalSeconds: FEW_KEYS_SECONDS, lengthSeconds: FEW_KEYS_SECONDS, bFrames: 0 } : {}),
    };
    const parameterSets = request.packing.parameterSets === 'sdp' ? 'both' : request.packing.parameterSets;
    return await this.#generate({ ...request, packing: { ...request.packing, parameterSets } }, wanted);
  }

  async #pathInFolder(index: number): Promise<string | undefined> {
    const { clipFolder } = this.#options;
    if (clipFolder === undefined) return undefined;
    this.#folder ??= listClips(clipFolder);
    const paths = await this.#folder;
    return paths[index % paths.length]!;
  }

  async #generate({ index, count, name, packing }: ClipRequest, clip: ClipOptions): Promise<PreparedClip> {
    const isShared = count > MAX_NAMED_CLIPS;
    const picture = isShared ? index % SHARED_CLIPS : index;
    const label = isShared ? `Scene ${picture + 1}` : name;
    const path = await generateClip(label, (picture * TINT_STEP) % 360, clip, this.#options);
    return await this.#load(path, packing, clip.sound === 'none' ? undefined : clip.sound);
  }

  #load(path: string, packing: PackingOptions, sound?: SoundCodec): Promise<PreparedClip> {
    const key = JSON.stringify([path, packing, sound]);
    const known = this.#loaded.get(key);
    if (known) return known;
    const loading = loadClip(path, sound).then((clip: Clip) => prepareClip(clip, packing));
    this.#loaded.set(key, loading);
    return loading;
  }
}
