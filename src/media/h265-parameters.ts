import { AppError } from '../base/errors.ts';
import type { VideoFormat } from './access-unit.ts';
import { BitReader, removeEmulationPrevention } from './bit-reader.ts';
import { type H265Profile, readProfileTierLevel } from './h265-profile.ts';
import { cropped } from './picture.ts';
import type { NalRole, ParameterSetKind, ParameterSetLists, VideoCodecRules } from './video-codec.ts';
import { VIDEO_CLOCK_RATE } from './video-codec.ts';

/** What recording needs from a sequence parameter set (H.265 §7.3.2.2). */
export interface H265Sps {
  readonly id: number;
  readonly profile: H265Profile;
  readonly chromaFormatIdc: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  readonly maxSubLayers: number;
  readonly isTemporalIdNested: boolean;
  readonly width: number;
  readonly height: number;
  /** Of the highest sub-layer. */
  readonly maxReorderPictures: number;
}

/**
 * Reads as far as the reordering depth and no further: reference picture sets and scaling lists, with which parsers
 * of real streams fail most, lie behind it. Throws AppError `corrupt` when the picture size cannot be read.
 */
export function parseH265Sps(nal: Buffer): H265Sps {
  const reader = new BitReader(removeEmulationPrevention(nal), 'H.265 SPS');
  reader.skip(16 + 4);
  const maxSubLayersMinus1 = reader.bits(3);
  const isTemporalIdNested = reader.flag();
  const profile = readProfileTierLevel(reader, maxSubLayersMinus1);
  const id = reader.unsigned();
  const chromaFormatIdc = reader.unsigned();
  if (chromaFormatIdc > 3)
    throw new AppError('corrupt', `H.265 SPS: chroma format ${chromaFormatIdc}, 0 to 3 are defined`);
  const isSeparate = chromaFormatIdc === 3 && reader.flag();
  const codedWidth = reader.unsigned();
  const codedHeight = reader.unsigned();
  const chroma = isSeparate ? 0 : chromaFormatIdc;
  const { width, height } = cropped(reader, 'H.265 SPS', {
    width: codedWidth,
    height: codedHeight,
    unitX: chroma === 1 || chroma === 2 ? 2 : 1,
    unitY: chroma === 1 ? 2 : 1,
  });
  const bitDepthLuma = reader.unsigned() + 8;
  const bitDepthChroma = reader.unsigned() + 8;
  return {
    id,
    profile,
    chromaFormatIdc,
    bitDepthLuma,
    bitDepthChroma,
    maxSubLayers: maxSubLayersMinus1 + 1,
    isTemporalIdNested,
    width,
    height,
    maxReorderPictures: readReorderDepth(reader, maxSubLayersMinus1),
  };
}

export const H265_RULES: VideoCodecRules = {
  codec: 'h265',
  requiredSets: ['vps', 'sps', 'pps'],
  headerBytes: 2,
  roleOf: roleOfH265,
  isFirstSlice: (byte) => (byte & 0x80) !== 0, // first_slice_segment_in_pic_flag
  idOf: h265SetId,
  formatOf: h265Format,
};

function roleOfH265(header: number): NalRole {
  const type = (header >> 1) & 0x3f;
  if (type <= 9) return 'slice';
  if (type >= 16 && type <= 23) return 'key-slice'; // BLA, IDR, CRA and the reserved IRAP types
  switch (type) {
    case 32:
      return 'vps';
    case 33:
      return 'sps';
    case 34:
      return 'pps';
    case 35:
      return 'delimiter';
    case 39:
      return 'prefix-sei';
    default:
      return 'other';
  }
}

function h265SetId(kind: ParameterSetKind, nal: Buffer): number {
  if (kind === 'sps') return parseH265Sps(nal).id;
  const reader = new BitReader(removeEmulationPrevention(nal.subarray(0, 16)), `H.265 ${kind.toUpperCase()}`);
  reader.skip(16);
  return kind === 'vps' ? reader.bits(4) : reader.unsigned();
}

function h265Format(sets: ParameterSetLists): VideoFormat {
  const first = sets.sps[0];
  if (first === undefined) throw new AppError('corrupt', 'H.265: no SPS');
  const sps = parseH265Sps(first);
  return {
    kind: 'video',
    codec: 'h265',
    codecString: `hvc1.${sps.profile.codecSuffix}`,
    width: sps.width,
    height: sps.height,
    clockRate: VIDEO_CLOCK_RATE,
    vps: sets.vps,
    sps: sets.sps,
    pps: sets.pps,
    reorderDepth: sps.maxReorderPictures,
  };
}

function readReorderDepth(reader: BitReader, maxSubLayersMinus1: number): number {
  reader.unsigned(); // log2_max_pic_order_cnt_lsb_minus4
  const isForEachLayer = reader.flag();
  let depth = 0;
  for (let i = isForEachLayer ? 0 : maxSubLayersMinus1; i <= maxSubLayersMinus1; i++) {
    reader.unsigned(); // sps_max_dec_pic_buffering_minus1
    depth = reader.unsigned();
    reader.unsigned(); // sps_max_latency_increase_plus1
  }
  return depth <= 16 ? depth : 0;
}
