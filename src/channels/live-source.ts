import type { ChannelState, LiveUnit } from '../link/messages.ts';
import type { AudioFormat, VideoFormat } from '../media/access-unit.ts';

/** What a camera sends at present, as the units that follow are to be read. */
export interface LiveFormat {
  readonly video: VideoFormat | undefined;
  readonly audio: AudioFormat | undefined;
}

/** Why nothing comes, for whoever watches; `recording` means that it does. */
export interface LiveState {
  readonly state: ChannelState['state'];
  readonly cause: string | null;
  readonly detail: string;
}

/** Called from the event loop and must not throw; a watcher that is slow drops units itself, up to the next key frame. */
export interface LiveWatcher {
  onFormat(format: LiveFormat): void;
  /** From a key frame on, after `onFormat`. */
  onUnit(unit: LiveUnit): void;
  /** Once at the start and whenever it changes. */
  onState(state: LiveState): void;
}

export interface LiveSource {
  /** Live media of a channel until the returned function is called. An unknown channel is reported by `onState`. */
  watch(channelId: string, watcher: LiveWatcher): () => void;
}
