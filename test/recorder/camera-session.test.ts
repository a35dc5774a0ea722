import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Log, silentLog } from '../../src/base/log.ts';
import { headerOf } from '../../src/protocols/rtsp/message.ts';
import { CameraMemory } from '../../src/recorder/camera/camera-memory.ts';
import { type CameraAddress, CameraSession, type SessionFailure } from '../../src/recorder/camera-session.ts';
import { type CameraCertificate, makeCertificate } from '../protocols/rtsp/certificates.ts';
import { type Script, ScriptedCamera } from '../protocols/rtsp/scripted-camera.ts';
import { SkippingClock } from './skipping-clock.ts';

let own: CameraCertificate;
let other: CameraCertificate;
beforeAll(async () => {
  [own, other] = await Promise.all([makeCertificate(), makeCertificate()]);
});

let folder: string;
let clock: SkippingClock;
const open: { stop(): Promise<void> }[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-cameras-'));
  clock = new SkippingClock();
});
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.stop();
  await rm(folder, { recursive: true });
});

/** What a recorder finds on its state partition when it starts. */
function remember(): Promise<CameraMemory> {
  return CameraMemory.open({
    certificatesPath: join(folder, 'certificates.json'),
    refusalsPath: join(folder, 'refusals.json'),
    clock,
    log: silentLog,
  });
}

async function camera(script?: Script, certificate?: CameraCertificate): Promise<ScriptedCamera> {
  const started = await new ScriptedCamera(script, certificate).start();
  open.push(started);
  return started;
}

function watch(memory: CameraMemory, address: CameraAddress, options: { channelId?: string; log?: Log } = {}) {
  const seen = { ups: 0, downs: [] as SessionFailure[], address };
  const session = new CameraSession({
    address: () => seen.address,
    access: memory.accessFor(options.channelId ?? 'one'),
    clock,
    log: options.log ?? silentLog,
    onUp: () => seen.ups++,
    onFormat: () => undefined,
    onUnit: () => undefined,
    onDown: (failure) => seen.downs.push(failure),
  });
  open.push(session);
  session.start();
  return Object.assign(seen, { session });
}

const admin = { username: 'admin', password: 'secret' };
/** Longer than the minute between two attempts, jitter included. */
const A_MINUTE_MS = 66_000;

describe('the certificate of a camera', () => {
  it('that is shown first is kept, and wanted after a restart of the recorder, which has nobody to ask', async () => {
    const before = await remember();
    const cam = await camera(undefined, own);
    const first = watch(before, { url: cam.url, ...admin });
    await expect.poll(() => first.ups).toBe(1);
    expect(first.session.facts?.connection).toMatchObject({
      isEncrypted: true,
      certificate: own.sha256,
      authentication: 'none',
    });
    await first.session.stop();
    await before.flush();

    const url = cam.url;
    const port = cam.port;
    await cam.stop();
    const impostor = await new ScriptedCamera(undefined, other).start(port);
    open.push(impostor);
    const second = watch(await remember(), { url, ...admin });
    await expect.poll(() => second.downs.length).toBe(1);
    expect(second.downs[0]).toMatchObject({ cause: 'stream-error', presentedCertificate: other.sha256 });
    expect(second.downs[0]!.detail).toMatch(/shows another certificate.*nothing was sent/);
    expect(impostor.requests).toEqual([]);

    // Asked again after a minute, not before.
    expect(clock.pausesMs.at(-1)).toBeGreaterThanOrEqual(60_000);
    clock.skip(A_MINUTE_MS);
    await expect.poll(() => second.downs.length).toBe(2);

    // The owner accepts what is shown, and later takes the explicit acceptance back.
    second.address = { ...second.address, certificate: other.sha256 };
    clock.skip(A_MINUTE_MS);
    await expect.poll(() => second.ups).toBe(1);
    second.address = { ...second.address, certificate: null };
    second.session.restart({ cause: 'no-data', detail: 'test' });
    await expect.poll(() => second.ups).toBe(2);
  });

  it('that the owner named stands above the one that was kept', async () => {
    const cam = await camera(undefined, own);
    const memory = await remember();
    const seen = watch(memory, { url: cam.url, ...admin, certificate: other.sha256 });
    await expect.poll(() => seen.downs.length).toBe(1);
    expect(seen.downs[0]!.presentedCertificate).toBe(own.sha256);
  });

  it('is not kept of what only answers at the address: a session must succeed', async () => {
    const cam = await camera((request) => (request.method === 'DESCRIBE' ? { status: 404 } : undefined), own);
    const memory = await remember();
    const seen = watch(memory, { url: cam.url, ...admin });
    await expect.poll(() => seen.downs.length).toBe(1);
    expect(memory.accessFor('one').certificates.expected(`127.0.0.1:${cam.port}`)).toBeUndefined();
  });
});

describe('a wrong password', () => {
  /** Refuses everything until `isOpen`, and counts what came with credentials. */
  function guarded() {
    const state = { isOpen: false, signed: 0, nonce: 0 };
    const script: Script = (request) => {
      const isSigned = headerOf(request, 'Authorization') !== undefined;
      if (isSigned) state.signed++;
      if (isSigned && state.isOpen) return undefined;
      return { status: 401, headers: [['WWW-Authenticate', `Digest realm="r", nonce="n${++state.nonce}"`]] };
    };
    return { state, script };
  }

  it('is sent once a minute, however many channels use the account', async () => {
    const { state, script } = guarded();
    const cam = await camera(script);
    const memory = await remember();
    const channels = Array.from({ length: 16 }, (_, i) =>
      watch(memory, { url: `${cam.url}/${i}`, ...admin }, { channelId: `channel-${i}` }),
    );
    for (let minute = 1; minute <= 3; minute++) {
      await expect.poll(() => channels.every(({ downs }) => downs.length === minute)).toBe(true);
      expect(state.signed).toBe(minute);
      if (minute === 3) state.isOpen = true;
      clock.skip(A_MINUTE_MS);
    }
    expect(channels.flatMap(({ downs }) => downs).every(({ cause }) => cause === 'refused-password')).toBe(true);
    await expect.poll(() => channels.every(({ ups }) => ups === 1)).toBe(true);
  });

  it('is not sent by a recorder that restarts within the minute', async () => {
    const { state, script } = guarded();
    const cam = await camera(script);
    for (let start = 1; start <= 4; start++) {
      const memory = await remember();
      const seen = watch(memory, { url: cam.url, ...admin });
      await expect.poll(() => seen.downs.length).toBe(1);
      await seen.session.stop();
      await memory.flush();
      clock.skip(5_000);
    }
    expect(state.signed).toBe(1);
  });

  it('that was mended is tried at once', async () => {
    const { state, script } = guarded();
    const cam = await camera(script);
    const memory = await remember();
    const seen = watch(memory, { url: cam.url, username: 'admin', password: 'wrong' });
    await expect.poll(() => seen.downs.length).toBe(1);
    state.isOpen = true;
    const mended = watch(memory, { url: cam.url, ...admin });
    await expect.poll(() => mended.ups).toBe(1);
  });
});

describe('a password in clear', () => {
  const basic: Script = (request) =>
    headerOf(request, 'Authorization') === undefined
      ? { status: 401, headers: [['WWW-Authenticate', 'Basic realm="r"']] }
      : undefined;

  async function warnings(certificate?: CameraCertificate): Promise<string[]> {
    const said: string[] = [];
    const log: Log = { ...silentLog, warn: (_, message) => said.push(message) };
    const cam = await camera(basic, certificate);
    const seen = watch(await remember(), { url: cam.url, ...admin }, { log });
    for (let round = 1; round <= 2; round++) {
      await expect.poll(() => seen.ups).toBe(round);
      expect(seen.session.facts?.connection.authentication).toBe('basic');
      seen.session.restart({ cause: 'no-data', detail: 'test' });
    }
    return said.filter((message) => message.includes('in clear'));
  }

  it('is said, once', async () => {
    expect(await warnings()).toHaveLength(1);
  });

  it('is none where everything is encrypted', async () => {
    expect(await warnings(own)).toEqual([]);
  });
});
