import type { AccessUnit, VideoFormat } from '../../src/media/access-unit.ts';
import { H264Depacketiser } from '../../src/media/h264-depacketiser.ts';
import { H265Depacketiser } from '../../src/media/h265-depacketiser.ts';
import { MjpegDepacketiser } from '../../src/media/mjpeg-depacketiser.ts';
import type { JpegSize } from '../../src/media/mjpeg-header.ts';
import type { ParameterSets } from '../../src/media/parameter-sets.ts';
import { type Depacketiser, RtpReceiver } from '../../src/media/rtp-receiver.ts';
import type { VideoSink } from '../../src/media/video-assembler.ts';

export interface ReceivedVideo {
  readonly formats: VideoFormat[];
  readonly units: AccessUnit[];
  /** What came out in order: `format`, `key`, `unit`. */
  readonly order: string[];
  /** Those incomplete and those malformed. */
  framesDropped: number;
  framesIncomplete: number;
  framesMalformed: number;
  payloadsMalformed: number;
}

/** Sends packets through a fresh depacketiser. Each packet is overwritten after the call, as a socket's buffer would be. */
export function receiveVideo(codec: 'h264' | 'h265', packets: readonly Buffer[], sets?: ParameterSets): ReceivedVideo {
  const received = emptyReceived();
  const sink = sinkInto(received);
  const depacketiser = codec === 'h264' ? new H264Depacketiser(sink, sets) : new H265Depacketiser(sink, sets);
  send(packets, depacketiser, received);
  received.payloadsMalformed = depacketiser.payloadsMalformed;
  return received;
}

/** The same for JPEG, under its static payload type. */
export function receiveJpeg(packets: readonly Buffer[], sizeOfSdp?: JpegSize): ReceivedVideo {
  const received = emptyReceived();
  send(packets, new MjpegDepacketiser(sinkInto(received), sizeOfSdp), received, JPEG_PAYLOAD_TYPE);
  return received;
}

export const JPEG_PAYLOAD_TYPE = 26;

function emptyReceived(): ReceivedVideo {
  return {
    ...{ formats: [], units: [], order: [] },
    ...{ framesDropped: 0, framesIncomplete: 0, framesMalformed: 0, payloadsMalformed: 0 },
  };
}

function sinkInto(received: ReceivedVideo): VideoSink {
  return {
    onVideoFormat: (format: VideoFormat) => {
      received.formats.push(format);
      received.order.push('format');
    },
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
  payloadType = 96,
): void {
  const receiver = new RtpReceiver(payloadType, depacketiser);
  for (const [index, packet] of packets.entries()) {
    const copy = Buffer.from(packet);
    receiver.receive(copy, 0, copy.length, index);
    copy.fill(0xaa);
  }
  received.framesIncomplete = depacketiser.framesIncomplete;
  received.framesMalformed = depacketiser.framesMalformed;
  received.framesDropped = received.framesIncomplete + received.framesMalformed;
}
