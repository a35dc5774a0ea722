import { AacDepacketiser } from '../../media/aac.ts';
import type { AccessUnit, AudioFormat, VideoFormat } from '../../media/access-unit.ts';
import type { AudioSink } from '../../media/audio-sink.ts';
import { G711Depacketiser, g711Format } from '../../media/g711.ts';
import { H264Depacketiser } from '../../media/h264-depacketiser.ts';
import { H264_RULES } from '../../media/h264-parameters.ts';
import { H265Depacketiser } from '../../media/h265-depacketiser.ts';
import { H265_RULES } from '../../media/h265-parameters.ts';
import { ParameterSets } from '../../media/parameter-sets.ts';
import { type Depacketiser, RtpReceiver } from '../../media/rtp-receiver.ts';
import type { VideoSink } from '../../media/video-assembler.ts';
import type { Track, VideoTrack } from './tracks.ts';

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
  readonly depacketiser: Depacketiser & { readonly framesDropped?: number };
}

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
    const depacketiser = this.#depacketiserOf(track);
    const lane: Lane = { receiver: new RtpReceiver(track.payloadType, depacketiser, ssrc), depacketiser };
    if (track.kind === 'video') this.#hasVideoTrack = true;
    this.#lanes.push(lane);
    this.#lanesOfChannel[channel] ??= [];
    this.#lanesOfChannel[channel].push(lane);
  }

  /** Packets of channels that were never set up, among them RTCP, are passed over. */
  receive(channel: number, bytes: Buffer, start: number, end: number, arrivalMonotonicMs: number): void {
    const lanes = this.#lanesOfChannel[channel];
    if (lanes === undefined) return;
    for (const lane of lanes) lane.receiver.receive(bytes, start, end, arrivalMonotonicMs);
  }

  onVideoFormat(format: VideoFormat): void {
    this.#video = format;
    this.#isFormatAnnounced = false;
  }

  onVideoUnit(unit: AccessUnit): void {
    this.#announceFormats();
    this.videoFrames++;
    this.#options.onUnit(unit);
  }

  onAudioFormat(format: AudioFormat): void {
    this.#audio = format;
    this.#isFormatAnnounced = false;
  }

  onAudioUnit(unit: AccessUnit): void {
    if (this.#hasVideoTrack && this.#video === undefined) return;
    this.#announceFormats();
    this.audioUnits++;
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

  #depacketiserOf(track: Track): Depacketiser & { readonly framesDropped?: number } {
    switch (track.kind) {
      case 'video':
        return track.codec === 'h264'
          ? new H264Depacketiser(this, seededSets(track))
          : new H265Depacketiser(this, seededSets(track));
      case 'aac':
        return new AacDepacketiser(track.payload, this);
      case 'g711':
        return new G711Depacketiser(g711Format(track.law, track.clockRate, track.channels), this);
    }
  }
}

function seededSets(track: VideoTrack): ParameterSets {
  const rules = track.codec === 'h264' ? H264_RULES : H265_RULES;
  const sets = new ParameterSets(rules);
  for (const nal of track.parameterSets) {
    const role = rules.roleOf(nal[0]!);
    if (role === 'vps' || role === 'sps' || role === 'pps') sets.note(role, nal);
  }
  sets.commit(true);
  return sets;
}
