import { createHash, randomBytes } from 'node:crypto';
import { toByteString } from './message.ts';

/** One way in which a server lets itself be convinced: `Digest` or `Basic` with its parameters. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

export type ChallengeVerdict =
  /** `isStale`: the server says that only the nonce was too old. `isNewNonce`: it differs from the one before. */
  | { readonly kind: 'answerable'; readonly isStale: boolean; readonly isNewNonce: boolean }
  /** A sentence for whoever set the camera up. */
  | { readonly kind: 'refused'; readonly reason: string };

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/**
 * Answers challenges for one set of credentials: digest (RFC 7616: SHA-256 before MD5, with or without `qop`) before basic, which
 * is used only where it is allowed, because it shows the password to everybody on the way.
 */
export class Authenticator {
  readonly #credentials: Credentials;
  readonly #isBasicAllowed: boolean;
  #challenge: Challenge | undefined;
  #nonceCount = 0;
  /** One for all answers to a challenge: some servers compute the session key of `MD5-sess` once, from the first. */
  #clientNonce = '';

  constructor(credentials: Credentials, isBasicAllowed: boolean) {
    this.#credentials = credentials;
    this.#isBasicAllowed = isBasicAllowed;
  }

  /** Of the challenge that is answered; undefined: there was none. */
  get scheme(): 'basic' | 'digest' | undefined {
    if (this.#challenge === undefined) return undefined;
    return this.#challenge.scheme === 'basic' ? 'basic' : 'digest';
  }

  /** Takes the values of all `WWW-Authenticate` headers of a 401. */
  takeChallenges(headerValues: readonly string[]): ChallengeVerdict {
    const offered = headerValues.slice(0, MAX_HEADERS).flatMap(parseChallenges);
    if (this.#credentials.username === '' && this.#credentials.password === '') {
      return { kind: 'refused', reason: 'asks for a user name and password, and none is set' };
    }
    const chosen = this.#choose(offered);
    if (chosen === undefined) {
      const schemes = offered.map((challenge) => challenge.scheme).join(', ') || 'nothing';
      const hint = schemes === 'basic' ? ', which is not allowed because it shows the password' : '';
      return { kind: 'refused', reason: `offers ${schemes} to authenticate with${hint}` };
    }
    const nonce = chosen.parameters.get('nonce');
    const isNewNonce = nonce !== this.#challenge?.parameters.get('nonce');
    this.#challenge = chosen;
    this.#nonceCount = 0;
    this.#clientNonce = randomBytes(8).toString('hex');
    return { kind: 'answerable', isStale: chosen.parameters.get('stale')?.toLowerCase() === 'true', isNewNonce };
  }

  /** Value of `Authorization`, once a challenge is known. */
  authorize(method: string, uri: string): string | undefined {
    const challenge = this.#challenge;
    if (challenge === undefined) return undefined;
    const { username, password } = this.#credentials;
    if (challenge.scheme === 'basic') return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    return digestAuthorization({
      challenge,
      credentials: this.#credentials,
      method,
      uri,
      nonceCount: (++this.#nonceCount).toString(16).padStart(8, '0'),
      clientNonce: this.#clientNonce,
    });
  }

  #choose(offered: readonly Challenge[]): Challenge | undefined {
    const digests = offered.filter((challenge) => challenge.scheme === 'digest' && hashOf(challenge) !== undefined);
    return (
      digests.find((challenge) => hashOf(challenge) === 'sha256') ??
      digests[0] ??
      offered.find((challenge) => challenge.scheme === 'basic' && this.#isBasicAllowed)
    );
  }
}

/** Two or three challenges are usual, of 200 bytes each; what a camera sends beyond this is not looked at. */
const MAX_HEADERS = 8;
const MAX_HEADER_CHARACTERS = 4096;

/** Challenges of one header value: several may stand in one line, their parameters separated by the same commas. */
export function parseChallenges(value: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  for (const match of value.slice(0, MAX_HEADER_CHARACTERS).matchAll(PARAMETER_OR_SCHEME)) {
    const [, name, text, quoted, scheme] = match;
    if (scheme !== undefined) challenges.push({ scheme: scheme.toLowerCase(), parameters: new Map() });
    else challenges.at(-1)?.parameters.set(name!.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? text!);
  }
  return challenges;
}

// The look behind makes the search linear: without it, a header of 64 KiB of digits takes ten seconds.
const PARAMETER_OR_SCHEME = /(?<![\w-])(?:([\w-]+)\s*=\s*("((?:[^"\\]|\\.)*)"|[^\s,"]*)|([A-Za-z][\w-]*))/g;

export interface DigestInput {
  readonly challenge: Challenge;
  readonly credentials: Credentials;
  readonly method: string;
  readonly uri: string;
  readonly nonceCount: string;
  readonly clientNonce: string;
}

export function digestAuthorization(input: DigestInput): string {
  const { challenge, credentials, method, uri, nonceCount, clientNonce } = input;
  const { parameters } = challenge;
  const algorithm = parameters.get('algorithm');
  // What the server said is in Latin-1, one character a byte, and goes back as it came; our own text is UTF-8.
  const [username, password, target] = [credentials.username, credentials.password, uri].map(toByteString);
  const hash = (bytes: string) =>
    createHash(hashOf(challenge) ?? 'md5')
      .update(bytes, 'latin1')
      .digest('hex');
  const realm = parameters.get('realm') ?? '';
  const nonce = parameters.get('nonce') ?? '';
  const qop = chooseQop(parameters.get('qop'));
  const secret = hash(`${username}:${realm}:${password}`);
  const isSession = algorithm?.toLowerCase().endsWith('-sess') ?? false;
  const ha1 = isSession ? hash(`${secret}:${nonce}:${clientNonce}`) : secret;
  const ha2 = hash(qop === 'auth-int' ? `${method}:${target}:${hash('')}` : `${method}:${target}`);
  const response =
    qop === undefined
      ? hash(`${ha1}:${nonce}:${ha2}`)
      : hash(`${ha1}:${nonce}:${nonceCount}:${clientNonce}:${qop}:${ha2}`);
  const quoted = (text: string) => `"${text.replace(/[\\"]/g, '\\$&')}"`;
  const parts = [
    `username=${quoted(username!)}`,
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(target!)}`,
    `response="${response}"`,
  ];
  if (algorithm !== undefined) parts.push(`algorithm=${algorithm}`);
  const opaque = parameters.get('opaque');
  if (opaque !== undefined) parts.push(`opaque=${quoted(opaque)}`);
  if (qop !== undefined) parts.push(`qop=${qop}`, `nc=${nonceCount}`);
  if (qop !== undefined || isSession) parts.push(`cnonce="${clientNonce}"`);
  return `Digest ${parts.join(', ')}`;
}

function hashOf(challenge: Challenge): 'md5' | 'sha256' | undefined {
  switch ((challenge.parameters.get('algorithm') ?? 'MD5').toLowerCase()) {
    case 'md5':
    case 'md5-sess':
    case '':
      return 'md5';
    case 'sha-256':
    case 'sha256':
    case 'sha-256-sess':
      return 'sha256';
    default:
      return undefined;
  }
}

/** `auth` wherever it is offered; requests of ours have no body, so that `auth-int` alone can be answered too. */
function chooseQop(offered: string | undefined): 'auth' | 'auth-int' | undefined {
  const options = (offered ?? '').toLowerCase().split(/[\s,]+/);
  if (options.includes('auth')) return 'auth';
  return options.includes('auth-int') ? 'auth-int' : undefined;
}
