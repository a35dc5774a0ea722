import type { AccessUnit, VideoFormat } from '../../../src/media/access-unit.ts';
import { type Depacketiser, RtpReceiver } from '../../../src/media/rtp/rtp-receiver.ts';
import { H264Depacketiser } from '../../../src/media/video/h264-depacketiser.ts';
import { H265Depacketiser } from '../../../src/media/video/h265-depacketiser.ts';
import { MjpegDepacketiser } from '../../../src/media/video/mjpeg-depacketiser.ts';
import type { JpegSize } from '../../../src/media/video/mjpeg-header.ts';
import type { ParameterSets } from '../../../src/media/video/parameter-sets.ts';
import type { VideoRemark } from '../../../src/media/video/video-remark.ts';
import type { VideoSink } from '../../../src/media/video/video-sink.ts';

export interface ReceivedVideo {
  readonly formats: VideoFormat[];
  readonly units: AccessUnit[];
  /** What came out in order: `format`, `key`, `unit`. */
  readonly order: string[];
  readonly remarks: Set<VideoRemark>;
  /** Those incomplete and those malformed. */
  framesDropped: number;
  framesIncomplete: number;
  framesMalformed: number;
  payloadsMalformed: number;
}

export interface ReceiveOptions {
  readonly sets?: ParameterSets;
  /** When the packet arrives; its index if nothing is said. */
  readonly arrivalMs?: (packet: Buffer, index: number) => number;
}

/** A packet arrives when its timestamp says, with the first one at 0. */
export function byTimestamp(packets: readonly Buffer[]): (packet: Buffer) => number {
  const first = packets[0]?.readUInt32BE(4) ?? 0;
  return (packet) => (packet.readUInt32BE(4) - first) / 90;
}

/** Sends packets through a fresh depacketiser. Each packet is overwritten after the call, as a socket's buffer would be. */
export function receiveVideo(
  codec: 'h264' | 'h265',
  packets: readonly Buffer[],
  { sets, arrivalMs }: ReceiveOptions = {},
): ReceivedVideo {
  const received = emptyReceived();
  const sink = sinkInto(received);
  const depacketiser = codec === 'h264' ? new H264Depacketiser(sink, sets) : new H265Depacketiser(sink, sets);
  send(packets, depacketiser, received, 96, arrivalMs);
  received.payloadsMalformed = depacketiser.payloadsMalformed;
  return received;
}

/** The same for JPEG, under its static payload type. */
export function receiveJpeg(
  packets: readonly Buffer[],
  sizeOfSdp?: JpegSize,
  arrivalMs?: ReceiveOptions['arrivalMs'],
): ReceivedVideo {
  const received = emptyReceived();
  send(packets, new MjpegDepacketiser(sinkInto(received), sizeOfSdp), received, JPEG_PAYLOAD_TYPE, arrivalMs);
  return received;
}

export const JPEG_PAYLOAD_TYPE = 26;

function emptyReceived(): ReceivedVideo {
  return {
    ...{ formats: [], units: [], order: [], remarks: new Set() },
    ...{ framesDropped: 0, framesIncomplete: 0, framesMalformed: 0, payloadsMalformed: 0 },
  };
}

function sinkInto(received: ReceivedVideo): VideoSink {
  return {
    onVideoFormat: (format: VideoFormat) => {
      received.formats.push(format);
      received.order.push('format');
    },
    onVideoRemark: (remark: VideoRemark) => received.remarks.add(remark),
    onVideoUnit: (unit: AccessUnit) => {
      received.units.push(unit);
      received.order.push(unit.isKey ? 'key' : 'unit');
    },
  };
}

function send(
  packets: readonly Buffer[],
  depacketiser: Depacketiser & { framesIncomplete: number; framesMalformed: number },
  received: ReceivedVideo,
  payloadType: number,
  arrivalMs: (packet: Buffer, index: number) => number = (_, index) => index,
): void {
  const receiver = new RtpReceiver(payloadType, depacketiser);
  for (const [index, packet] of packets.entries()) {
    const copy = Buffer.from(packet);
    receiver.receive(copy, 0, copy.length, arrivalMs(packet, index));
    copy.fill(0xaa);
  }
  receiver.flush();
  received.framesIncomplete = depacketiser.framesIncomplete;
  received.framesMalformed = depacketiser.framesMalformed;
  received.framesDropped = received.framesIncomplete + received.framesMalformed;
}
