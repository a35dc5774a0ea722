import { randomInt, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type Static, Type } from '@sinclair/typebox';
import { writeFileAtomic } from '../../base/atomic-file.ts';
import { AppError, errnoCode } from '../../base/errors.ts';
import { describeMismatch } from '../../base/schema-error.ts';
import { hashPassword, isPassword, MIN_PASSWORD_CHARS, PasswordHash } from './password.ts';

const AccountFile = Type.Object({
  version: Type.Literal(1),
  users: Type.Array(Type.Object({ name: Type.Literal('admin'), password: PasswordHash }), { minItems: 1, maxItems: 1 }),
});

/** The one account of the appliance. There is no default password: until one is set, only the code from the console lets in. */
export class Accounts {
  readonly #path: string;
  #password: PasswordHash | undefined;
  #setupCode: string | undefined;

  constructor(options: { path: string }) {
    this.#path = options.path;
  }

  async start(): Promise<void> {
    this.#password = await readAccounts(this.#path);
    if (!this.#password) this.#setupCode = newSetupCode();
  }

  get isSetUp(): boolean {
    return this.#password !== undefined;
  }

  /** For the console; undefined as soon as a password is set. */
  get setupCode(): string | undefined {
    return this.#setupCode;
  }

  async setUp(code: string, password: string): Promise<void> {
    if (this.#setupCode === undefined) throw new AppError('conflict', 'a password is set already: sign in with it');
    if (!isSameText(code, this.#setupCode)) {
      throw new AppError('unauthorized', 'the code is not the one that the console shows');
    }
    if ([...password].length < MIN_PASSWORD_CHARS) {
      throw new AppError(
        'bad-input',
        `password: has ${[...password].length} characters, at least ${MIN_PASSWORD_CHARS} are needed`,
      );
    }
    const hash = await hashPassword(password);
    // Two may have sent the code at once: the first one counts.
    if (this.#setupCode === undefined) throw new AppError('conflict', 'a password is set already: sign in with it');
    this.#setupCode = undefined;
    const users = [{ name: 'admin', password: hash }];
    await writeFileAtomic(this.#path, `${JSON.stringify({ version: 1, users }, null, 2)}\n`, 0o600);
    this.#password = hash;
  }

  async isPassword(password: string): Promise<boolean> {
    if (!this.#password)
      throw new AppError('conflict', 'no password is set yet: set one with the code from the console');
    return isPassword(password, this.#password);
  }
}

async function readAccounts(path: string): Promise<PasswordHash | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new AppError('corrupt', `${path}: not valid JSON`, { cause: error });
  }
  const mismatch = describeMismatch(AccountFile, value);
  if (mismatch !== undefined) throw new AppError('corrupt', `${path}: ${mismatch}`);
  return (value as Static<typeof AccountFile>).users[0]!.password;
}

/** 1234-5678: 26 bits, enough behind the growing delay between attempts. */
function newSetupCode(): string {
  const digits = () => String(randomInt(10_000)).padStart(4, '0');
  return `${digits()}-${digits()}`;
}

/** In a time that does not tell how much of it was right. People leave the dash out. */
function isSameText(given: string, expected: string): boolean {
  const digits = (text: string) => Buffer.from(text.replaceAll(/\D/g, '').padEnd(16).slice(0, 16));
  return timingSafeEqual(digits(given), digits(expected));
}
