import { AppError } from '../../base/errors.ts';
import type { VideoFormat } from '../access-unit.ts';
import { BitReader, removeEmulationPrevention } from '../bit-reader.ts';
import { cropped, type PictureTiming, tryRead } from './picture.ts';
import { recoveryPointOf } from './supplemental.ts';
import type { NalRole, ParameterSetKind, ParameterSetLists, VideoCodecRules } from './video-codec.ts';
import { VIDEO_CLOCK_RATE } from './video-codec.ts';

/** What recording needs from a sequence parameter set (H.264 §7.3.2.1.1). */
export interface H264Sps {
  readonly id: number;
  readonly profileIdc: number;
  readonly constraintFlags: number;
  readonly levelIdc: number;
  readonly width: number;
  readonly height: number;
  /** Undefined when the SPS does not say: then 0 is assumed and the truth is learned from the timestamps. */
  readonly maxReorderFrames: number | undefined;
  readonly timing: PictureTiming | undefined;
}

/** Throws AppError `corrupt` when the picture size cannot be read. Usability information (VUI) that cannot be read is left out. */
export function parseH264Sps(nal: Buffer): H264Sps {
  const reader = new BitReader(removeEmulationPrevention(nal), 'H.264 SPS');
  reader.skip(8);
  const profileIdc = reader.bits(8);
  const constraintFlags = reader.bits(8);
  const levelIdc = reader.bits(8);
  const id = reader.unsigned();
  const chroma = HIGH_PROFILES.has(profileIdc) ? readChroma(reader) : { formatIdc: 1, isSeparate: false };
  reader.unsigned(); // log2_max_frame_num_minus4
  const pocType = reader.unsigned();
  skipPictureOrderCount(reader, pocType);
  reader.unsigned(); // max_num_ref_frames
  reader.skip(1); // gaps_in_frame_num_value_allowed_flag
  const widthInMbs = reader.unsigned() + 1;
  const heightInMapUnits = reader.unsigned() + 1;
  const isFrameMbsOnly = reader.flag();
  if (!isFrameMbsOnly) reader.skip(1); // mb_adaptive_frame_field_flag
  reader.skip(1); // direct_8x8_inference_flag
  const fieldFactor = isFrameMbsOnly ? 1 : 2;
  const chromaFormat = chroma.isSeparate ? 0 : chroma.formatIdc;
  const { width, height } = cropped(reader, 'H.264 SPS', {
    width: widthInMbs * 16,
    height: heightInMapUnits * 16 * fieldFactor,
    unitX: chromaFormat === 1 || chromaFormat === 2 ? 2 : 1,
    unitY: (chromaFormat === 1 ? 2 : 1) * fieldFactor,
  });
  const vui = tryRead(() => (reader.flag() ? readVui(reader) : undefined));
  return {
    id,
    profileIdc,
    constraintFlags,
    levelIdc,
    width,
    height,
    maxReorderFrames: profileIdc === BASELINE || pocType === 2 ? 0 : vui?.maxReorderFrames,
    timing: vui?.timing,
  };
}

export const H264_RULES: VideoCodecRules = {
  codec: 'h264',
  requiredSets: ['sps', 'pps'],
  headerBytes: 1,
  roleOf: roleOfH264,
  isFirstSlice: (byte) => (byte & 0x80) !== 0, // first_mb_in_slice = 0 is a single 1 bit
  idOf: h264SetId,
  formatOf: h264Format,
  roughFormatOf: roughH264Format,
  isIntraSlice: isIntraH264Slice,
  recoveryFrames: (nal) => recoveryPointOf(nal, 1),
  isSkippedLeading: () => false,
};

function roleOfH264(header: number): NalRole {
  switch (header & 0x1f) {
    case 1:
    case 2: // data partition A: carries the slice header
      return 'slice';
    case 5:
      return 'key-slice';
    case 6:
      return 'prefix-sei';
    case 7:
      return 'sps';
    case 8:
      return 'pps';
    case 9:
      return 'delimiter';
    default:
      return 'other';
  }
}

function h264SetId(kind: ParameterSetKind, nal: Buffer): number {
  // Codes of 31 bits at most, so a few bytes are enough; an SPS has profile, constraints and level in front.
  const reader = new BitReader(removeEmulationPrevention(nal.subarray(0, 16)), `H.264 ${kind.toUpperCase()}`);
  reader.skip(kind === 'sps' ? 32 : 8);
  return reader.unsigned();
}

function h264Format(sets: ParameterSetLists): VideoFormat {
  const first = sets.sps[0];
  if (first === undefined) throw new AppError('corrupt', 'H.264: no SPS');
  const sps = parseH264Sps(first);
  return formatWith(sets, first, { width: sps.width, height: sps.height, reorderDepth: sps.maxReorderFrames ?? 0 });
}

function roughH264Format(sets: ParameterSetLists): VideoFormat | undefined {
  const first = sets.sps[0];
  if (first === undefined || first.length < 4) return undefined;
  return formatWith(sets, first, { width: 0, height: 0, reorderDepth: 0 });
}

function formatWith(
  sets: ParameterSetLists,
  sps: Buffer,
  picture: { width: number; height: number; reorderDepth: number },
): VideoFormat {
  return {
    kind: 'video',
    codec: 'h264',
    codecString: `avc1.${sps.toString('hex', 1, 4).toUpperCase()}`, // profile, constraints, level
    ...picture,
    clockRate: VIDEO_CLOCK_RATE,
    vps: [],
    sps: sets.sps,
    pps: sets.pps,
  };
}

/** H.264 §7.3.3; the type stands behind the place of the first macroblock. */
function isIntraH264Slice(nal: Buffer): boolean {
  const reader = new BitReader(removeEmulationPrevention(nal.subarray(0, 16)), 'H.264 slice');
  const type = tryRead(() => {
    reader.skip(8);
    reader.unsigned(); // first_mb_in_slice
    return reader.unsigned() % 5;
  });
  return type === INTRA_SLICE || type === SWITCHING_INTRA_SLICE;
}

const INTRA_SLICE = 2;
const SWITCHING_INTRA_SLICE = 4;

const BASELINE = 66;

/** Profiles whose SPS has chroma format and scaling lists (H.264 §7.3.2.1.1). */
const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

function readChroma(reader: BitReader): { formatIdc: number; isSeparate: boolean } {
  const formatIdc = reader.unsigned();
  const isSeparate = formatIdc === 3 && reader.flag();
  reader.unsigned(); // bit_depth_luma_minus8
  reader.unsigned(); // bit_depth_chroma_minus8
  reader.skip(1); // qpprime_y_zero_transform_bypass_flag
  if (reader.flag()) {
    const lists = formatIdc === 3 ? 12 : 8;
    for (let i = 0; i < lists; i++) if (reader.flag()) skipScalingList(reader, i < 6 ? 16 : 64);
  }
  return { formatIdc, isSeparate };
}

function skipScalingList(reader: BitReader, size: number): void {
  let next = 8;
  for (let i = 0; i < size && next !== 0; i++) next = (next + reader.signed() + 256) & 0xff;
}

function skipPictureOrderCount(reader: BitReader, pocType: number): void {
  if (pocType === 0) {
    reader.unsigned(); // log2_max_pic_order_cnt_lsb_minus4
  } else if (pocType === 1) {
    reader.skip(1); // delta_pic_order_always_zero_flag
    reader.signed(); // offset_for_non_ref_pic
    reader.signed(); // offset_for_top_to_bottom_field
    const count = reader.unsigned();
    if (count > 255)
      throw new AppError('corrupt', `H.264 SPS: ${count} picture order offsets, at most 255 are allowed`);
    for (let i = 0; i < count; i++) reader.signed();
  } else if (pocType > 2) {
    throw new AppError('corrupt', `H.264 SPS: picture order count type ${pocType}, 0 to 2 are defined`);
  }
}

interface H264Vui {
  readonly timing: PictureTiming | undefined;
  readonly maxReorderFrames: number | undefined;
}

/** H.264 §E.1.1 */
function readVui(reader: BitReader): H264Vui {
  const EXTENDED_SAR = 255;
  if (reader.flag() && reader.bits(8) === EXTENDED_SAR) reader.skip(32);
  if (reader.flag()) reader.skip(1); // overscan
  if (reader.flag()) {
    reader.skip(4); // video_format, video_full_range_flag
    if (reader.flag()) reader.skip(24); // colour description
  }
  if (reader.flag()) {
    reader.unsigned(); // chroma_sample_loc_type_top_field
    reader.unsigned();
  }
  let timing: PictureTiming | undefined;
  if (reader.flag()) {
    const unitsInTick = reader.bits(32);
    const timeScale = reader.bits(32);
    const isFixedRate = reader.flag();
    // A tick is a field: two make a frame.
    if (unitsInTick > 0 && timeScale > 0) timing = { framesPerSecond: timeScale / unitsInTick / 2, isFixedRate };
  }
  const hasNalHrd = reader.flag();
  if (hasNalHrd) skipHrd(reader);
  const hasVclHrd = reader.flag();
  if (hasVclHrd) skipHrd(reader);
  if (hasNalHrd || hasVclHrd) reader.skip(1); // low_delay_hrd_flag
  reader.skip(1); // pic_struct_present_flag
  if (!reader.flag()) return { timing, maxReorderFrames: undefined };
  reader.skip(1); // motion_vectors_over_pic_boundaries_flag
  for (let i = 0; i < 4; i++) reader.unsigned();
  const maxReorderFrames = reader.unsigned();
  return { timing, maxReorderFrames: maxReorderFrames <= 16 ? maxReorderFrames : undefined };
}

/** H.264 §E.1.2 */
function skipHrd(reader: BitReader): void {
  const count = reader.unsigned() + 1;
  if (count > 32) throw new AppError('corrupt', `H.264 VUI: ${count} bit rate schedules, at most 32 are allowed`);
  reader.skip(8);
  for (let i = 0; i < count; i++) {
    reader.unsigned();
    reader.unsigned();
    reader.skip(1);
  }
  reader.skip(20);
}
