import type { AccessUnit, AudioFormat, VideoFormat } from '../../media/access-unit.ts';
import type { AudioSink } from '../../media/audio-sink.ts';
import { isRtcpType, readRtcp, type SenderReport } from '../../media/rtcp.ts';
import { RtpReceiver } from '../../media/rtp-receiver.ts';
import type { VideoSink } from '../../media/video-assembler.ts';
import { depacketiserOf, type TrackDepacketiser } from './track-depacketiser.ts';
import type { Track } from './tracks.ts';

export interface StreamFormats {
  readonly video?: VideoFormat;
  readonly audio?: AudioFormat;
}

/** What a camera said about its clock: at `ntpUtcMs` of its wall time its media stood at `rtpTime`. A hint; such clocks step and drift. */
export interface SenderReportHint {
  readonly kind: 'video' | 'audio';
  readonly ntpUtcMs: number;
  /** Unwrapped, on the scale of `AccessUnit.rtpTime`. */
  readonly rtpTime: number;
  readonly arrivalMonotonicMs: number;
}

export interface MediaReceiverOptions {
  /** Before the first unit, and before each unit that needs another format. */
  readonly onFormat: (formats: StreamFormats) => void;
  readonly onUnit: (unit: AccessUnit) => void;
  readonly onSenderReport?: ((report: SenderReportHint) => void) | undefined;
}

interface Lane {
  readonly kind: 'video' | 'audio';
  readonly rtcpChannel: number;
  readonly receiver: RtpReceiver;
  readonly depacketiser: TrackDepacketiser;
}

/**
 * The first pictures wait so long for the first packet of sound: otherwise most recordings would begin with a file without sound,
 * closed a moment later because sound came. Cameras whose microphone is off describe sound, too, and never send it.
 */
const SOUND_WAIT_MS = 500;
/** Above the frame rate of any camera times that wait. */
const MAX_WAITING_UNITS = 128;

/**
 * Receives the tracks of one session: finds the track of an interleaved channel, and holds sound back until the first picture can be
 * decoded, so that a recording never begins with sound alone.
 */
export class MediaReceiver implements VideoSink, AudioSink {
  readonly #options: MediaReceiverOptions;
  /** By interleaved channel. Several tracks share one where a camera answers the same channel twice; payload types tell them apart. */
  readonly #lanesOfChannel: Lane[][] = [];
  readonly #lanes: Lane[] = [];
  #hasVideoTrack = false;
  #isWaitingForSound = false;
  #waiting: AccessUnit[] = [];
  #video: VideoFormat | undefined;
  #audio: AudioFormat | undefined;
  #isFormatAnnounced = false;

  videoFrames = 0;
  audioUnits = 0;
  /** When a sender said that it leaves. Some say so and stay. */
  goodbyeMs: number | undefined;

  constructor(options: MediaReceiverOptions) {
    this.#options = options;
  }

  get packetsReceived(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.receiver.packetsReceived, 0);
  }

  get packetsLost(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.receiver.packetsLost, 0);
  }

  get framesDropped(): number {
    return this.#lanes.reduce((sum, lane) => sum + (lane.depacketiser.framesDropped ?? 0), 0);
  }

  addTrack(track: Track, channel: number, ssrc: number | undefined, rtcpChannel: number = channel + 1): void {
    const depacketiser = depacketiserOf(track, this);
    const receiver = new RtpReceiver(track.payloadType, depacketiser, ssrc);
    const lane: Lane = { kind: track.kind === 'video' ? 'video' : 'audio', rtcpChannel, receiver, depacketiser };
    if (track.kind === 'video') this.#hasVideoTrack = true;
    else this.#isWaitingForSound = true;
    this.#lanes.push(lane);
    this.#lanesOfChannel[channel] ??= [];
    this.#lanesOfChannel[channel].push(lane);
  }

  /** Packets of channels that were never set up are passed over. */
  receive(channel: number, bytes: Buffer, start: number, end: number, arrivalMonotonicMs: number): void {
    if (end - start > 1 && isRtcpType(bytes[start + 1]!)) {
      this.#receiveRtcp(channel, bytes, start, end, arrivalMonotonicMs);
      return;
    }
    const lanes = this.#lanesOfChannel[channel];
    if (lanes === undefined) return;
    // Thousands of times a second: no iterator.
    for (let i = 0; i < lanes.length; i++) lanes[i]!.receiver.receive(bytes, start, end, arrivalMonotonicMs);
  }

  onVideoFormat(format: VideoFormat): void {
    this.flush();
    this.#video = format;
    this.#isFormatAnnounced = false;
  }

  onVideoUnit(unit: AccessUnit): void {
    if (this.#isWaitingForSound) this.#waitForSound(unit);
    else this.#deliver(unit);
  }

  onAudioFormat(format: AudioFormat): void {
    this.#audio = format;
    this.#isFormatAnnounced = false;
  }

  onAudioUnit(unit: AccessUnit): void {
    // Its format is known now, so that pictures need not wait for it.
    this.#isWaitingForSound = false;
    this.flush();
    if (this.#hasVideoTrack && this.#video === undefined) return;
    this.#deliver(unit);
  }

  /** Delivers what still waits; to be called when no more packets come. */
  flush(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const unit of waiting) this.#deliver(unit);
  }

  /**
   * Told apart from media by its type: some cameras send both in one channel. What an unknown sender says counts for nothing: Tapo cameras
   * report an SSRC that nobody uses, and old servers report to us what belongs to another viewer.
   */
  #receiveRtcp(channel: number, bytes: Buffer, start: number, end: number, arrivalMonotonicMs: number): void {
    for (const packet of readRtcp(bytes, start, end)) {
      if (packet.kind === 'sender-report') this.#takeSenderReport(channel, packet, arrivalMonotonicMs);
      else if (packet.kind === 'goodbye' && packet.ssrcs.some((ssrc) => this.#laneOf(channel, ssrc) !== undefined)) {
        this.goodbyeMs = arrivalMonotonicMs;
      }
    }
  }

  #takeSenderReport(channel: number, report: SenderReport, arrivalMonotonicMs: number): void {
    const lane = this.#laneOf(channel, report.ssrc);
    const rtpTime = lane?.receiver.unwrap(report.rtpTimestamp);
    if (lane === undefined || rtpTime === undefined || report.ntpUtcMs === undefined) return;
    this.#options.onSenderReport?.({ kind: lane.kind, ntpUtcMs: report.ntpUtcMs, rtpTime, arrivalMonotonicMs });
  }

  /** By channel and sender: some cameras give picture and sound the same SSRC. */
  #laneOf(channel: number, ssrc: number): Lane | undefined {
    return this.#lanes.find(
      (lane) =>
        (lane.rtcpChannel === channel || this.#lanesOfChannel[channel]?.includes(lane)) && lane.receiver.isFrom(ssrc),
    );
  }

  #waitForSound(unit: AccessUnit): void {
    this.#waiting.push(unit);
    const waitedMs = unit.arrivalMonotonicMs - this.#waiting[0]!.arrivalMonotonicMs;
    if (waitedMs < SOUND_WAIT_MS && this.#waiting.length < MAX_WAITING_UNITS) return;
    this.#isWaitingForSound = false;
    this.flush();
  }

  #deliver(unit: AccessUnit): void {
    this.#announceFormats();
    if (unit.kind === 'video') this.videoFrames++;
    else this.audioUnits++;
    this.#options.onUnit(unit);
  }

  #announceFormats(): void {
    if (this.#isFormatAnnounced) return;
    this.#isFormatAnnounced = true;
    this.#options.onFormat({
      ...(this.#video !== undefined && { video: this.#video }),
      ...(this.#audio !== undefined && { audio: this.#audio }),
    });
  }
}
