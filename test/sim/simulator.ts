import { type Clock, systemClock } from '../../src/base/clock.ts';
import { AppError } from '../../src/base/errors.ts';
import { SimulatedCamera } from './camera.ts';
import type { CameraOptions } from './camera-options.ts';
import { ClipLibrary } from './clip-library.ts';
import type { ClipOptions } from './clip-options.ts';
import { DEFAULT_PACKING } from './rtp/prepared-clip.ts';

export interface SimulatorOptions extends CameraOptions {
  readonly cameras: number;
  /** What differs from camera to camera, in their order. */
  readonly each?: readonly CameraOptions[] | undefined;
  /** The same for all cameras, each at its own address; 0 gives each a free one. Default 8554. */
  readonly port?: number | undefined;
  /** Number of the first camera, which chooses its address. Default 1. */
  readonly firstCamera?: number | undefined;
  /** `false`: no sub streams. */
  readonly subClip?: Partial<ClipOptions> | false | undefined;
  /** Plays the MP4 and MOV files in this folder, in turn. */
  readonly clipFolder?: string | undefined;
  readonly ffmpegPath?: string | undefined;
  readonly cacheFolder?: string | undefined;
  readonly clock?: Clock | undefined;
}

export interface Simulator {
  readonly cameras: readonly SimulatedCamera[];
  camera(number: number): SimulatedCamera;
  stop(): Promise<void>;
}

export const DEFAULT_PORT = 8554;
/** 127.0.1.1 to 127.0.255.254. One process is at the end of its core long before. */
export const MAX_CAMERAS = 254;
/** Half of the shortest time between two frames of one camera would do; this also keeps bursts of many cameras apart. */
const TICK_MS = 5;
const EXPIRY_INTERVAL_MS = 1_000;
/** Cameras begin one after the other within this time, so that neither frames nor key frames of all come at once. */
const PHASE_SPREAD_MS = 2_000;
/** Frame times are spread too: a step that is no multiple of a usual frame's duration. */
const PHASE_STEP_MS = 7;

/** Starts any number of cameras in this process. Resolves when all of them listen. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const first = options.firstCamera ?? 1;
  checkWhole('cameras', options.cameras, 1, MAX_CAMERAS);
  checkWhole('first camera', first, 1, 64 * MAX_CAMERAS);
  checkWhole('port', options.port ?? DEFAULT_PORT, 0, 65_535);
  const library = new ClipLibrary({
    subClip: options.subClip ?? {},
    clipFolder: options.clipFolder,
    ffmpegPath: options.ffmpegPath,
    cacheFolder: options.cacheFolder,
  });

  const cameras: SimulatedCamera[] = [];
  for (let i = 0; i < options.cameras; i++) cameras.push(await buildCamera(options, library, first, i));
  const stop = async () => {
    clearInterval(ticker);
    clearInterval(expiry);
    await Promise.all(cameras.map((camera) => camera.stop()));
  };
  const ticker = setInterval(() => {
    for (const camera of cameras) camera.tick();
  }, TICK_MS);
  const expiry = setInterval(() => {
    for (const camera of cameras) camera.expireSessions();
  }, EXPIRY_INTERVAL_MS);
  try {
    for (const [i, camera] of cameras.entries()) await camera.start(phaseOf(i, cameras.length));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    cameras,
    camera: (number) => findCamera(cameras, number),
    stop,
  };
}

function findCamera(cameras: readonly SimulatedCamera[], number: number): SimulatedCamera {
  const camera = cameras.find((candidate) => candidate.number === number);
  if (!camera) {
    const numbers = `${cameras[0]!.number} to ${cameras.at(-1)!.number}`;
    throw new AppError('not-found', `no camera ${number}, there are ${numbers}`);
  }
  return camera;
}

async function buildCamera(
  options: SimulatorOptions,
  library: ClipLibrary,
  first: number,
  index: number,
): Promise<SimulatedCamera> {
  const number = first + index;
  const name = `Camera ${number}`;
  const own: CameraOptions = { ...options, ...options.each?.[index] };
  const packing = {
    parameterSets: own.parameterSets ?? DEFAULT_PACKING.parameterSets,
    markers: own.markers ?? DEFAULT_PACKING.markers,
  };
  const request = { index, count: options.cameras, name, clip: own.clip ?? {}, packing };
  return new SimulatedCamera({
    number,
    name,
    address: loopbackAddress(number),
    port: options.port ?? DEFAULT_PORT,
    options: own,
    main: await library.main(request),
    sub: await library.sub(request),
    loadVariant: (variant) => library.variant(request, variant),
    clock: options.clock ?? systemClock,
  });
}

/** 127.0.1.1 for camera 1, 127.0.2.1 for camera 255. Linux answers on all of 127.0.0.0/8. */
function loopbackAddress(number: number): string {
  return `127.0.${1 + Math.floor((number - 1) / 254)}.${1 + ((number - 1) % 254)}`;
}

function phaseOf(index: number, count: number): number {
  return (index * PHASE_SPREAD_MS) / count + ((index * PHASE_STEP_MS) % 40);
}

function checkWhole(what: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new AppError('bad-input', `${what} is ${value}, allowed: ${min} to ${max}`);
  }
}
