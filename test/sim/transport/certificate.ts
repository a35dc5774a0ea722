import { X509Certificate } from 'node:crypto';
import { generate } from 'selfsigned';

export interface CameraCertificate {
  readonly key: string;
  readonly cert: string;
  /** SHA-256, 64 hexadecimal digits in lower case. */
  readonly fingerprint: string;
}

/** Self-signed and made by the camera itself, as they come out of the box: nothing in it can be verified but that it stays the same. */
export async function makeCertificate(name: string): Promise<CameraCertificate> {
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
  });
  const fingerprint = new X509Certificate(made.cert).fingerprint256.replaceAll(':', '').toLowerCase();
  return { key: made.private, cert: made.cert, fingerprint };
}
