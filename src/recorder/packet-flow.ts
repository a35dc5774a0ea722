import type { RtspCounters } from '../protocols/rtsp/client-session.ts';

/** Without a packet for so long the flow has ended: another second than a camera with a picture a second needs. */
export const FLOW_ENDS_MS = 3_000;

export type FlowCounters = Pick<RtspCounters, 'videoPackets' | 'videoFrames' | 'framesMalformed'>;

/** What has come of the video track since its last picture. */
export interface Flow {
  /** Since the last packet, or since the session began. */
  readonly silentMs: number;
  /** For how long packets have come of which no picture came. */
  readonly lastedMs: number;
  readonly packets: number;
  /** Pictures that break their format, or exceed a limit. */
  readonly malformed: number;
  /** In this session. */
  readonly hadPictures: boolean;
}

/** Tells a camera that sends nothing from one that sends what no picture can be made of. Asked a few times a second. */
export class PacketFlow {
  #packets = 0;
  #lastPacketMs = 0;
  /** Since when packets have come without a pause. */
  #flowsSinceMs = 0;
  #pictureMs = 0;
  #packetsAtPicture = 0;
  #malformedAtPicture = 0;

  begin(nowMs: number): void {
    this.#packets = 0;
    this.#lastPacketMs = nowMs;
    this.#flowsSinceMs = nowMs;
    this.#pictureMs = nowMs;
    this.#packetsAtPicture = 0;
    this.#malformedAtPicture = 0;
  }

  /** `pictureMs`: when the last picture came, or the session began. */
  note(nowMs: number, pictureMs: number, counters: FlowCounters): Flow {
    const { videoPackets, videoFrames, framesMalformed } = counters;
    if (pictureMs !== this.#pictureMs) {
      this.#pictureMs = pictureMs;
      this.#packetsAtPicture = videoPackets;
      this.#malformedAtPicture = framesMalformed;
    }
    if (videoPackets !== this.#packets) {
      if (nowMs - this.#lastPacketMs > FLOW_ENDS_MS) this.#flowsSinceMs = nowMs;
      this.#lastPacketMs = nowMs;
      this.#packets = videoPackets;
    }
    return {
      silentMs: nowMs - this.#lastPacketMs,
      lastedMs: nowMs - Math.max(pictureMs, this.#flowsSinceMs),
      packets: videoPackets - this.#packetsAtPicture,
      malformed: framesMalformed - this.#malformedAtPicture,
      hadPictures: videoFrames > 0,
    };
  }
}
