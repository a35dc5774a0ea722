import type { AccessUnit, VideoFormat } from '../../src/media/access-unit.ts';
import { H264Depacketiser } from '../../src/media/h264-depacketiser.ts';
import { H265Depacketiser } from '../../src/media/h265-depacketiser.ts';
import type { ParameterSets } from '../../src/media/parameter-sets.ts';
import { RtpReceiver } from '../../src/media/rtp-receiver.ts';

export interface ReceivedVideo {
  readonly formats: VideoFormat[];
  readonly units: AccessUnit[];
  /** What came out in order: `format`, `key`, `unit`. */
  readonly order: string[];
  framesDropped: number;
  payloadsMalformed: number;
}

/** Sends packets through a fresh depacketiser. Each packet is overwritten after the call, as a socket's buffer would be. */
export function receiveVideo(codec: 'h264' | 'h265', packets: readonly Buffer[], sets?: ParameterSets): ReceivedVideo {
  const received: ReceivedVideo = { formats: [], units: [], order: [], framesDropped: 0, payloadsMalformed: 0 };
  const sink = {
    onVideoFormat: (format: VideoFormat) => {
      received.formats.push(format);
      received.order.push('format');
    },
    onVideoUnit: (unit: AccessUnit) => {
      received.units.push(unit);
      received.order.push(unit.isKey ? 'key' : 'unit');
    },
  };
  const depacketiser = codec === 'h264' ? new H264Depacketiser(sink, sets) : new H265Depacketiser(sink, sets);
  const receiver = new RtpReceiver(96, depacketiser);
  for (const [index, packet] of packets.entries()) {
    const copy = Buffer.from(packet);
    receiver.receive(copy, 0, copy.length, index);
    copy.fill(0xaa);
  }
  received.framesDropped = depacketiser.framesDropped;
  received.payloadsMalformed = depacketiser.payloadsMalformed;
  return received;
}
