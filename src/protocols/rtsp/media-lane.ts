import { encodeReceiverReport, ReceptionReporter } from '../../media/rtp/receiver-report.ts';
import type { SenderReport } from '../../media/rtp/rtcp.ts';
import { RtpReceiver } from '../../media/rtp/rtp-receiver.ts';
import type { TrackDepacketiser } from './track-depacketiser.ts';
import type { Track } from './tracks.ts';

/** Where the packets of a track come in: interleaved channels of a connection, or numbers that stand for the ports of a pair. */
export interface LanePlace {
  readonly channel: number;
  readonly rtcpChannel: number;
  /** As SETUP named the sender. */
  readonly ssrc: number | undefined;
  /** Whether packets come as datagrams, each in memory of its own. */
  readonly isDatagrams: boolean;
}

/** What a camera said about its clock: at `ntpUtcMs` of its wall time its media stood at `rtpTime`. A hint; such clocks step and drift. */
export interface SenderReportHint {
  readonly kind: 'video' | 'audio';
  readonly ntpUtcMs: number;
  /** Unwrapped, on the scale of `AccessUnit.rtpTime`. */
  readonly rtpTime: number;
  readonly arrivalMonotonicMs: number;
}

const VIDEO_CLOCK_RATE = 90_000;

/** The way of one track through a session: its packets and its depacketiser, and what is said about them in both directions. */
export class MediaLane {
  readonly kind: 'video' | 'audio';
  readonly place: LanePlace;
  readonly receiver: RtpReceiver;
  readonly depacketiser: TrackDepacketiser;
  readonly #reporter = new ReceptionReporter();

  constructor(track: Track, place: LanePlace, depacketiser: TrackDepacketiser, suspects: ReadonlySet<number>) {
    this.kind = track.kind === 'video' ? 'video' : 'audio';
    this.place = place;
    this.depacketiser = depacketiser;
    const datagrams = place.isDatagrams ? { clockRate: track.rtpClockRate || VIDEO_CLOCK_RATE } : undefined;
    this.receiver = new RtpReceiver(track.payloadType, depacketiser, { ssrc: place.ssrc, suspects, datagrams });
  }

  /** Whether RTCP from this sender in this channel is about this track. Some cameras send it in the channel of the media. */
  isAbout(channel: number, ssrc: number): boolean {
    return (channel === this.place.rtcpChannel || channel === this.place.channel) && this.receiver.sender === ssrc;
  }

  /** Undefined when the camera knows no wall time. */
  takeSenderReport(report: SenderReport, arrivalMonotonicMs: number): SenderReportHint | undefined {
    this.#reporter.noteSenderReport(report, arrivalMonotonicMs);
    const rtpTime = this.receiver.unwrap(report.rtpTimestamp);
    if (rtpTime === undefined || report.ntpUtcMs === undefined) return undefined;
    return { kind: this.kind, ntpUtcMs: report.ntpUtcMs, rtpTime, arrivalMonotonicMs };
  }

  /** Undefined before the first packet: there is nobody to report on. */
  receiverReport(ssrc: number, cname: string, nowMonotonicMs: number): Buffer | undefined {
    const { reception } = this.receiver;
    if (reception === undefined) return undefined;
    return encodeReceiverReport(ssrc, cname, [this.#reporter.next(reception, nowMonotonicMs)]);
  }
}
