import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseModel } from '../../src/board/model.ts';

const BAY = { id: 'bay1', label: 'Bay 1', kind: 'directory', path: '/srv/bays/1' };
const MODEL = { version: 1, name: 'Two bays', channelCount: 32, ratingMbps: 64, tailMaxMB: 128, bays: [BAY] };

describe('a model file', () => {
  it('is taken when all fits', () => {
    expect(parseModel(JSON.stringify(MODEL), 'model.json')).toEqual(MODEL);
  });

  const bay2 = { ...BAY, id: 'bay2', label: 'Bay 2', path: '/srv/bays/2' };
  it.each([
    { name: 'without bays', change: { bays: [] }, message: /model\.json: bays: \[\] is not allowed/ },
    {
      name: 'with no channels',
      change: { channelCount: 0 },
      message: /channelCount: 0 is not allowed, expected integer at least 1/,
    },
    { name: 'with an infinite rating', change: { ratingMbps: 1e9 }, message: /ratingMbps: 1000000000 is not allowed/ },
    { name: 'with a negative rating', change: { ratingMbps: -64 }, message: /ratingMbps: -64 is not allowed/ },
    { name: 'with a misspelt field', change: { ratingMps: 64 }, message: /ratingMps is not a known field/ },
    {
      name: 'with a kind of bay that does not exist',
      change: { bays: [{ ...BAY, kind: 'nfs' }] },
      message: /bays\[0\]\.kind: "nfs" is not allowed, expected "directory" or "mount"/,
    },
    {
      name: 'with a relative path',
      change: { bays: [{ ...BAY, path: 'bays/1' }] },
      message: /bays\[0\]\.path: "bays\/1" is not allowed, expected an absolute path/,
    },
    {
      name: 'with the same id twice',
      change: { bays: [BAY, { ...bay2, id: 'bay1' }] },
      message: /bays\[1\]\.id: "bay1" is used twice/,
    },
    {
      name: 'with the same folder twice, written differently',
      change: { bays: [BAY, { ...bay2, path: '/srv/bays/x/../1/' }] },
      message: /bays\[1\]\.path: "\/srv\/bays\/x\/\.\.\/1\/" is the path of bay bay1 too/,
    },
    {
      name: 'with a bay inside another',
      change: { bays: [BAY, { ...bay2, path: '/srv/bays/1/inner' }] },
      message: /bays\[1\]\.path: "\/srv\/bays\/1\/inner" lies inside bay bay1 \(\/srv\/bays\/1\)/,
    },
    {
      name: 'with a bay around another',
      change: { bays: [BAY, { ...bay2, path: '/srv' }] },
      message: /bays\[1\]\.path: "\/srv" contains bay bay1/,
    },
  ])('$name is refused by name', ({ change, message }) => {
    expect(() => parseModel(JSON.stringify({ ...MODEL, ...change }), 'model.json')).toThrow(message);
  });

  it('may have folders whose names merely begin alike', () => {
    const bays = [BAY, { ...bay2, path: '/srv/bays/10' }];
    expect(parseModel(JSON.stringify({ ...MODEL, bays }), 'model.json').bays).toHaveLength(2);
  });
});

describe('the models that come with the product', () => {
  const folder = join(import.meta.dirname, '../../rootfs-overlay/usr/share/holdfast/models');
  const names = readdirSync(folder);

  it('are there', () => expect(names.length).toBeGreaterThan(0));

  it.each(names)('%s is a valid model', (name) => {
    expect(parseModel(readFileSync(join(folder, name), 'utf8'), name).bays.length).toBeGreaterThan(0);
  });
});
