import { X509Certificate } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { writeFileAtomic } from '../../base/atomic-file.ts';
import type { Clock } from '../../base/clock.ts';
import { errnoCode } from '../../base/errors.ts';
import { DAY_MS } from '../../base/units.ts';

export interface Certificate {
  readonly key: string;
  readonly cert: string;
  /** SHA-256, for the person who compares it with what the browser shows. */
  readonly fingerprint: string;
}

const KEY_FILE = 'key.pem';
const CERT_FILE = 'cert.pem';
/** Browsers refuse certificates that are valid for longer than this. */
const LIFE_DAYS = 397;
const RENEW_DAYS = 30;
/** The clock of a unit may be behind when it makes its certificate. */
const BACKDATE_DAYS = 2;

/** The unit's certificate: one that the owner has put into the folder, or a self-signed one of our own making. */
export async function readOrMakeCertificate(options: {
  folder: string;
  unit: string;
  clock: Clock;
}): Promise<Certificate> {
  const { folder, unit, clock } = options;
  const existing = await readCertificate(folder);
  if (existing && !isOwnAndOld(existing.cert, unit, clock.nowUtcMs())) return existing;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const made = await generate([{ name: 'commonName', value: commonName(unit) }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(clock.nowUtcMs() - BACKDATE_DAYS * DAY_MS),
    notAfterDate: new Date(clock.nowUtcMs() + (LIFE_DAYS - BACKDATE_DAYS) * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: ownNames(unit) },
    ],
  });
  await writeFileAtomic(join(folder, KEY_FILE), made.private, 0o600);
  await writeFileAtomic(join(folder, CERT_FILE), made.cert, 0o600);
  return { key: made.private, cert: made.cert, fingerprint: fingerprintOf(made.cert) };
}

async function readCertificate(folder: string): Promise<Certificate | undefined> {
  try {
    const [key, cert] = await Promise.all([
      readFile(join(folder, KEY_FILE), 'utf8'),
      readFile(join(folder, CERT_FILE), 'utf8'),
    ]);
    return { key, cert, fingerprint: fingerprintOf(cert) };
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** One that the owner has brought is never replaced. */
function isOwnAndOld(cert: string, unit: string, nowUtcMs: number): boolean {
  const { subject, validTo } = new X509Certificate(cert);
  return subject.includes(commonName(unit)) && Date.parse(validTo) < nowUtcMs + RENEW_DAYS * DAY_MS;
}

function ownNames(unit: string): { type: 2 | 7; value?: string; ip?: string }[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return [
    { type: 2, value: 'localhost' },
    { type: 2, value: `${commonName(unit)}.local` },
    ...addresses.filter(({ scopeid }) => !scopeid).map(({ address }) => ({ type: 7 as const, ip: address })),
  ];
}

function commonName(unit: string): string {
  return `holdfast-${unit}`;
}

function fingerprintOf(cert: string): string {
  return new X509Certificate(cert).fingerprint256;
}
