import type { Fact } from '../link/messages.ts';
import type { LinkPeer } from '../link/server.ts';
import type { Stretch, TimedUnit } from './time/timed-unit.ts';

/** More watches than 64 channels and 64 clients could need are a fault of the client. */
const MAX_WATCHES = 4_096;

interface Watch {
  readonly peer: LinkPeer;
  readonly watchId: number;
  readonly channelId: string;
  stretch: Stretch | undefined;
  /** A slow client has lost frames, and goes on with the next key frame. */
  isWaitingForKey: boolean;
}

/** Gives the units of watched channels to who watches them. Nothing crosses for a channel that nobody watches. */
export class LiveHub {
  readonly #byChannel = new Map<string, Watch[]>();
  #count = 0;

  /** Begins with `backlog`, the units since the last key frame, so that the first picture comes at once. */
  watch(peer: LinkPeer, watchId: number, channelId: string, backlog: readonly TimedUnit[]): void {
    if (this.#count >= MAX_WATCHES) return;
    this.unwatch(peer, watchId);
    const watch: Watch = { peer, watchId, channelId, stretch: undefined, isWaitingForKey: true };
    const watches = this.#byChannel.get(channelId) ?? [];
    this.#byChannel.set(channelId, [...watches, watch]);
    this.#count++;
    for (const timed of backlog) deliver(watch, timed);
  }

  unwatch(peer: LinkPeer, watchId: number): void {
    this.#remove((watch) => watch.peer === peer && watch.watchId === watchId);
  }

  dropPeer(peer: LinkPeer): void {
    this.#remove((watch) => watch.peer === peer);
  }

  isWatched(channelId: string): boolean {
    return this.#byChannel.has(channelId);
  }

  publish(channelId: string, timed: TimedUnit): void {
    if (this.#count === 0) return;
    const watches = this.#byChannel.get(channelId);
    if (watches === undefined) return;
    for (const watch of watches) deliver(watch, timed);
  }

  #remove(matches: (watch: Watch) => boolean): void {
    for (const [channelId, watches] of this.#byChannel) {
      const rest = watches.filter((watch) => !matches(watch));
      this.#count -= watches.length - rest.length;
      if (rest.length > 0) this.#byChannel.set(channelId, rest);
      else this.#byChannel.delete(channelId);
    }
  }
}

function deliver(watch: Watch, timed: TimedUnit): void {
  const { unit } = timed;
  const isVideoKey = unit.kind === 'video' && unit.isKey;
  if (watch.stretch !== timed.stretch) {
    if (!isVideoKey) return;
    watch.stretch = timed.stretch;
    watch.peer.send(formatFact(watch, timed.stretch));
  }
  if (watch.isWaitingForKey && !isVideoKey) return;
  unit.slab?.keep(); // the socket sends when it can
  watch.isWaitingForKey = !watch.peer.sendUnit({
    watchId: watch.watchId,
    kind: unit.kind,
    isKey: unit.isKey,
    rtpTime: timed.ticks,
    dtsTicks: timed.dtsTicks,
    wallUtcMs: timed.wallUtcMs,
    data: unit.data,
  });
}

function formatFact(watch: Watch, { video, audio }: Stretch): Fact {
  const base64 = (units: readonly Buffer[]) => units.map((bytes) => bytes.toString('base64'));
  return {
    kind: 'live-format',
    watchId: watch.watchId,
    channelId: watch.channelId,
    video: {
      codec: video.codec,
      codecString: video.codecString,
      width: video.width,
      height: video.height,
      clockRate: video.clockRate,
      reorderDepth: video.reorderDepth,
      vps: base64(video.vps),
      sps: base64(video.sps),
      pps: base64(video.pps),
    },
    audio: audio
      ? {
          codec: audio.codec,
          codecString: audio.codecString,
          clockRate: audio.clockRate,
          channels: audio.channels,
          config: audio.config.toString('base64'),
        }
      : null,
  };
}
