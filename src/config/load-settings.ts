import { AppError } from '../base/errors.ts';
import { describeMismatch } from '../base/schema-error.ts';
import { cameraAddressProblem } from './camera-address.ts';
import { newChannelId } from './channel-id.ts';
import { migrate } from './migrations.ts';
import { scheduleProblem } from './schedule-check.ts';
import { DEFAULT_CHANNEL, DEFAULT_SETTINGS, Settings } from './settings.ts';
import { transportProblem } from './transport-check.ts';

const MAX_PORT = 65_535;

/**
 * Settings out of the text of a file. Left-out fields get their defaults; anything else that is not as the schema says is an
 * error that names the file, the field, its value and what is allowed.
 */
export function parseSettings(text: string, fileName: string): Settings {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    throw new AppError('bad-input', `${fileName}: not valid JSON (${(error as Error).message})`, { cause: error });
  }
  if (!isRecord(raw)) throw new AppError('bad-input', `${fileName}: expected an object of settings`);
  return checkSettings(withDefaults(migrate(raw, fileName)), fileName);
}

/** The checks on a whole: the schema, then what a schema cannot say. */
export function checkSettings(value: unknown, fileName: string): Settings {
  const mismatch = describeMismatch(Settings, value);
  if (mismatch !== undefined) throw new AppError('bad-input', `${fileName}: ${mismatch}`);
  const settings = value as Settings;
  const port = Number(settings.listen.slice(settings.listen.lastIndexOf(':') + 1));
  if (port > MAX_PORT) {
    throw new AppError(
      'bad-input',
      `${fileName}: listen: "${settings.listen}" is not allowed, ports end at ${MAX_PORT}`,
    );
  }
  const numbers = new Map<number, number>();
  const ids = new Map<string, number>();
  for (const [index, channel] of settings.channels.entries()) {
    const field = `channels[${index}]`;
    refuseTwice(numbers, channel.number, index, `${fileName}: ${field}.number`);
    refuseTwice(ids, channel.id, index, `${fileName}: ${field}.id`);
    const problem = cameraAddressProblem(channel.url);
    if (problem !== undefined) throw new AppError('bad-input', `${fileName}: ${field}.url: ${problem}`);
    const wrongTransport = transportProblem(channel);
    if (wrongTransport !== undefined)
      throw new AppError('bad-input', `${fileName}: ${field}.transport: ${wrongTransport}`);
    const wrongSchedule = channel.schedule && scheduleProblem(channel.schedule);
    if (wrongSchedule) throw new AppError('bad-input', `${fileName}: ${field}.schedule: ${wrongSchedule}`);
  }
  return settings;
}

function withDefaults(raw: Record<string, unknown>): unknown {
  const settings = { ...DEFAULT_SETTINGS, ...raw };
  if (!Array.isArray(settings.channels)) return settings;
  const channels = settings.channels.map((channel: unknown) =>
    isRecord(channel) ? { ...DEFAULT_CHANNEL, id: newChannelId(String(channel.name ?? '')), ...channel } : channel,
  );
  return { ...settings, channels };
}

function refuseTwice<K>(seen: Map<K, number>, key: K, index: number, field: string): void {
  const first = seen.get(key);
  if (first !== undefined) {
    throw new AppError('bad-input', `${field}: ${JSON.stringify(key)} is taken already by channels[${first}]`);
  }
  seen.set(key, index);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
