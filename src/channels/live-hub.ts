import type { Command, Fact, LiveUnit } from '../link/messages.ts';
import type { LiveFormat, LiveSource, LiveState, LiveWatcher } from './live-source.ts';

/** What is kept of the present group of pictures, so that who joins later sees a picture at once: 4 s at 16 Mbps. */
const MAX_GROUP_BYTES = 8 * 1024 * 1024;

/** Any number of watchers of a channel share one watch of the recorder: frames cross the link once. */
export class LiveHub implements LiveSource {
  readonly #options: LiveHubOptions;
  readonly #byChannel = new Map<string, Feed>();
  readonly #byWatch = new Map<number, Feed>();
  #nextWatchId = 1;

  constructor(options: LiveHubOptions) {
    this.#options = options;
  }

  watch(channelId: string, watcher: LiveWatcher): () => void {
    let feed = this.#byChannel.get(channelId);
    if (!feed) {
      feed = new Feed(channelId);
      this.#byChannel.set(channelId, feed);
      this.#watchUpstream(feed);
    }
    feed.add(watcher, this.#options.stateOf(channelId));
    return () => this.#leave(channelId, watcher);
  }

  /** A watch does not outlive the connection: all are asked for again. */
  onConnected(): void {
    for (const feed of this.#byChannel.values()) this.#watchUpstream(feed);
  }

  onDisconnected(): void {
    this.#byWatch.clear();
    for (const feed of this.#byChannel.values()) {
      feed.forget();
      feed.onState(this.#options.stateOf(feed.channelId));
    }
  }

  onFact(fact: Fact): void {
    if (fact.kind === 'live-format') {
      this.#byWatch.get(fact.watchId)?.onFormat(liveFormat(fact));
    } else if (fact.kind === 'channel-state') {
      this.#byChannel.get(fact.channelId)?.onState(this.#options.stateOf(fact.channelId));
    }
  }

  onUnit(unit: LiveUnit): void {
    this.#byWatch.get(unit.watchId)?.onUnit(unit);
  }

  #leave(channelId: string, watcher: LiveWatcher): void {
    const feed = this.#byChannel.get(channelId);
    if (!feed?.remove(watcher) || !feed.isEmpty) return;
    this.#byChannel.delete(channelId);
    this.#byWatch.delete(feed.watchId);
    this.#options.send({ kind: 'unwatch', watchId: feed.watchId });
  }

  #watchUpstream(feed: Feed): void {
    const watchId = this.#nextWatchId++;
    this.#byWatch.delete(feed.watchId);
    feed.watchId = watchId;
    this.#byWatch.set(watchId, feed);
    // While the recorder is away this is false; `onConnected` asks again.
    this.#options.send({ kind: 'watch', watchId, channelId: feed.channelId });
  }
}

export interface LiveHubOptions {
  readonly send: (command: Command) => boolean;
  readonly stateOf: (channelId: string) => LiveState;
}

/** One channel as it comes over the link, and those who watch it. */
class Feed {
  readonly channelId: string;
  watchId = 0;
  readonly #watchers = new Set<LiveWatcher>();
  /** Those that have seen the key frame of the present group. */
  readonly #running = new Set<LiveWatcher>();
  #format: LiveFormat | undefined;
  #group: LiveUnit[] = [];
  #groupBytes = 0;

  constructor(channelId: string) {
    this.channelId = channelId;
  }

  get isEmpty(): boolean {
    return this.#watchers.size === 0;
  }

  add(watcher: LiveWatcher, state: LiveState): void {
    this.#watchers.add(watcher);
    watcher.onState(state);
    if (!this.#format) return;
    watcher.onFormat(this.#format);
    if (this.#group.length === 0) return;
    this.#running.add(watcher);
    for (const unit of this.#group) watcher.onUnit(unit);
  }

  remove(watcher: LiveWatcher): boolean {
    this.#running.delete(watcher);
    return this.#watchers.delete(watcher);
  }

  onState(state: LiveState): void {
    for (const watcher of this.#watchers) watcher.onState(state);
  }

  onFormat(format: LiveFormat): void {
    this.forget();
    this.#format = format;
    for (const watcher of this.#watchers) watcher.onFormat(format);
  }

  onUnit(unit: LiveUnit): void {
    const isStart = unit.isKey && (unit.kind === 'video' || !this.#format?.video);
    if (isStart) {
      this.#group = [];
      this.#groupBytes = 0;
      for (const watcher of this.#watchers) this.#running.add(watcher);
    }
    for (const watcher of this.#running) watcher.onUnit(unit);
    this.#keep(unit, isStart);
  }

  forget(): void {
    this.#format = undefined;
    this.#group = [];
    this.#groupBytes = 0;
    this.#running.clear();
  }

  /** A group beyond the limit is not kept at all: half of one cannot be decoded. Who joins then waits for the next key frame. */
  #keep(unit: LiveUnit, isStart: boolean): void {
    if (!isStart && this.#group.length === 0) return;
    this.#groupBytes += unit.data.length;
    if (this.#groupBytes > MAX_GROUP_BYTES) this.#group = [];
    else this.#group.push(unit);
  }
}

function liveFormat(fact: Extract<Fact, { kind: 'live-format' }>): LiveFormat {
  const bytes = (text: string) => Buffer.from(text, 'base64');
  const { video, audio } = fact;
  return {
    video: video
      ? { ...video, kind: 'video', vps: video.vps.map(bytes), sps: video.sps.map(bytes), pps: video.pps.map(bytes) }
      : undefined,
    audio: audio ? { ...audio, kind: 'audio', config: bytes(audio.config) } : undefined,
  };
}
