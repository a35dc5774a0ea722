import { X509Certificate } from 'node:crypto';
import { generate } from 'selfsigned';

export interface CameraCertificate {
  readonly key: string;
  readonly cert: string;
  /** As options and reports have it: 64 hexadecimal digits. */
  readonly sha256: string;
}

/** Made anew in each run, as a camera makes its own: no key lies in the repository. */
export async function makeCertificate(
  options: { keyType?: 'rsa' | 'ec'; keySize?: number; algorithm?: string } = { keyType: 'ec' },
): Promise<CameraCertificate> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'camera' }], options);
  const sha256 = new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase();
  return { key, cert, sha256 };
}
