import { MediaReceiver } from '../../../src/protocols/rtsp/media-receiver.ts';
import { parseSdp } from '../../../src/protocols/rtsp/sdp.ts';
import { chooseTracks } from '../../../src/protocols/rtsp/tracks.ts';
import { senderReport } from '../../media/rtp/rtcp-packets.ts';
import type { SimulatedFrame } from '../../recorder/time/simulated-track.ts';
import { TimelineHarness } from '../../recorder/time/timeline-harness.ts';
import { DELTA, IDR, PPS, SPS } from './nals.ts';
import { Sender } from './packets.ts';
import { VIDEO_SDP } from './script.ts';

const INTERLEAVED_HEADER_BYTES = 4;
const [VIDEO_CHANNEL, RTCP_CHANNEL] = [0, 1];
/** Seconds from 1900, where NTP begins, to 1970. */
const NTP_OF_1970_S = 2_208_988_800;

/** A camera's packets on their way to the recorder: RTP in, units with their place in time out. */
export class CameraInTime extends TimelineHarness {
  readonly #receiver: MediaReceiver;
  readonly #sender = new Sender({ channel: VIDEO_CHANNEL });
  readonly #sps: Buffer;

  constructor(startUtcMs: number, sps: Buffer = SPS) {
    super(startUtcMs);
    this.#sps = sps;
    this.#receiver = new MediaReceiver({
      onFormat: (formats) => this.timeline.setFormats(formats),
      onUnit: (unit) => this.timeline.push(unit, undefined),
      onSenderReport: (report) => this.timeline.noteSenderReport(report),
    });
    this.#receiver.addTrack(chooseTracks(parseSdp(VIDEO_SDP)).video!, VIDEO_CHANNEL, undefined);
  }

  /** One picture; the first of each `gop` is a key frame. */
  send({ index, rtpTime, arrivalMs }: Pick<SimulatedFrame, 'index' | 'rtpTime' | 'arrivalMs'>, gop = 25): void {
    const nals = index % gop === 0 ? [this.#sps, PPS, IDR] : [DELTA];
    for (const frame of this.#sender.picture(rtpTime, nals))
      this.#receive(VIDEO_CHANNEL, frame.subarray(INTERLEAVED_HEADER_BYTES), arrivalMs);
  }

  sendAll(frames: Iterable<SimulatedFrame>): void {
    for (const frame of frames) this.send(frame);
  }

  /** The camera says that it is `ntpUtcMs` where its media is at `rtpTime`. */
  report(ntpUtcMs: number, rtpTime: number, arrivalMs: number): void {
    const ntpSeconds = Math.floor(ntpUtcMs / 1000) + NTP_OF_1970_S;
    const ntpFraction = Math.floor(((ntpUtcMs % 1000) / 1000) * 2 ** 32);
    this.#receive(RTCP_CHANNEL, senderReport({ timestamp: rtpTime, ntpSeconds, ntpFraction }), arrivalMs);
  }

  #receive(channel: number, bytes: Buffer, arrivalMs: number): void {
    this.#receiver.receive(channel, bytes, 0, bytes.length, arrivalMs);
  }
}
