import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/clock.ts';
import { createSecretBox, readOrCreateUnitKey } from '../../src/config/secrets.ts';
import { MAX_HISTORY, SettingsStore } from '../../src/config/settings-store.ts';

const CHANNEL = { number: 1, name: 'Dock', url: 'rtsp://192.168.1.20/main', allotmentMbps: 2, password: 'open sesame' };

let folder: string;
let store: SettingsStore;
const secrets = createSecretBox(Buffer.alloc(32, 7));

function newStore(seedPath?: string): SettingsStore {
  return new SettingsStore({
    path: join(folder, 'settings.json'),
    historyPath: join(folder, 'settings-history'),
    seedPath,
    secrets,
    clock: new ManualClock(Date.parse('2026-03-01T12:00Z')),
  });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-settings-'));
  store = newStore();
});
afterEach(() => rm(folder, { recursive: true }));

describe('the settings store', () => {
  it('begins with defaults, in a file that only its owner reads', async () => {
    await store.start();
    expect(store.current.channels).toEqual([]);
    expect((await stat(join(folder, 'settings.json'))).mode & 0o777).toBe(0o600);
  });

  it('takes the seed at the first start alone, and seals its passwords', async () => {
    const seed = join(folder, 'seed.json');
    await writeFile(seed, JSON.stringify({ name: 'Shop', channels: [CHANNEL] }));
    await newStore(seed).start();
    const text = await readFile(join(folder, 'settings.json'), 'utf8');
    expect(text).not.toContain('open sesame');
    await writeFile(seed, JSON.stringify({ name: 'Other' }));
    const again = newStore(seed);
    await again.start();
    expect(again.current.name).toBe('Shop');
    const [channel] = again.current.channels;
    expect(secrets.open(channel!.password, channel!.id)).toBe('open sesame');
  });

  it('leaves a wrong file as it is', async () => {
    await writeFile(join(folder, 'settings.json'), '{"version":1,"nmae":"Shop"}');
    await expect(store.start()).rejects.toThrow(/settings\.json: nmae is not a known field/);
    expect(await readFile(join(folder, 'settings.json'), 'utf8')).toBe('{"version":1,"nmae":"Shop"}');
    expect(await readdir(folder)).toEqual(['settings.json']);
  });

  it('keeps the old version of each change, up to the limit, the oldest goes', async () => {
    await store.start();
    for (let count = 0; count < MAX_HISTORY + 3; count++) {
      await store.update((settings) => ({ ...settings, name: `Name ${count}` }));
    }
    const names = (await readdir(join(folder, 'settings-history'))).sort();
    expect(names).toHaveLength(MAX_HISTORY);
    expect(names.at(-1)).toBe(`000${MAX_HISTORY + 3}-2026-03-01T12-00-00.000Z.json`);
    const newest = await readFile(join(folder, 'settings-history', names.at(-1)!), 'utf8');
    expect(JSON.parse(newest).name).toBe(`Name ${MAX_HISTORY + 1}`);
  });

  it('changes nothing when a change is refused, and goes on with the next', async () => {
    await store.start();
    const wrong = store.update((settings) => ({ ...settings, segmentMinutes: -1 }));
    const right = store.update((settings) => ({ ...settings, name: 'Shop' }));
    await expect(wrong).rejects.toThrow('segmentMinutes: -1 is not allowed');
    expect((await right).name).toBe('Shop');
    expect(store.current.segmentMinutes).toBe(5);
  });
});

describe('sealed passwords', () => {
  it('open for their channel with the key of the unit, and for no other', () => {
    const sealed = secrets.seal('pässword', 'aaaaaaaa');
    expect(secrets.open(sealed, 'aaaaaaaa')).toBe('pässword');
    expect(() => secrets.open(sealed, 'bbbbbbbb')).toThrow(
      'channel bbbbbbbb: was not sealed with the key of this unit',
    );
    expect(() => createSecretBox(Buffer.alloc(32, 8)).open(sealed, 'aaaaaaaa')).toThrow('was not sealed');
    expect(() => secrets.open(`${sealed.slice(0, -6)}AAAAA=`, 'aaaaaaaa')).toThrow('was not sealed');
    expect(() => secrets.open('sealed:1:', 'aaaaaaaa')).toThrow('was not sealed');
  });

  it('never look the same twice, so that equal passwords do not show', () => {
    expect(secrets.seal('a', 'x')).not.toBe(secrets.seal('a', 'x'));
    expect(secrets.seal('', 'x')).toBe('');
  });

  it('have a key that stays, for its owner alone', async () => {
    const path = join(folder, 'unit.key');
    const key = await readOrCreateUnitKey(path);
    expect(await readOrCreateUnitKey(path)).toEqual(key);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });
});
