import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { type Static, Type } from '@sinclair/typebox';

export const MIN_PASSWORD_CHARS = 12;
/** Hashing takes the same time for any length; this only bounds the request. */
export const MAX_PASSWORD_CHARS = 256;

/** 32 MB and about 100 ms on a small ARM board: dear for who guesses, bearable for who signs in. */
const COST = { N: 2 ** 15, r: 8, p: 1 };
/** Enough for the dearest hash that the schema below allows. */
const MAX_MEMORY_BYTES = 512 * 1024 * 1024;
const KEY_BYTES = 32;

export const PasswordHash = Type.Object({
  algorithm: Type.Literal('scrypt'),
  N: Type.Integer({ minimum: 1024, maximum: 2 ** 17 }),
  r: Type.Integer({ minimum: 1, maximum: 16 }),
  p: Type.Integer({ minimum: 1, maximum: 4 }),
  salt: Type.String({ pattern: '^[0-9a-f]{32}$' }),
  key: Type.String({ pattern: '^[0-9a-f]{64}$' }),
});
export type PasswordHash = Static<typeof PasswordHash>;

export async function hashPassword(password: string): Promise<PasswordHash> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, COST);
  return { algorithm: 'scrypt', ...COST, salt: salt.toString('hex'), key: key.toString('hex') };
}

export async function isPassword(password: string, hash: PasswordHash): Promise<boolean> {
  const key = await derive(password, Buffer.from(hash.salt, 'hex'), hash);
  return timingSafeEqual(key, Buffer.from(hash.key, 'hex'));
}

function derive(password: string, salt: Buffer, cost: { N: number; r: number; p: number }): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { N: cost.N, r: cost.r, p: cost.p, maxmem: MAX_MEMORY_BYTES };
    // The same letters may be typed as different code points on another keyboard.
    scrypt(password.normalize('NFC'), salt, KEY_BYTES, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
