import { resolve } from 'node:path';
import { AppError } from '../../src/base/errors.ts';
import { cameraAddressProblem, splitCameraAddress } from '../../src/config/camera-address.ts';
import { describeOptions, type OptionTable, parseOptions } from './arguments.ts';
import type { ChannelSeed } from './stack.ts';

export interface DemoOptions {
  /** Simulated ones. */
  cameras: number;
  clip: { codec: 'h264' | 'h265'; sound: 'none' | 'aac' | 'pcmu' };
  /** Real ones. */
  real: ChannelSeed[];
  /** Undefined: until Ctrl-C. */
  seconds: number | undefined;
  isJson: boolean;
  /** Undefined: a fresh folder, removed at the end. */
  dataDir: string | undefined;
  listen: string;
}

const DEFAULT_CAMERAS = 4;
const DEFAULT_LISTEN = '127.0.0.1:8480';

const TABLE = {
  cameras: {
    kind: 'number',
    min: 0,
    max: 64,
    isInteger: true,
    help: `simulated cameras (${DEFAULT_CAMERAS}; 0 with --camera)`,
  },
  camera: {
    kind: 'texts',
    what: 'rtsp://…',
    help: 'a real camera, any number of times; user:password@ may stand in it',
  },
  h265: { kind: 'flag', help: 'simulated cameras send H.265 instead of H.264' },
  sound: { kind: 'text', what: 'aac|pcmu|none', help: 'what simulated cameras send for sound (aac)' },
  seconds: { kind: 'number', min: 5, max: 604_800, help: 'record so long, check what was recorded, and stop' },
  json: { kind: 'flag', help: 'one JSON object as the last line' },
  data: {
    kind: 'text',
    what: 'DIR',
    help: 'folder for everything, kept and gone on with (default: a fresh one, removed)',
  },
  listen: { kind: 'text', what: 'HOST:PORT', help: `where the admin page is (${DEFAULT_LISTEN})` },
  help: { kind: 'flag', help: 'this text' },
} as const satisfies OptionTable;

/** Undefined when help was asked for, and printed. */
export function parseDemoOptions(argv: readonly string[]): DemoOptions | undefined {
  const given = parseOptions(argv, TABLE);
  if (given.help) {
    console.log(`scripts/demo [options]\n${describeOptions(TABLE)}`);
    return undefined;
  }
  const real = given.camera.map(parseCamera);
  const cameras = given.cameras ?? (real.length > 0 ? 0 : DEFAULT_CAMERAS);
  if (cameras + real.length === 0)
    throw new AppError('bad-input', '--cameras 0: there is nothing to record without --camera');
  return {
    cameras,
    clip: { codec: given.h265 ? 'h265' : 'h264', sound: parseSound(given.sound) },
    real,
    seconds: given.seconds,
    isJson: given.json,
    dataDir: given.data === undefined ? undefined : resolve(given.data),
    listen: parseListen(given.listen ?? DEFAULT_LISTEN),
  };
}

function parseCamera(text: string): ChannelSeed {
  const { url, ...credentials } = splitCameraAddress(text);
  const problem = cameraAddressProblem(url);
  if (problem !== undefined) throw new AppError('bad-input', `--camera: ${problem}`);
  return { url, ...credentials, name: new URL(url).hostname };
}

function parseSound(text = 'aac'): 'none' | 'aac' | 'pcmu' {
  if (text === 'none' || text === 'aac' || text === 'pcmu') return text;
  throw new AppError('bad-input', `--sound ${text}: must be aac, pcmu or none`);
}

function parseListen(text: string): string {
  const port = /^(?:\[[0-9a-fA-F:]+\]|[^:\s]+):(\d{1,5})$/.exec(text)?.[1];
  if (port === undefined || Number(port) > 65_535)
    throw new AppError('bad-input', `--listen ${text}: must be HOST:PORT`);
  return text;
}
