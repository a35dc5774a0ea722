import { createHash } from 'node:crypto';
import { headerOf, type RtspRequest } from '../../../src/protocols/rtsp/message.ts';
import type { Answer } from './script.ts';

export const ADMIN = { username: 'admin', password: 'secret' };

/** Whether a request is signed rightly for this nonce, as a camera without `qop` would check it. */
export function isSigned(request: RtspRequest, nonce: string, algorithm: 'md5' | 'sha256' = 'md5'): boolean {
  const hash = (text: string) => createHash(algorithm).update(text).digest('hex');
  const value = headerOf(request, 'Authorization') ?? '';
  const expected = hash(`${hash('admin:cam:secret')}:${nonce}:${hash(`${request.method}:${request.url}`)}`);
  return value.startsWith('Digest ') && value.includes(`nonce="${nonce}"`) && value.includes(`response="${expected}"`);
}

export function refuse(...challenges: readonly string[]): Answer {
  return { status: 401, headers: challenges.map((challenge) => ['WWW-Authenticate', challenge] as const) };
}
