import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../src/base/clock.ts';
import { DAY_MS } from '../../../src/base/units.ts';
import { readOrMakeCertificate } from '../../../src/servers/admin/tls.ts';

const NOW = Date.parse('2026-03-01T00:00Z');
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-tls-'));
});
afterEach(() => rm(folder, { recursive: true }));

const at = (utcMs: number) => readOrMakeCertificate({ folder, unit: 'aabbccdd', clock: new ManualClock(utcMs) });

describe('the certificate of the unit', () => {
  it('is made once, names the unit and this machine, and is no authority', async () => {
    const first = await at(NOW);
    expect((await at(NOW + 30 * DAY_MS)).fingerprint).toBe(first.fingerprint);
    const certificate = new X509Certificate(first.cert);
    expect(certificate.subject).toBe('CN=holdfast-aabbccdd');
    expect(certificate.subjectAltName).toMatch(/DNS:localhost, DNS:holdfast-aabbccdd\.local, IP Address:127\.0\.0\.1/);
    expect(certificate.ca).toBe(false);
    expect(Date.parse(certificate.validFrom)).toBeLessThan(NOW);
  });

  it('is renewed before it ends', async () => {
    const first = await at(NOW);
    expect((await at(NOW + 380 * DAY_MS)).fingerprint).not.toBe(first.fingerprint);
  });

  it('that the owner has brought is never replaced', async () => {
    const other = await mkdtemp(join(tmpdir(), 'holdfast-tls-other-'));
    const owned = await readOrMakeCertificate({ folder: other, unit: '00000001', clock: new ManualClock(NOW) });
    await rm(other, { recursive: true });
    await writeFile(join(folder, 'key.pem'), owned.key);
    await writeFile(join(folder, 'cert.pem'), owned.cert);
    expect((await at(NOW + 1000 * DAY_MS)).fingerprint).toBe(owned.fingerprint);
  });
});
