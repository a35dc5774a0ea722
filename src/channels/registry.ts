import { AppError } from '../base/errors.ts';
import type { Model } from '../board/model.ts';
import { cameraAddressProblem, splitCameraAddress } from '../config/camera-address.ts';
import { newChannelId } from '../config/channel-id.ts';
import { plainFingerprint } from '../config/fingerprint.ts';
import { scheduleProblem } from '../config/schedule-check.ts';
import { type ChannelSettings, DEFAULT_CHANNEL, type Settings } from '../config/settings.ts';
import type { SettingsStore } from '../config/settings-store.ts';
import { transportProblem } from '../config/transport-check.ts';
import { type AdmissionLimits, refuseAdmission } from './admission.ts';

/** What people say about a new channel; the rest has defaults. */
export interface NewChannel {
  readonly number?: number;
  readonly name: string;
  /** May carry `user:password@`, as camera makers print it. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  readonly transport?: ChannelSettings['transport'];
  /** Colons and capitals are taken out. */
  readonly certificate?: string | null;
  readonly allotmentMbps: number;
  readonly schedule?: ChannelSettings['schedule'];
  readonly bays?: string[];
  readonly isEnabled?: boolean;
}

/** All channels of the unit. Every change passes admission before it is written, and is planned after. */
export class ChannelRegistry {
  readonly #options: ChannelRegistryOptions;

  constructor(options: ChannelRegistryOptions) {
    this.#options = options;
  }

  get all(): readonly ChannelSettings[] {
    return this.#options.settings.current.channels;
  }

  find(number: number): ChannelSettings | undefined {
    return this.all.find((channel) => channel.number === number);
  }

  get(number: number): ChannelSettings {
    const channel = this.find(number);
    if (!channel) throw new AppError('not-found', `channel ${number}: does not exist`);
    return channel;
  }

  async add(wanted: NewChannel): Promise<ChannelSettings> {
    const tidied = tidy(wanted);
    return this.#write((settings) => {
      const number = wanted.number ?? lowestFree(settings.channels);
      const channel: ChannelSettings = {
        ...DEFAULT_CHANNEL,
        id: newChannelId(wanted.name),
        ...tidied,
        number,
      };
      this.#check(settings.channels, channel);
      return { channel, channels: [...settings.channels, channel] };
    });
  }

  async change(number: number, patch: Partial<NewChannel>): Promise<ChannelSettings> {
    const tidied = tidy(patch);
    return this.#write((settings) => {
      const before = this.get(number);
      const channel: ChannelSettings = { ...before, ...tidied };
      const others = settings.channels.filter((other) => other !== before);
      this.#check(others, channel);
      return { channel, channels: settings.channels.map((other) => (other === before ? channel : other)) };
    });
  }

  /** Its footage stays until room or age deletes it. */
  async remove(number: number): Promise<void> {
    await this.#write((settings) => {
      const channel = this.get(number);
      return { channel, channels: settings.channels.filter((other) => other !== channel) };
    });
  }

  async #write(
    change: (settings: Settings) => { channel: ChannelSettings; channels: ChannelSettings[] },
  ): Promise<ChannelSettings> {
    let id = '';
    let removed: ChannelSettings | undefined;
    const settings = await this.#options.settings.update((before) => {
      const { channel, channels } = change(before);
      id = channel.id;
      removed = channel;
      return { ...before, channels };
    });
    await this.#options.onChange();
    return settings.channels.find((channel) => channel.id === id) ?? removed!;
  }

  #check(others: readonly ChannelSettings[], channel: ChannelSettings): void {
    const { model } = this.#options;
    const problem = cameraAddressProblem(channel.url);
    if (problem !== undefined) throw new AppError('bad-input', `url: ${problem}`);
    const wrongTransport = transportProblem(channel);
    if (wrongTransport !== undefined) throw new AppError('bad-input', `transport: ${wrongTransport}`);
    const wrongSchedule = channel.schedule && scheduleProblem(channel.schedule);
    if (wrongSchedule) throw new AppError('bad-input', `schedule: ${wrongSchedule}`);
    const unknownBay = unknownBayProblem(channel, model);
    if (unknownBay !== undefined) throw new AppError('bad-input', unknownBay);
    const refusal = refuseAdmission(model, others, channel);
    if (refusal !== undefined) throw new AppError('conflict', refusal);
  }
}

export interface ChannelRegistryOptions {
  readonly settings: SettingsStore;
  readonly model: Model & AdmissionLimits;
  /** Makes the plan anew. */
  readonly onChange: () => Promise<void>;
}

/** The same checks for a settings file that was written by hand, or comes from a larger model. Undefined when all fits. */
export function settingsProblem(settings: Settings, model: Model): string | undefined {
  for (const [index, channel] of settings.channels.entries()) {
    const refusal =
      unknownBayProblem(channel, model) ?? refuseAdmission(model, settings.channels.slice(0, index), channel);
    if (refusal !== undefined) return `channels[${index}] ("${channel.name}"): ${refusal}`;
  }
  return undefined;
}

function unknownBayProblem(channel: ChannelSettings, model: Model): string | undefined {
  const known = model.bays.map((bay) => bay.id);
  const unknown = channel.bays.find((bay) => !known.includes(bay));
  return unknown === undefined ? undefined : `bays: "${unknown}" is not allowed, expected ${known.join(', ')}`;
}

function lowestFree(channels: readonly ChannelSettings[]): number {
  const taken = new Set(channels.map((channel) => channel.number));
  let number = 1;
  while (taken.has(number)) number++;
  return number;
}

/** What people typed, as the settings hold it: without what was left out, the address and its credentials apart. */
function tidy<T extends Partial<NewChannel>>(typed: T) {
  const { url, certificate } = typed;
  return {
    ...dropUndefined(typed),
    ...(url === undefined ? {} : splitCameraAddress(url)),
    ...(typeof certificate === 'string' ? { certificate: plainFingerprint(certificate) } : {}),
  };
}

function dropUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
