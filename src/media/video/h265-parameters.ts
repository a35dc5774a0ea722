import { AppError } from '../../base/errors.ts';
import type { VideoFormat } from '../access-unit.ts';
import { BitReader, removeEmulationPrevention } from '../bit-reader.ts';
import { type H265Profile, readGeneralProfile, skipSubLayers } from './h265-profile.ts';
import { cropped, tryRead } from './picture.ts';
import { recoveryPointOf } from './supplemental.ts';
import type { NalRole, ParameterSetKind, ParameterSetLists, VideoCodecRules } from './video-codec.ts';
import { VIDEO_CLOCK_RATE } from './video-codec.ts';

/** Ids, and the general part of profile, tier and level: up to here every SPS is the same. */
export interface H265SpsHead {
  readonly maxSubLayers: number;
  readonly isTemporalIdNested: boolean;
  readonly profile: H265Profile;
}

/** Throws AppError `corrupt` when it ends within the head. */
export function readH265SpsHead(nal: Buffer): H265SpsHead {
  return readHead(new BitReader(removeEmulationPrevention(nal), 'H.265 SPS'));
}

function readHead(reader: BitReader): H265SpsHead {
  reader.skip(16 + 4);
  const maxSubLayers = reader.bits(3) + 1;
  const isTemporalIdNested = reader.flag();
  return { maxSubLayers, isTemporalIdNested, profile: readGeneralProfile(reader) };
}

/** What recording needs from a sequence parameter set (H.265 §7.3.2.2). */
export interface H265Sps extends H265SpsHead {
  readonly id: number;
  readonly chromaFormatIdc: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
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
  const head = readHead(reader);
  skipSubLayers(reader, head.maxSubLayers - 1);
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
  const maxReorderPictures = tryRead(() => readReorderDepth(reader, head.maxSubLayers - 1)) ?? 0;
  return { ...head, id, chromaFormatIdc, bitDepthLuma, bitDepthChroma, width, height, maxReorderPictures };
}

export const H265_RULES: VideoCodecRules = {
  codec: 'h265',
  requiredSets: ['vps', 'sps', 'pps'],
  headerBytes: 2,
  roleOf: roleOfH265,
  isFirstSlice: (byte) => (byte & 0x80) !== 0, // first_slice_segment_in_pic_flag
  idOf: h265SetId,
  formatOf: h265Format,
  roughFormatOf: roughH265Format,
  // The type stands behind fields whose length the PPS says.
  isIntraSlice: () => false,
  recoveryFrames: (nal) => recoveryPointOf(nal, 2),
  isSkippedLeading: (header) => RASL_TYPES.has((header >> 1) & 0x3f),
};

/** RASL_N and RASL_R. */
const RASL_TYPES: ReadonlySet<number> = new Set([8, 9]);

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
  const { profile, width, height, maxReorderPictures } = parseH265Sps(first);
  return formatWith(sets, profile, { width, height, reorderDepth: maxReorderPictures });
}

function roughH265Format(sets: ParameterSetLists): VideoFormat | undefined {
  const first = sets.sps[0];
  const head = first && tryRead(() => readH265SpsHead(first));
  return head && formatWith(sets, head.profile, { width: 0, height: 0, reorderDepth: 0 });
}

function formatWith(
  sets: ParameterSetLists,
  profile: H265Profile,
  picture: { width: number; height: number; reorderDepth: number },
): VideoFormat {
  return {
    kind: 'video',
    codec: 'h265',
    codecString: `hvc1.${profile.codecSuffix}`,
    ...picture,
    clockRate: VIDEO_CLOCK_RATE,
    vps: sets.vps,
    sps: sets.sps,
    pps: sets.pps,
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
