import { AppError } from '../base/errors.ts';
import { SETTINGS_VERSION } from './settings.ts';

type Raw = Record<string, unknown>;

/** From the version of the key to the next. Only the version before the present one is kept: older units update step by step. */
const MIGRATIONS: Readonly<Record<number, (old: Raw) => Raw>> = {};

/** Settings of the version before are brought up; a file without a version is taken for the present one. */
export function migrate(
  raw: Raw,
  fileName: string,
  target: { version: number; steps: Readonly<Record<number, (old: Raw) => Raw>> } = {
    version: SETTINGS_VERSION,
    steps: MIGRATIONS,
  },
): Raw {
  const version = raw.version ?? target.version;
  if (version === target.version) return { ...raw, version };
  const step = typeof version === 'number' ? target.steps[version] : undefined;
  if (step && version === target.version - 1) return { ...step(raw), version: target.version };
  throw new AppError(
    'bad-input',
    `${fileName}: version: ${JSON.stringify(version)} is not allowed, expected ${target.version}${
      typeof version === 'number' && version > target.version ? ' (the file is from a newer firmware)' : ''
    }`,
  );
}
