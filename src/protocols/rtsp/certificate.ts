import { constants } from 'node:crypto';
import { isIP } from 'node:net';
import { type ConnectionOptions, DEFAULT_CIPHERS, type TLSSocket } from 'node:tls';
import { AppError } from '../../base/errors.ts';

/*
 * Cameras sign their certificates themselves, so there is no authority to ask. What can be known is whether it is the same one as
 * before: the first certificate is kept (by whoever uses this), and another one is refused before anything is sent.
 *
 * There is one full handshake for each connection: sessions are never resumed, because a resumed one shows no certificate.
 */

export interface CertificateCheck {
  /** SHA-256 of the certificate that must be shown, 64 hexadecimal digits; undefined: any, because none is known yet. */
  readonly expected: string | undefined;
  /** The certificate of each connection that was opened, once it has passed. */
  onAccepted(sha256: string): void;
}

/** The camera shows another certificate than the one that is expected. */
export class CertificateError extends AppError {
  readonly shown: string;

  constructor(peer: string, expected: string, shown: string) {
    super(
      'protocol',
      `${peer} shows another certificate (SHA-256 ${shortFingerprint(shown)}) than the one that is expected ` +
        `(${shortFingerprint(expected)}); nothing was sent. If the camera was replaced, reset or renewed its certificate, ` +
        `accept the new one for this channel; if not, somebody stands between the recorder and the camera`,
    );
    this.name = 'CertificateError';
    this.shown = shown;
  }
}

/** Throws CertificateError, or AppError `protocol` where no certificate is shown. */
export function checkCertificate(socket: TLSSocket, peer: string, check: CertificateCheck): void {
  const shown = socket.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase();
  if (shown === undefined) throw new AppError('protocol', `${peer} shows no certificate`);
  if (check.expected !== undefined && check.expected.toLowerCase() !== shown) {
    throw new CertificateError(peer, check.expected, shown);
  }
  check.onAccepted(shown);
}

/** Enough of it to compare by eye with what the camera's own page shows. */
export function shortFingerprint(sha256: string): string {
  return `${sha256.slice(0, 16)}…`;
}

/**
 * TLS 1.2 is the least. The handshakes of 1.0 and 1.1 are signed over MD5 with SHA-1, which somebody between can forge whatever certificate
 * is pinned: a camera that knows nothing newer gets a message that says so.
 */
const MIN_TLS_VERSION = 'TLSv1.2';

/**
 * Within it, what embedded stacks of the last ten years need is let through: handshakes signed over SHA-1 (OpenSSL's security level 0; to
 * forge one, a collision would have to be found while the camera waits), and servers that do not know RFC 5746. Ciphers without
 * authentication or encryption, RC4, DES and MD5 are not in Node's list. Renegotiation is refused: another certificate could come with
 * it after the check.
 */
const CIPHERS = `${DEFAULT_CIPHERS}:@SECLEVEL=0`;
const SECURE_OPTIONS = constants.SSL_OP_LEGACY_SERVER_CONNECT | constants.SSL_OP_NO_RENEGOTIATION;

export function tlsOptions(host: string): ConnectionOptions {
  return {
    minVersion: MIN_TLS_VERSION,
    ciphers: CIPHERS,
    secureOptions: SECURE_OPTIONS,
    // The certificate is compared with the one that is known, in checkCertificate.
    rejectUnauthorized: false,
    ...(isIP(host) === 0 && { servername: host }),
  };
}
