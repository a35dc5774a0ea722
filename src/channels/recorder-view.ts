import type { Clock } from '../base/clock.ts';
import type { ChannelState, DriveState, Fact, Rates } from '../link/messages.ts';
import type { StreamReport } from '../link/stream-report.ts';

type Hello = Extract<Fact, { kind: 'hello' }>;

/** Rates come each second; a recorder that says nothing for so long hangs, however good its connection looks. */
const SILENT_AFTER_MS = 5_000;

/**
 * What the recorder said last. Nothing here outlives the connection, nor the recorder's silence: while it is away or hangs, nothing is
 * known, and nobody is told that it records.
 */
export class RecorderView {
  readonly #clock: Clock;
  #heardMs = 0;
  #hello: Hello | undefined;
  #rates: Rates | undefined;
  readonly #channels = new Map<string, ChannelState>();
  readonly #reports = new Map<string, StreamReport>();
  readonly #drives = new Map<string, DriveState>();

  constructor(options: { clock: Clock }) {
    this.#clock = options.clock;
  }

  onFact(fact: Fact): void {
    this.#heardMs = this.#clock.monotonicMs();
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
      case 'stream-report':
        this.#reports.set(fact.channelId, fact);
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
    this.#reports.clear();
    this.#drives.clear();
  }

  get hello(): Hello | undefined {
    return this.#ifHeard(this.#hello);
  }

  get rates(): Rates | undefined {
    return this.#ifHeard(this.#rates);
  }

  channel(channelId: string): ChannelState | undefined {
    return this.#ifHeard(this.#channels.get(channelId));
  }

  channelRates(channelId: string): Rates['channels'][number] | undefined {
    return this.rates?.channels.find((channel) => channel.channelId === channelId);
  }

  /** The last one, also of a session that has ended: it says of when it is. */
  streamReport(channelId: string): StreamReport | undefined {
    return this.#reports.get(channelId);
  }

  drive(driveId: string): DriveState | undefined {
    return this.#ifHeard(this.#drives.get(driveId));
  }

  driveRates(driveId: string): Rates['drives'][number] | undefined {
    return this.rates?.drives.find((drive) => drive.driveId === driveId);
  }

  #ifHeard<T>(said: T | undefined): T | undefined {
    return this.#clock.monotonicMs() - this.#heardMs > SILENT_AFTER_MS ? undefined : said;
  }
}
