import type { ChannelState, DriveState, Fact, Rates } from '../link/messages.ts';

type Hello = Extract<Fact, { kind: 'hello' }>;

/** What the recorder said last. Nothing here outlives the connection: while the recorder is away, nothing is known. */
export class RecorderView {
  #hello: Hello | undefined;
  #rates: Rates | undefined;
  readonly #channels = new Map<string, ChannelState>();
  readonly #drives = new Map<string, DriveState>();

  onFact(fact: Fact): void {
    switch (fact.kind) {
      case 'hello':
        this.#hello = fact;
        break;
      case 'channel-state':
        this.#channels.set(fact.channelId, fact);
        break;
      case 'rates':
        this.#rates = fact;
        break;
      case 'drive-state':
        this.#drives.set(fact.driveId, fact);
        break;
      default: // events: the catalog's
    }
  }

  onDisconnected(): void {
    this.#hello = undefined;
    this.#rates = undefined;
    this.#channels.clear();
    this.#drives.clear();
  }

  get hello(): Hello | undefined {
    return this.#hello;
  }

  get rates(): Rates | undefined {
    return this.#rates;
  }

  channel(channelId: string): ChannelState | undefined {
    return this.#channels.get(channelId);
  }

  channelRates(channelId: string): Rates['channels'][number] | undefined {
    return this.#rates?.channels.find((channel) => channel.channelId === channelId);
  }

  drive(driveId: string): DriveState | undefined {
    return this.#drives.get(driveId);
  }

  driveRates(driveId: string): Rates['drives'][number] | undefined {
    return this.#rates?.drives.find((drive) => drive.driveId === driveId);
  }
}
