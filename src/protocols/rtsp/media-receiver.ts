import type { AccessUnit, AudioFormat, VideoFormat } from '../../media/access-unit.ts';
import { isRtcpType, readRtcp } from '../../media/rtp/rtcp.ts';
import { RtpPacket, readRtpPacket } from '../../media/rtp/rtp.ts';
import type { AudioSink } from '../../media/sound/audio-sink.ts';
import type { VideoRemark } from '../../media/video/video-remark.ts';
import type { VideoSink } from '../../media/video/video-sink.ts';
import { type LanePlace, MediaLane, type SenderReportHint } from './media-lane.ts';
import { depacketiserOf } from './track-depacketiser.ts';
import type { Track } from './tracks.ts';

export interface StreamFormats {
  readonly video?: VideoFormat;
  readonly audio?: AudioFormat;
}

export interface MediaReceiverOptions {
  /** Before the first unit, and before each unit that needs another format. */
  readonly onFormat: (formats: StreamFormats) => void;
  readonly onUnit: (unit: AccessUnit) => void;
  /** Once for each remark. */
  readonly onRemark?: ((remark: VideoRemark) => void) | undefined;
  readonly onSenderReport?: ((report: SenderReportHint) => void) | undefined;
}

/**
 * The first pictures wait so long for the first packet of sound: otherwise most recordings would begin with a file without sound,
 * closed a moment later because sound came. Cameras whose microphone is off describe sound, too, and never send it.
 */
const SOUND_WAIT_MS = 500;
/** Above the frame rate of any camera times that wait. */
const MAX_WAITING_UNITS = 128;

/** A camera whose old sessions all live on has a handful of senders. */
const MAX_SUSPECTS = 8;

/**
 * Receives the tracks of one session: finds the track of an interleaved channel, and holds sound back until the first picture can be
 * decoded, so that a recording never begins with sound alone.
 */
export class MediaReceiver implements VideoSink, AudioSink {
  readonly #options: MediaReceiverOptions;
  /** By interleaved channel. Several tracks share one where a camera answers the same channel twice; payload types tell them apart. */
  readonly #lanesOfChannel: MediaLane[][] = [];
  readonly #lanes: MediaLane[] = [];
  readonly #suspects = new Set<number>();
  readonly #suspectedPacket = new RtpPacket();
  readonly #remarks = new Set<VideoRemark>();
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

  /** Of the picture alone. */
  get videoPackets(): number {
    return this.#lanes.reduce((sum, { kind, receiver }) => sum + (kind === 'video' ? receiver.packetsReceived : 0), 0);
  }

  get payloadBytes(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.receiver.payloadBytes, 0);
  }

  get packetsLost(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.receiver.sequence.packetsLost, 0);
  }

  get packetsLate(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.receiver.sequence.packetsLate, 0);
  }

  get framesIncomplete(): number {
    return this.#lanes.reduce((sum, lane) => sum + (lane.depacketiser.framesIncomplete ?? 0), 0);
  }

  get framesMalformed(): number {
    return this.#lanes.reduce((sum, lane) => sum + (lane.depacketiser.framesMalformed ?? 0), 0);
  }

  /** Pictures for either reason, and packets of sound. */
  get framesDropped(): number {
    const sound = this.#lanes.reduce((sum, lane) => sum + (lane.depacketiser.framesDropped ?? 0), 0);
    return sound + this.framesIncomplete + this.framesMalformed;
  }

  /** `place` completes what is known of the track's place: by default RTCP comes in the channel behind that of the media. */
  addTrack(track: Track, channel: number, ssrc: number | undefined, place: Partial<LanePlace> = {}): void {
    const whole: LanePlace = { channel, rtcpChannel: channel + 1, ssrc, isDatagrams: false, ...place };
    const lane = new MediaLane(track, whole, depacketiserOf(track, this), this.#suspects);
    if (lane.kind === 'video') this.#hasVideoTrack = true;
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

  /** What comes before there is a session is for another viewer: who sends it is not taken for our sender. */
  suspect(bytes: Buffer, start: number, end: number): void {
    if (end - start < 2 || isRtcpType(bytes[start + 1]!) || this.#suspects.size === MAX_SUSPECTS) return;
    if (readRtpPacket(bytes, start, end, this.#suspectedPacket)) this.#suspects.add(this.#suspectedPacket.ssrc);
  }

  /** When `expire` is to be called, if no packet comes before. */
  get deadlineMs(): number | undefined {
    let first: number | undefined;
    for (let i = 0; i < this.#lanes.length; i++) {
      const deadlineMs = this.#lanes[i]!.receiver.deadlineMs;
      if (deadlineMs !== undefined && (first === undefined || deadlineMs < first)) first = deadlineMs;
    }
    return first;
  }

  /** Goes on without packets that have been waited for too long. */
  expire(nowMonotonicMs: number): void {
    for (const lane of this.#lanes) lane.receiver.expire(nowMonotonicMs);
  }

  /** What the camera is told about what came: one report for each track that was heard, and the channel to send it in. */
  receiverReports(ssrc: number, cname: string, nowMonotonicMs: number): { rtcpChannel: number; bytes: Buffer }[] {
    return this.#lanes.flatMap((lane) => {
      const bytes = lane.receiverReport(ssrc, cname, nowMonotonicMs);
      return bytes === undefined ? [] : [{ rtcpChannel: lane.place.rtcpChannel, bytes }];
    });
  }

  onVideoFormat(format: VideoFormat): void {
    this.#flush();
    this.#video = format;
    this.#isFormatAnnounced = false;
  }

  onVideoUnit(unit: AccessUnit): void {
    if (this.#isWaitingForSound) this.#waitForSound(unit);
    else this.#deliver(unit);
  }

  onVideoRemark(remark: VideoRemark): void {
    if (this.#remarks.has(remark)) return;
    this.#remarks.add(remark);
    this.#options.onRemark?.(remark);
  }

  onAudioFormat(format: AudioFormat): void {
    this.#audio = format;
    this.#isFormatAnnounced = false;
  }

  onAudioUnit(unit: AccessUnit): void {
    // Its format is known now, so that pictures need not wait for it.
    this.#isWaitingForSound = false;
    this.#flush();
    if (this.#hasVideoTrack && this.#video === undefined) return;
    this.#deliver(unit);
  }

  /** Delivers what still waits; to be called when no more packets come. */
  finish(): void {
    for (const lane of this.#lanes) lane.receiver.flush();
    this.#flush();
  }

  /** Delivers the units that wait for others. */
  #flush(): void {
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
      if (packet.kind === 'sender-report') {
        // By channel and sender: some cameras give picture and sound the same SSRC.
        const lane = this.#lanes.find((one) => one.isAbout(channel, packet.ssrc));
        const hint = lane?.takeSenderReport(packet, arrivalMonotonicMs);
        if (hint !== undefined) this.#options.onSenderReport?.(hint);
      } else if (packet.kind === 'goodbye') {
        const isOurs = packet.ssrcs.some((ssrc) => this.#lanes.some((lane) => lane.isAbout(channel, ssrc)));
        if (isOurs) this.goodbyeMs = arrivalMonotonicMs;
      }
    }
  }

  #waitForSound(unit: AccessUnit): void {
    this.#waiting.push(unit);
    const waitedMs = unit.arrivalMonotonicMs - this.#waiting[0]!.arrivalMonotonicMs;
    if (waitedMs < SOUND_WAIT_MS && this.#waiting.length < MAX_WAITING_UNITS) return;
    this.#isWaitingForSound = false;
    this.#flush();
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
