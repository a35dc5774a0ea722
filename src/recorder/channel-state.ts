import type { ChannelState } from '../link/messages.ts';
import { NO_PICTURE_MADE } from '../link/stream-words.ts';
import { soundRate } from '../media/sound/audio-format.ts';
import type { StreamFormats } from '../protocols/rtsp/media-receiver.ts';

export interface ChannelFacts {
  readonly channelId: string;
  readonly state: ChannelState['state'];
  /** Why it does not record. */
  readonly problem: { readonly cause: string; readonly detail: string } | undefined;
  readonly presentedCertificate: string | undefined;
  readonly formats: StreamFormats;
}

export function channelState(facts: ChannelFacts, nowUtcMs: number): ChannelState {
  const { video, audio } = facts.formats;
  return {
    kind: 'channel-state',
    channelId: facts.channelId,
    state: facts.state,
    cause: facts.problem?.cause ?? null,
    detail: facts.problem?.detail ?? '',
    sinceUtcMs: nowUtcMs,
    presentedCertificate: facts.presentedCertificate ?? null,
    video: video
      ? { codec: video.codec, codecString: video.codecString, width: video.width, height: video.height }
      : null,
    audio: audio ? { codec: audio.codec, clockRate: soundRate(audio), channels: audio.channels } : null,
  };
}

/** A state is told when it differs from the last one that was; the numbers in its words may differ. */
export function isSameState(a: ChannelFacts | undefined, b: ChannelFacts): boolean {
  return (
    a !== undefined &&
    a.state === b.state &&
    a.problem?.cause === b.problem?.cause &&
    a.problem?.detail.includes(NO_PICTURE_MADE) === b.problem?.detail.includes(NO_PICTURE_MADE) &&
    a.presentedCertificate === b.presentedCertificate &&
    a.formats === b.formats
  );
}
