import type { AccessUnit, AudioFormat, VideoFormat } from '../../media/access-unit.ts';
import type { AudioSink } from '../../media/audio-sink.ts';
import { RtpReceiver } from '../../media/rtp-receiver.ts';
import type { VideoSink } from '../../media/video-assembler.ts';
import { depacketiserOf, type TrackDepacketiser } from './track-depacketiser.ts';
import type { Track } from './tracks.ts';

export interface StreamFormats {
  readonly video?: VideoFormat;
  readonly audio?: AudioFormat;
}

export interface MediaReceiverOptions {
  /** Before the first unit, and before each unit that needs another format. */
  readonly onFormat: (formats: StreamFormats) => void;
  readonly onUnit: (unit: AccessUnit) => void;
}

interface Lane {
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

  addTrack(track: Track, channel: number, ssrc: number | undefined): void {
    const depacketiser = depacketiserOf(track, this);
    const lane: Lane = { receiver: new RtpReceiver(track.payloadType, depacketiser, ssrc), depacketiser };
    if (track.kind === 'video') this.#hasVideoTrack = true;
    else this.#isWaitingForSound = true;
    this.#lanes.push(lane);
    this.#lanesOfChannel[channel] ??= [];
    this.#lanesOfChannel[channel].push(lane);
  }

  /** Packets of channels that were never set up, among them RTCP, are passed over. */
  receive(channel: number, bytes: Buffer, start: number, end: number, arrivalMonotonicMs: number): void {
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
