import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { writeFileAtomic } from '../base/atomic-file.ts';
import { AppError, errnoCode } from '../base/errors.ts';

const PREFIX = 'sealed:1:';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Seals camera passwords with a key that never leaves this unit: a copied settings file gives nothing away. AES-256-GCM. */
export interface SecretBox {
  /** The empty text stays empty. `context` (the channel's id) is bound in: a sealed text moved to another channel does not open. */
  seal(plain: string, context: string): string;
  /** A text that was never sealed comes back as it is. */
  open(text: string, context: string): string;
}

export function isSealed(text: string): boolean {
  return text === '' || text.startsWith(PREFIX);
}

export function createSecretBox(key: Buffer): SecretBox {
  return {
    seal(plain, context) {
      if (plain === '') return '';
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
      const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return PREFIX + Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
    },
    open(text, context) {
      if (!text.startsWith(PREFIX)) return text;
      const bytes = Buffer.from(text.slice(PREFIX.length), 'base64');
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), {
          authTagLength: TAG_BYTES,
        });
        decipher.setAAD(Buffer.from(context));
        decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
        const rest = bytes.subarray(NONCE_BYTES + TAG_BYTES);
        return Buffer.concat([decipher.update(rest), decipher.final()]).toString('utf8');
      } catch (error) {
        throw new AppError('corrupt', `password of channel ${context}: was not sealed with the key of this unit`, {
          cause: error,
        });
      }
    },
  };
}

/** The unit's key, made at the first start; readable by its owner alone. */
export async function readOrCreateUnitKey(path: string): Promise<Buffer> {
  try {
    const key = Buffer.from((await readFile(path, 'utf8')).trim(), 'hex');
    if (key.length !== KEY_BYTES)
      throw new AppError('corrupt', `${path}: expected ${KEY_BYTES * 2} hexadecimal digits`);
    return key;
  } catch (error) {
    if (errnoCode(error) !== 'ENOENT') throw error;
  }
  const key = randomBytes(KEY_BYTES);
  await writeFileAtomic(path, `${key.toString('hex')}\n`, 0o600);
  return key;
}
