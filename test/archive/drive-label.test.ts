import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDriveLabel, parseDriveLabel, readDriveLabel } from '../../src/archive/drive-label.ts';
import { AppError, isAppError } from '../../src/base/errors.ts';
import { temporaryFolder, UNIT } from './temporary-drive.ts';

const INPUT = { label: 'Front drive', unit: UNIT, nowUtcMs: Date.UTC(2026, 2, 1) };

const GOOD = {
  format: 1,
  id: '3f0c4a52-0d8e-4c55-9f6a-0a1b2c3d4e5f',
  label: 'Front drive',
  encryption: 'none',
  madeByUnit: UNIT,
  madeUtc: '2026-03-01T00:00:00.000Z',
};

describe('a drive label', () => {
  it('is read as it was made, beside a text for people and empty folders', async () => {
    const root = temporaryFolder();
    const made = await createDriveLabel(root, INPUT);
    expect(await readDriveLabel(root)).toEqual(made);
    expect((await readdir(join(root, 'holdfast'))).sort()).toEqual(['README.txt', 'drive.json', 'footage', 'journal']);
    expect(await readFile(join(root, 'holdfast/README.txt'), 'utf8')).toContain(`Front drive (${made.id})`);
  });

  it('is missing on a drive that is not ours', async () => {
    expect(await readDriveLabel(temporaryFolder())).toBeUndefined();
  });

  it('is never made twice', async () => {
    const root = temporaryFolder();
    const made = await createDriveLabel(root, INPUT);
    await expect(createDriveLabel(root, INPUT)).rejects.toThrow(`already is the drive "Front drive" (${made.id})`);
    expect(await readDriveLabel(root)).toEqual(made);
  });

  it('is not made over a damaged one', async () => {
    const root = temporaryFolder();
    await mkdir(join(root, 'holdfast'));
    await writeFile(join(root, 'holdfast/drive.json'), '{"format":1,');
    await expect(createDriveLabel(root, INPUT)).rejects.toThrow('is not JSON');
  });

  it('is not made where the drive itself is missing', async () => {
    const root = join(temporaryFolder(), 'not-mounted');
    const error: unknown = await createDriveLabel(root, INPUT).catch((e: unknown) => e);
    expect(isAppError(error, 'drive')).toBe(true);
  });

  it('keeps fields that a later version of the same format added', () => {
    const bytes = Buffer.from(JSON.stringify({ ...GOOD, later: true }));
    expect(parseDriveLabel(bytes, 'bay 1')).toMatchObject(GOOD);
  });

  it.each([
    ['a later format', { ...GOOD, format: 2 }, /bay 1: the drive has archive format 2, this program knows format 1/],
    ['an id that is none', { ...GOOD, id: '..' }, /bay 1: holdfast\/drive.json: \/id/],
    ['a missing label', { ...GOOD, label: undefined }, /\/label/],
    ['an encryption that this version does not know', { ...GOOD, encryption: 'luks2' }, /\/encryption/],
    ['no object', [], /bay 1/],
  ])('with %s is refused, naming the field', (_name, value, message) => {
    expect(() => parseDriveLabel(Buffer.from(JSON.stringify(value)), 'bay 1')).toThrow(message);
  });

  it('is read or refused with an AppError, whatever the bytes are', () => {
    const json = fc.json().map((text) => Buffer.from(text));
    const cut = fc.nat({ max: 200 }).map((length) => Buffer.from(JSON.stringify(GOOD).slice(0, length)));
    const bytes = fc.oneof(
      json,
      cut,
      fc.uint8Array().map((value) => Buffer.from(value)),
    );
    fc.assert(
      fc.property(bytes, (value) => {
        try {
          expect(parseDriveLabel(value, 'bay 1').format).toBe(1);
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
        }
      }),
    );
  });
});
