import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import { decodeLine } from '../../../src/base/ndjson.ts';
import { AuditLog } from '../../../src/servers/admin/audit-log.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-audit-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the audit log', () => {
  it('keeps its lines in order, each with a checksum, in a file a month', async () => {
    const clock = new ManualClock(Date.parse('2026-03-31T23:59:59Z'));
    const audit = new AuditLog({ folder, clock, log: silentLog });
    await audit.start();
    for (let count = 0; count < 20; count++) audit.write({ event: 'signed-in', from: `10.0.0.${count}` });
    await clock.advance(1000);
    audit.write({ event: 'settings-changed', from: '10.0.0.1', detail: 'name' });
    await audit.stop();
    const lines = (await readFile(join(folder, '2026-03.ndjson'), 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => decodeLine(line)?.from)).toEqual(
      Array.from({ length: 20 }, (_, count) => `10.0.0.${count}`),
    );
    expect(decodeLine((await readFile(join(folder, '2026-04.ndjson'), 'utf8')).trimEnd())).toEqual({
      t: '2026-04-01T00:00:00.000Z',
      event: 'settings-changed',
      from: '10.0.0.1',
      detail: 'name',
    });
  });

  it('forgets months beyond the limit, the oldest first', async () => {
    for (let year = 2020; year < 2026; year++) {
      for (let month = 1; month <= 12; month++) {
        await writeFile(join(folder, `${year}-${String(month).padStart(2, '0')}.ndjson`), '');
      }
    }
    await new AuditLog({ folder, clock: new ManualClock(0), log: silentLog }).start();
    const names = (await readdir(folder)).sort();
    expect([names.length, names[0]]).toEqual([60, '2021-01.ndjson']);
  });
});
