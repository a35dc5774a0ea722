import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { AppError } from '../../src/base/errors.ts';
import { makeFolder } from '../../src/base/make-folder.ts';
import { type Bay, MODEL_VERSION } from '../../src/board/model.ts';
import { newChannelId } from '../../src/config/channel-id.ts';
import { parseSettings } from '../../src/config/load-settings.ts';
import { type ChannelSettings, DEFAULT_CHANNEL, DEFAULT_SETTINGS, type Settings } from '../../src/config/settings.ts';
import { statePaths } from '../../src/link/state.ts';
import { type ApiClient, createApiClient } from './api-client.ts';
import { controlProgram, recorderProgram } from './programs.ts';
import { type ProgramExit, type Supervised, supervise } from './supervisor.ts';
import { waitFor } from './wait-for.ts';

export interface StackOptions {
  /** Everything is in it: `state/`, `logs/`, `model.json`, and the bays unless they have paths of their own. */
  folder: string;
  channels: ChannelSeed[];
  /** Default: two directories of 2 GB. */
  bays?: Bay[];
  /** Default: as many as `channels`. */
  channelCount?: number;
  /** Default: the sum of the allotments. */
  ratingMbps?: number;
  tailMaxMB?: number;
  /** `HOST:PORT`; default: a free port of loopback, the same over all restarts. */
  listen?: string;
  settings?: Partial<Omit<Settings, 'version' | 'channels' | 'listen'>>;
}

export type ChannelSeed = Partial<ChannelSettings> & { url: string };

/** Recorder and control as siblings, each restarted when it dies: the product as it stands on an appliance. */
export interface Stack {
  readonly stateDir: string;
  readonly bays: readonly Bay[];
  /** With their ids, in the order of the options. */
  readonly channels: readonly ChannelSettings[];
  readonly recorder: Supervised;
  readonly control: Supervised;
  /** Ends that nobody asked for. */
  readonly exits: readonly ProgramExit[];
  /** `http://127.0.0.1:8480`. */
  readonly address: string;
  /** Undefined once a password is set. */
  readonly setupCode: string | undefined;
  /** Both processes, until both answer. */
  start(): Promise<void>;
  /** The recorder first, while control still listens. */
  stop(): Promise<void>;
  /** A client that is signed in; sets the password at the first call. */
  signIn(): Promise<ApiClient>;
  logFile(name: 'recorder' | 'control'): string;
}

const START_TIMEOUT_MS = 30_000;
const DEFAULT_ALLOTMENT_MBPS = 4;
const PASSWORD = 'correct horse battery staple';

export async function createStack(options: StackOptions): Promise<Stack> {
  const { folder } = options;
  const stateDir = join(folder, 'state');
  const logFile = (name: string) => join(folder, 'logs', `${name}.log`);
  const bays = options.bays ?? [1, 2].map((n) => directoryBay(`bay${n}`, join(folder, `bay${n}`), 2_000));
  const channels = (await readChannels(stateDir)) ?? options.channels.map(completeChannel);
  const listen = options.listen ?? `127.0.0.1:${await findFreePort()}`;
  if (await canConnect(statePaths(stateDir).socket)) {
    throw new AppError('conflict', `${folder}: a recorder is running on this folder`);
  }
  await writeFiles(options, bays, channels, listen);

  const exits: ProgramExit[] = [];
  let address = '';
  let setupCode: string | undefined;
  let isUp = false;
  const paths = statePaths(stateDir);
  const common = { stateDir, driveCount: bays.length };

  function onControlLine(line: string): void {
    address = /^listening on (\S+)/.exec(line)?.[1] ?? address;
    setupCode = /^setup code: (\S+)/.exec(line)?.[1] ?? setupCode;
  }
  // What ends before it ever answered has a reason that a restart does not cure: a wrong option, a port in use.
  function onUnexpectedExit(exit: ProgramExit): 'restart' | 'give-up' {
    exits.push(exit);
    return isUp ? 'restart' : 'give-up';
  }
  const recorder = supervise({ program: recorderProgram(common), logFile: logFile('recorder'), onUnexpectedExit });
  const control = supervise({
    program: controlProgram({
      ...common,
      modelFile: join(folder, 'model.json'),
      listen,
      seedFile: join(folder, 'seed.json'),
    }),
    logFile: logFile('control'),
    onLine: onControlLine,
    onUnexpectedExit,
  });

  return {
    stateDir,
    bays,
    channels,
    recorder,
    control,
    exits,
    logFile,
    get address() {
      return address;
    },
    get setupCode() {
      return setupCode;
    },
    async start() {
      await Promise.all([recorder.start(), control.start()]);
      const isReady = async () => exits.length > 0 || (address !== '' && (await canConnect(paths.socket)));
      await waitFor('recorder and control answer', START_TIMEOUT_MS, isReady);
      if (exits[0] !== undefined) throw startError(exits[0]);
      isUp = true;
    },
    async stop() {
      // Control hears what the recorder closes last, and keeps it even when the drive is not there at the next start.
      await recorder.stop();
      await control.stop();
    },
    async signIn() {
      const api = createApiClient(address);
      // It may just have been started again.
      const ask = () => api.get<{ isSetUp: boolean }>('/session');
      const { isSetUp } = await waitFor('control answers', START_TIMEOUT_MS, ask);
      if (isSetUp) await api.send('POST', '/session', { password: PASSWORD });
      else await api.send('POST', '/setup', { code: setupCode, password: PASSWORD });
      return api;
    },
  };
}

/** A folder that stands for a bay, with a limit of its own. */
export function directoryBay(id: string, path: string, capacityMB?: number): Bay {
  const label = id.replace(/^bay(\d+)$/, 'Bay $1');
  return { id, label, kind: 'directory', path, adoptBlank: true, ...(capacityMB !== undefined && { capacityMB }) };
}

function completeChannel(seed: ChannelSeed, index: number): ChannelSettings {
  const number = seed.number ?? index + 1;
  const name = seed.name ?? `Camera ${number}`;
  const allotmentMbps = seed.allotmentMbps ?? DEFAULT_ALLOTMENT_MBPS;
  return { ...DEFAULT_CHANNEL, ...seed, id: seed.id ?? newChannelId(name), number, name, allotmentMbps };
}

/** Of a folder that was used before: its settings win over the seed. */
async function readChannels(stateDir: string): Promise<ChannelSettings[] | undefined> {
  const { settings: path } = statePaths(stateDir);
  return existsSync(path) ? parseSettings(await readFile(path, 'utf8'), path).channels : undefined;
}

async function writeFiles(
  options: StackOptions,
  bays: Bay[],
  channels: ChannelSettings[],
  listen: string,
): Promise<void> {
  const { folder } = options;
  await makeFolder(join(folder, 'logs'));
  for (const bay of bays) await makeFolder(bay.path);
  const model = {
    version: MODEL_VERSION,
    name: 'Development',
    channelCount: options.channelCount ?? Math.max(1, channels.length),
    ratingMbps: options.ratingMbps ?? Math.max(1, sum(channels.map((channel) => channel.allotmentMbps))),
    tailMaxMB: options.tailMaxMB ?? 512,
    bays,
  };
  const seed: Settings = { ...DEFAULT_SETTINGS, ...options.settings, listen, channels };
  await writeFile(join(folder, 'model.json'), `${JSON.stringify(model, null, 2)}\n`);
  await writeFile(join(folder, 'seed.json'), `${JSON.stringify(seed, null, 2)}\n`, { mode: 0o600 });
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function startError(exit: ProgramExit): AppError {
  const how = exit.signal === null ? `code ${exit.code}` : exit.signal;
  return new AppError(
    'conflict',
    `${exit.name} ended with ${how} at its start: ${exit.lastWords.map(plainWords).join('\n')}`,
  );
}

/** A log line is JSON; what a person needs of it is its message. */
function plainWords(line: string): string {
  const match = /"msg":("(?:[^"\\]|\\.)*")/.exec(line);
  const error = /"error":("(?:[^"\\]|\\.)*")/.exec(line);
  return [match, error].flatMap((found) => (found ? [JSON.parse(found[1]!) as string] : [])).join(': ') || line;
}

async function canConnect(path: string): Promise<boolean> {
  if (!existsSync(path)) return false;
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
