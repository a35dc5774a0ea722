import type { ClipVideo } from '../clip.ts';
import { buildFrameNumberTrailer, FRAME_NUMBER_TRAILER_BYTES } from '../frame-number-jpeg.ts';
import { type JpegParts, jpegHeader, takeJpegApart } from './jpeg-payload.ts';
import { INTERLEAVED_HEADER_BYTES, MAX_PAYLOAD_BYTES, type PacketRun, packRun, RTP_HEADER_BYTES } from './packets.ts';
import type { PackingOptions, PreparedFrame, PreparedFrames } from './prepared-clip.ts';
import { videoPayloadType } from './video-payload.ts';

const PACKET_HEADER_BYTES = INTERLEAVED_HEADER_BYTES + RTP_HEADER_BYTES;
/** Like the number, letters behind the end of the image. */
const FILLER = 'x';

interface JpegFrame extends PreparedFrame {
  readonly jpeg: JpegParts;
}

/** Pictures of MJPEG: each is all head, and its number and filler stand behind the end of the image, where decoders stop. */
export function prepareJpegFrames(video: ClipVideo, options: PackingOptions): PreparedFrames {
  const units = video.frames.map((frame): JpegFrame => {
    const jpeg = takeJpegApart(frame.nals[0]!);
    return {
      dueTicks: frame.dts90k,
      timestamp: frame.pts90k,
      isKey: true,
      jpeg,
      head: packTail(jpeg, 0, jpeg.scan, false),
      body: { bytes: Buffer.alloc(0), offsets: [] },
    };
  });
  const hasMarker = options.markers !== 'none';
  const jpegOf = (frame: PreparedFrame) => (frame as JpegFrame).jpeg;
  return {
    units,
    packNumber: (frame, number) => {
      const jpeg = jpegOf(frame);
      return packTail(jpeg, jpeg.scan.length, buildFrameNumberTrailer(number), hasMarker);
    },
    packFiller: (frame, bytes) => {
      const jpeg = jpegOf(frame);
      const packets = Math.ceil(bytes / (PACKET_HEADER_BYTES + MAX_PAYLOAD_BYTES));
      const filler = Buffer.alloc(
        Math.max(0, bytes - packets * (PACKET_HEADER_BYTES + jpegHeader(jpeg, 1).length)),
        FILLER,
      );
      return packTail(jpeg, jpeg.scan.length + FRAME_NUMBER_TRAILER_BYTES, filler, hasMarker);
    },
  };
}

/** Compressed data, and whatever else stands at an offset from its start. */
function packTail(jpeg: JpegParts, from: number, bytes: Buffer, hasMarker: boolean): PacketRun {
  const payloads: Buffer[][] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const header = jpegHeader(jpeg, from + offset);
    const end = offset + MAX_PAYLOAD_BYTES - header.length;
    payloads.push([header, bytes.subarray(offset, end)]);
    offset = end;
  }
  return packRun(payloads, videoPayloadType('mjpeg'), hasMarker);
}
