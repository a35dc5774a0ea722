import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../../src/base/clock.ts';
import type { RtspRequest } from './request-reader.ts';

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** `both`: the client chooses, as on most cameras. */
export type AuthScheme = 'basic' | 'digest' | 'both';

/** How a camera asks for its password. */
export interface AuthOptions {
  readonly credentials: Credentials | undefined;
  readonly scheme: AuthScheme;
  /** `md5`: as RFC 2069 has it, without naming an algorithm; `both`: a challenge for each, the better one first (Hikvision). */
  readonly digest: 'md5' | 'sha-256' | 'both';
  /** RFC 2617's `qop="auth"`, which most cameras do without. */
  readonly hasQop: boolean;
  /** A nonce is stale after that; undefined: never, on its connection. */
  readonly nonceSeconds: number | undefined;
}

/** `stale`: right but for an old nonce; the client may try again with the new one. */
export type AuthResult = 'granted' | 'refused' | 'stale';

type Hash = (text: string) => string;

const REALM = 'Holdfast simulator';
const MD5: Hash = (text) => createHash('md5').update(text).digest('hex');
const SHA_256: Hash = (text) => createHash('sha256').update(text).digest('hex');

/** Who may come in, on one connection. */
export class Doorkeeper {
  readonly #options: AuthOptions;
  readonly #clock: Clock;
  #nonce = newNonce();
  #nonceMadeAtMs: number;

  constructor(options: AuthOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#nonceMadeAtMs = clock.monotonicMs();
  }

  /** Everybody may where there are no credentials. */
  check(request: RtspRequest): AuthResult {
    const { credentials, scheme } = this.#options;
    if (!credentials) return 'granted';
    const header = request.headers.get('authorization') ?? '';
    if (/^basic /i.test(header) && scheme !== 'digest') {
      const expected = Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64');
      return isEqual(header.slice(6).trim(), expected) ? 'granted' : 'refused';
    }
    if (/^digest /i.test(header) && scheme !== 'basic') return this.#checkDigest(request, header, credentials);
    return 'refused';
  }

  /** Lines of `WWW-Authenticate`. */
  challenges(isStale: boolean): string[] {
    const { scheme, digest, hasQop } = this.#options;
    const challenge = (algorithm: string) => {
      const fields = [`realm="${REALM}"`, `nonce="${this.#currentNonce()}"`, algorithm, hasQop ? 'qop="auth"' : ''];
      return `Digest ${[...fields, isStale ? 'stale=true' : ''].filter((field) => field !== '').join(', ')}`;
    };
    const algorithms = { md5: [''], 'sha-256': ['algorithm=SHA-256'], both: ['algorithm=SHA-256', 'algorithm=MD5'] };
    return [
      ...(scheme === 'basic' ? [] : algorithms[digest].map(challenge)),
      ...(scheme === 'digest' ? [] : [`Basic realm="${REALM}"`]),
    ];
  }

  /** RFC 2617, 3.2.2, and RFC 7616. The client's own `uri` counts: some send a path, some the whole address. */
  #checkDigest(request: RtspRequest, header: string, credentials: Credentials): AuthResult {
    const fields = parseFields(header.slice('digest '.length));
    const hash = this.#hashOf(fields.get('algorithm'));
    if (!hash || fields.has('qop') !== this.#options.hasQop) return 'refused';
    const ha1 = hash(`${credentials.user}:${REALM}:${credentials.password}`);
    const ha2 = hash(`${request.method}:${fields.get('uri') ?? ''}`);
    const theirNonce = fields.get('nonce') ?? '';
    const middle = fields.has('qop')
      ? `${theirNonce}:${fields.get('nc')}:${fields.get('cnonce')}:${fields.get('qop')}`
      : theirNonce;
    const isRight = fields.get('username') === credentials.user && fields.get('realm') === REALM;
    if (!isRight || !isEqual(fields.get('response') ?? '', hash(`${ha1}:${middle}:${ha2}`))) return 'refused';
    return theirNonce === this.#currentNonce() ? 'granted' : 'stale';
  }

  /** Undefined for an algorithm that was not offered. */
  #hashOf(algorithm: string | undefined): Hash | undefined {
    const { digest } = this.#options;
    const wanted = algorithm?.toUpperCase() ?? 'MD5';
    if (wanted === 'MD5') return digest === 'sha-256' ? undefined : MD5;
    return wanted === 'SHA-256' && digest !== 'md5' ? SHA_256 : undefined;
  }

  #currentNonce(): string {
    const { nonceSeconds } = this.#options;
    const nowMs = this.#clock.monotonicMs();
    if (nonceSeconds !== undefined && nowMs - this.#nonceMadeAtMs > nonceSeconds * 1000) {
      this.#nonce = newNonce();
      this.#nonceMadeAtMs = nowMs;
    }
    return this.#nonce;
  }
}

function newNonce(): string {
  return randomBytes(16).toString('hex');
}

function parseFields(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const match of text.matchAll(/(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))/g)) {
    fields.set(match[1]!.toLowerCase(), match[2] ?? match[3] ?? '');
  }
  return fields;
}

function isEqual(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
