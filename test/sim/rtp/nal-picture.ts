import type { ClipFrame, ClipVideo } from '../clip.ts';
import { buildFrameNumberSei } from '../frame-number-sei.ts';
import { fillerNal, type NalCodec, type NalRole, nalRole } from '../h26x.ts';
import { INTERLEAVED_HEADER_BYTES, MAX_PAYLOAD_BYTES, RTP_HEADER_BYTES } from './packets.ts';
import type { PackingOptions, PreparedFrame, PreparedFrames } from './prepared-clip.ts';
import { type NalPacking, packNals, videoPayloadType } from './video-payload.ts';

const PACKET_HEADER_BYTES = INTERLEAVED_HEADER_BYTES + RTP_HEADER_BYTES;

/** Pictures of H.264 or H.265. Their numbers are SEI messages, their filler is filler data. */
export function prepareNalFrames(video: ClipVideo, codec: NalCodec, options: PackingOptions): PreparedFrames {
  const packing: NalPacking = { codec, payloadType: videoPayloadType(codec), markers: options.markers };
  return {
    units: video.frames.map((frame) => prepareFrame(frame, video, packing, options)),
    packNumber: (_frame, number) => packNals([buildFrameNumberSei(codec, number)], packing, false),
    packFiller: (_frame, bytes) => packNals(fillerNals(codec, bytes), packing, true),
  };
}

function prepareFrame(frame: ClipFrame, video: ClipVideo, packing: NalPacking, options: PackingOptions): PreparedFrame {
  const { codec } = packing;
  const firstSlice = frame.nals.findIndex((nal) => nalRole(nal, codec) === 'slice');
  const before = firstSlice < 0 ? [] : frame.nals.slice(0, firstSlice);
  const inRole = (role: NalRole) => before.filter((nal) => nalRole(nal, codec) === role);
  const ownSets = inRole('parameter-set');
  const sets = ownSets.length > 0 ? ownSets : [...video.vps, ...video.sps, ...video.pps];
  const head = [
    ...inRole('delimiter'),
    ...(frame.isKey && options.parameterSets !== 'sdp' ? sets : []),
    ...inRole('sei'),
    ...inRole('other'),
  ];
  return {
    dueTicks: frame.dts90k,
    timestamp: frame.pts90k,
    isKey: frame.isKey,
    head: packNals(head, packing, false),
    body: packNals(frame.nals.slice(Math.max(firstSlice, 0)), packing, true),
  };
}

function fillerNals(codec: NalCodec, bytes: number): Buffer[] {
  const nals: Buffer[] = [];
  let missing = bytes;
  while (missing > PACKET_HEADER_BYTES) {
    const nal = fillerNal(codec, Math.min(MAX_PAYLOAD_BYTES, missing - PACKET_HEADER_BYTES));
    nals.push(nal);
    missing -= nal.length + PACKET_HEADER_BYTES;
  }
  return nals;
}
