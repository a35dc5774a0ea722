import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Log, silentLog } from '../../../src/base/log.ts';
import { CertificateStore } from '../../../src/recorder/camera/certificate-store.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-certificates-'));
  path = join(folder, 'camera-certificates.json');
});
afterEach(() => rm(folder, { recursive: true }));

const [A, B] = ['a'.repeat(64), 'b'.repeat(64)];

async function load(log: Log = silentLog): Promise<CertificateStore> {
  const store = new CertificateStore(path, log);
  await store.load();
  return store;
}

function noting(): { log: Log; errors: string[] } {
  const errors: string[] = [];
  return { errors, log: { ...silentLog, error: (_, message) => errors.push(message) } };
}

describe('the certificates of cameras', () => {
  it('are there again after a restart, by channel and address', async () => {
    const store = await load();
    expect(store.expected('one', 'cam:322')).toBeUndefined();
    store.keep('one', 'cam:322', A);
    store.keep('one', 'cam:443', B);
    store.keep('two', 'cam:322', B);
    await store.flush();
    const again = await load();
    expect(again.expected('one', 'cam:322')).toBe(A);
    expect(again.expected('one', 'cam:443')).toBe(B);
    expect(again.expected('two', 'cam:322')).toBe(B);
    expect(again.expected('three', 'cam:322')).toBeUndefined();
  });

  it('are replaced by those that were accepted', async () => {
    const store = await load();
    store.keep('one', 'cam:322', A);
    store.keep('one', 'cam:322', B);
    await store.flush();
    expect((await load()).expected('one', 'cam:322')).toBe(B);
  });

  it('leave with their channel', async () => {
    const store = await load();
    store.keep('one', 'cam:322', A);
    store.keep('two', 'cam:322', B);
    store.prune(new Set(['two']));
    await store.flush();
    const again = await load();
    expect(again.expected('one', 'cam:322')).toBeUndefined();
    expect(again.expected('two', 'cam:322')).toBe(B);
  });

  it('are kept for the last eight addresses of a channel', async () => {
    const store = await load();
    for (let i = 0; i < 10; i++) store.keep('one', `cam:${i}`, A);
    expect([store.expected('one', 'cam:1'), store.expected('one', 'cam:2')]).toEqual([undefined, A]);
  });

  it('are written only when they change, for their owner alone', async () => {
    const store = await load();
    store.keep('one', 'cam:322', A);
    await store.flush();
    const { mtimeMs, mode } = await stat(path);
    expect(mode & 0o777).toBe(0o600);
    store.keep('one', 'cam:322', A);
    store.prune(new Set(['one']));
    await store.flush();
    expect((await stat(path)).mtimeMs).toBe(mtimeMs);
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ version: 1 });
  });

  it.each([
    ['not JSON', '{"version":1,'],
    ['of another version', JSON.stringify({ version: 2, certificates: {} })],
    ['not a fingerprint', JSON.stringify({ version: 1, certificates: { one: { 'cam:322': 'x' } } })],
  ])('a file that is %s: said, and begun anew', async (_, text) => {
    await writeFile(path, text);
    const { log, errors } = noting();
    const store = await load(log);
    expect(errors).toEqual(['certificates of cameras cannot be read']);
    store.keep('one', 'cam:322', A);
    await store.flush();
    expect((await load()).expected('one', 'cam:322')).toBe(A);
  });

  it('no file yet: nothing is said', async () => {
    const { log, errors } = noting();
    await load(log);
    expect(errors).toEqual([]);
  });

  it('a file that cannot be written: said, and kept in memory', async () => {
    const { log, errors } = noting();
    const store = new CertificateStore(join(folder, 'missing', 'file.json'), log);
    store.keep('one', 'cam:322', A);
    await store.flush();
    expect(errors).toEqual(['certificates of cameras cannot be written']);
    expect(store.expected('one', 'cam:322')).toBe(A);
  });
});
