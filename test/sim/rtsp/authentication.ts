import { createHash, timingSafeEqual } from 'node:crypto';
import type { RtspRequest } from './request-reader.ts';

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** `both`: the client chooses, as on most cameras. */
export type AuthScheme = 'basic' | 'digest' | 'both';

const REALM = 'Holdfast simulator';

/** Lines of `WWW-Authenticate`. Digest without `qop`, as cameras ask for it (RFC 2069's form). */
export function challenges(scheme: AuthScheme, nonce: string, isStale: boolean): string[] {
  const digest = `Digest realm="${REALM}", nonce="${nonce}"${isStale ? ', stale=true' : ''}`;
  const basic = `Basic realm="${REALM}"`;
  return scheme === 'both' ? [digest, basic] : [scheme === 'digest' ? digest : basic];
}

/** `stale`: right but for a nonce of an earlier connection; the client may try again with the new one. */
export type AuthResult = 'granted' | 'refused' | 'stale';

export function checkAuthorization(
  request: RtspRequest,
  credentials: Credentials,
  scheme: AuthScheme,
  nonce: string,
): AuthResult {
  const header = request.headers.get('authorization') ?? '';
  if (/^basic /i.test(header) && scheme !== 'digest') {
    const expected = Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64');
    return isEqual(header.slice(6).trim(), expected) ? 'granted' : 'refused';
  }
  if (/^digest /i.test(header) && scheme !== 'basic') return checkDigest(request, header, credentials, nonce);
  return 'refused';
}

/** RFC 2617, 3.2.2, with MD5. The client's own `uri` counts: some send a path, some the whole address. */
function checkDigest(request: RtspRequest, header: string, credentials: Credentials, nonce: string): AuthResult {
  const fields = parseFields(header.slice(7));
  const ha1 = md5(`${credentials.user}:${REALM}:${credentials.password}`);
  const ha2 = md5(`${request.method}:${fields.get('uri') ?? ''}`);
  const theirNonce = fields.get('nonce') ?? '';
  const middle = fields.has('qop')
    ? `${theirNonce}:${fields.get('nc')}:${fields.get('cnonce')}:${fields.get('qop')}`
    : theirNonce;
  const isRight = fields.get('username') === credentials.user && fields.get('realm') === REALM;
  if (!isRight || !isEqual(fields.get('response') ?? '', md5(`${ha1}:${middle}:${ha2}`))) return 'refused';
  return theirNonce === nonce ? 'granted' : 'stale';
}

function parseFields(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const match of text.matchAll(/(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))/g)) {
    fields.set(match[1]!.toLowerCase(), match[2] ?? match[3] ?? '');
  }
  return fields;
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

function isEqual(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
