import type { Clock } from '../../src/base/clock.ts';
import { MIB } from '../../src/base/units.ts';
import type { ActiveFaults } from './active-faults.ts';
import { SessionTally } from './counters.ts';
import { disturb } from './rtp/disturb.ts';
import {
  fillIn,
  INTERLEAVED_HEADER_BYTES,
  joinRuns,
  type PacketRun,
  RTP_HEADER_BYTES,
  splitRun,
  withoutMarkers,
} from './rtp/packets.ts';
import type { PreparedClip, PreparedFrame, PreparedSound } from './rtp/prepared-clip.ts';
import type { ReceiverReport } from './rtp/receiver-report.ts';
import { buildSenderReport } from './rtp/sender-report.ts';
import type { TrackName } from './rtsp/session-description.ts';
import { Jitter } from './transport/jitter.ts';
import type { TrackOutlet } from './transport/outlet.ts';

/** One track as the client has set it up. */
export interface TrackSetup {
  readonly outlet: TrackOutlet;
  /** Of interleaved packets. */
  readonly channel: number;
  readonly ssrc: number;
  readonly firstSequence: number;
}

export interface NumberedFrame {
  readonly number: number;
  /** The clip that it is of. */
  readonly prepared: PreparedClip;
  readonly frame: PreparedFrame;
  /** What carries the number. */
  readonly label: PacketRun;
  readonly timestamp: number;
  readonly dueMs: number;
}

/** What a camera holds back for a client that does not read, before it leaves frames out. */
const MAX_BACKLOG_BYTES = 1 * MIB;
/** RFC 3550, 6.2 recommends 5 s as a minimum; cameras do just that. */
const REPORT_INTERVAL_MS = 5_000;

/** A camera's half of one client's session: fills in the packets, counts, and leaves out frames when the client does not keep up. */
export class PlaySession {
  readonly tally: SessionTally;
  readonly #faults: ActiveFaults;
  readonly #jitter = new Jitter();
  readonly #video: TrackState | undefined;
  readonly #sound: TrackState | undefined;
  #awaitsKey: boolean;
  /** Frames that are left out count only after the first: before it, the client has nothing to miss. */
  #startedAtMs: number | undefined;
  #isDropping = false;
  #nextReportAtMs = 0;

  constructor(input: {
    readonly id: string;
    readonly client: string;
    readonly transport: 'tcp' | 'udp' | 'http';
    readonly clock: Clock;
    readonly faults: ActiveFaults;
    readonly video: TrackSetup | undefined;
    readonly sound: TrackSetup | undefined;
    readonly startAtKey: boolean;
  }) {
    this.#faults = input.faults;
    this.#video = input.video && newTrackState(input.video);
    this.#sound = input.sound && newTrackState(input.sound);
    this.#awaitsKey = input.startAtKey;
    const { id, client, transport } = input;
    this.tally = new SessionTally({ id, client, transport, startedUtcMs: input.clock.nowUtcMs() });
  }

  sendFrame(offered: NumberedFrame): void {
    const track = this.#video;
    if (!track) return;
    const { frame, label } = offered;
    if (this.#faults.has('silent') || track.outlet.isMuted) {
      this.#leaveOut('framesWithheld');
      return;
    }
    if (track.outlet.backlogBytes > MAX_BACKLOG_BYTES) this.#isDropping = true;
    else if (frame.isKey) this.#isDropping = false;
    const packets = frame.head.offsets.length + label.offsets.length + frame.body.offsets.length;
    if (this.#isDropping) {
      track.sequence = (track.sequence + packets) & 0xffff; // the client is to see that something is missing
      this.#leaveOut('framesDropped');
      return;
    }
    if (this.#awaitsKey && !frame.isKey) {
      if (this.#startedAtMs !== undefined) this.#leaveOut('framesWithheld');
      return;
    }
    this.#awaitsKey = false;
    this.#startedAtMs ??= offered.dueMs;
    if (this.#faults.touchesPackets) this.#writeDisturbed(track, offered);
    else {
      const bytes = assembleFrame(offered, track);
      this.#write(track, [bytes], packets);
      if (frame.isKey) this.tally.countKeyFrame(offered.number);
      this.tally.countSent(offered.number);
    }
  }

  sendSound(sound: PreparedSound, timestamp: number, dueMs: number): void {
    const track = this.#sound;
    if (!track || this.#isDropping || this.#faults.has('silent') || track.outlet.isMuted) return;
    if (this.#video && !(this.#startedAtMs !== undefined && dueMs >= this.#startedAtMs)) return;
    const bytes = Buffer.from(sound.run.bytes);
    fillIn(bytes, 0, sound.run.offsets, { ...track, timestamp });
    this.#write(track, [bytes], sound.run.offsets.length);
  }

  /** At once after the first packet, and then from time to time. */
  isReportDue(nowMs: number): boolean {
    if (this.#isDropping || this.#faults.has('silent') || nowMs < this.#nextReportAtMs) return false;
    return (this.#video?.packets ?? 0) + (this.#sound?.packets ?? 0) > 0;
  }

  /** Sender reports for the tracks that have sent something. */
  sendReports(nowMs: number, utcMs: number, videoTimestamp: number, soundTimestamp: number): void {
    this.#nextReportAtMs = nowMs + REPORT_INTERVAL_MS;
    const tracks = [
      { track: this.#video, timestamp: videoTimestamp },
      { track: this.#sound, timestamp: soundTimestamp },
    ];
    for (const { track, timestamp } of tracks) {
      if (!track || track.packets === 0) continue;
      const { ssrc, packets, payloadBytes } = track;
      const report = buildSenderReport({ channel: track.channel + 1, ssrc, utcMs, timestamp, packets, payloadBytes });
      track.outlet.sendReport(report);
      this.tally.bytesSent += report.length;
    }
  }

  /** As when a camera's encoder has crashed and came back: nothing ties what follows to what was before. */
  restart(random: () => number, nextFrame: number): void {
    this.tally.countRestart(nextFrame);
    for (const track of [this.#video, this.#sound]) {
      if (!track) continue;
      track.ssrc = Math.floor(random() * 2 ** 32);
      track.sequence = Math.floor(random() * 2 ** 16);
      track.packets = 0;
      track.payloadBytes = 0;
    }
  }

  takeReport(name: TrackName, report: ReceiverReport): void {
    const track = name === 'video' ? this.#video : this.#sound;
    if (report.ssrc === track?.ssrc) this.tally.countReport(name, report);
  }

  end(utcMs: number, cause: string): void {
    this.#jitter.stop();
    this.tally.end(utcMs, cause);
  }

  #leaveOut(count: 'framesWithheld' | 'framesDropped'): void {
    this.tally[count]++;
    this.#awaitsKey = true; // what follows refers to what is missing
  }

  #writeDisturbed(track: TrackState, offered: NumberedFrame): void {
    const { frame, label, timestamp, prepared } = offered;
    const factor = this.#faults.get('bitrate')?.factor ?? 1;
    const frameBytes = frame.head.bytes.length + frame.body.bytes.length;
    const filler = prepared.video.packFiller(frame, Math.round(frameBytes * (factor - 1)));
    const content = joinRuns([frame.head, label, frame.body]);
    const goesOn = filler.offsets.length > 0 && prepared.video.markers === 'frame';
    const run = joinRuns([goesOn ? withoutMarkers(content) : content, filler]);
    fillIn(run.bytes, 0, run.offsets, { ...track, timestamp });
    const { pieces, isDamaged, isDisordered, packetsLost } = disturb(splitRun(run), this.#faults);
    this.#write(track, pieces, run.offsets.length);
    this.tally.packetsLost += packetsLost;
    if (offered.frame.isKey) this.tally.countKeyFrame(offered.number);
    // Who receives datagrams puts them into order; who reads a connection may rely on it.
    if (isDamaged || (isDisordered && track.outlet.keepsOrder)) this.tally.countDamaged(offered.number);
    else this.tally.countSent(offered.number);
  }

  #drawDelay(): (() => number) | undefined {
    const jitter = this.#faults.get('jitter');
    if (!jitter) return undefined;
    const random = this.#faults.random('jitter');
    return () => random() * jitter.ms;
  }

  #write(track: TrackState, pieces: readonly Buffer[], packets: number): void {
    const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    this.#jitter.send(track.outlet, pieces, this.#drawDelay());
    track.sequence = (track.sequence + packets) & 0xffff;
    track.packets += packets;
    track.payloadBytes += bytes - packets * (INTERLEAVED_HEADER_BYTES + RTP_HEADER_BYTES);
    this.tally.packetsSent += packets;
    this.tally.bytesSent += bytes;
  }
}

interface TrackState {
  readonly outlet: TrackOutlet;
  readonly channel: number;
  ssrc: number;
  sequence: number;
  packets: number;
  payloadBytes: number;
}

function newTrackState(setup: TrackSetup): TrackState {
  const { outlet, channel, ssrc, firstSequence } = setup;
  return { outlet, channel, ssrc, sequence: firstSequence, packets: 0, payloadBytes: 0 };
}

/** Head, frame number and body in one piece of memory, so that a frame is one write. */
function assembleFrame(offered: NumberedFrame, track: TrackState): Buffer {
  const { head, body } = offered.frame;
  const { label, timestamp } = offered;
  const bytes = Buffer.allocUnsafe(head.bytes.length + label.bytes.length + body.bytes.length);
  let at = 0;
  let sequence = track.sequence;
  for (const run of [head, label, body]) {
    run.bytes.copy(bytes, at);
    fillIn(bytes, at, run.offsets, { channel: track.channel, ssrc: track.ssrc, sequence, timestamp });
    at += run.bytes.length;
    sequence = (sequence + run.offsets.length) & 0xffff;
  }
  return bytes;
}
