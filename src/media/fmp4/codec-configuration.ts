import { AppError } from '../../base/errors.ts';
import type { VideoFormat } from '../access-unit.ts';
import { BitReader, removeEmulationPrevention } from '../bit-reader.ts';
import { type H265Sps, parseH265Sps, readH265SpsHead } from '../video/h265-parameters.ts';
import { tryRead } from '../video/picture.ts';
import { box, u8, u16 } from './box.ts';

/** `avcC`: AVCDecoderConfigurationRecord, ISO/IEC 14496-15, 5.3.3. */
export function avcConfiguration(format: VideoFormat): Buffer {
  const sps = requireSps(format);
  return box(
    'avcC',
    u8(1, sps.readUInt8(1), sps.readUInt8(2), sps.readUInt8(3)), // profile, compatibility, level
    u8(0xfc | LENGTH_SIZE_MINUS_ONE, 0xe0 | format.sps.length),
    ...format.sps.flatMap(withLength),
    u8(format.pps.length),
    ...format.pps.flatMap(withLength),
    tryRead(() => avcChroma(sps)) ?? Buffer.alloc(0),
  );
}

/** `hvcC`: HEVCDecoderConfigurationRecord, ISO/IEC 14496-15, 8.3.3. */
export function hevcConfiguration(format: VideoFormat): Buffer {
  const sps = requireSps(format);
  const { maxSubLayers, isTemporalIdNested } = readH265SpsHead(sps);
  const fields = sampleFormat(sps);
  // From general_profile_space to general_level_idc: behind the NAL header and the byte of ids and sub-layers.
  const general = removeEmulationPrevention(sps).subarray(3, 15);
  const arrays = [
    { type: H265_VPS, units: format.vps },
    { type: H265_SPS, units: format.sps },
    { type: H265_PPS, units: format.pps },
  ].filter(({ units }) => units.length > 0);
  return box(
    'hvcC',
    u8(1),
    general,
    u16(0xf000), // no spatial segmentation known
    u8(0xfc), // parallelism unknown
    u8(0xfc | fields.chromaFormatIdc, 0xf8 | (fields.bitDepthLuma - 8), 0xf8 | (fields.bitDepthChroma - 8)),
    u16(0), // frame rate unknown
    u8((maxSubLayers << 3) | (isTemporalIdNested ? 4 : 0) | LENGTH_SIZE_MINUS_ONE),
    u8(arrays.length),
    // Complete (0x80): all sets are here, and what the camera repeats in-band is the same.
    ...arrays.flatMap(({ type, units }) => [u8(0x80 | type), u16(units.length), ...units.flatMap(withLength)]),
  );
}

/** Where the SPS cannot be read as far as that, what nearly every camera sends: 4:2:0 with 8 bits. Decoders read the SPS itself. */
function sampleFormat(sps: Buffer): Pick<H265Sps, 'chromaFormatIdc' | 'bitDepthLuma' | 'bitDepthChroma'> {
  return tryRead(() => parseH265Sps(sps)) ?? { chromaFormatIdc: 1, bitDepthLuma: 8, bitDepthChroma: 8 };
}

/** NAL units stand behind four bytes of length. */
const LENGTH_SIZE_MINUS_ONE = 3;

const H265_VPS = 32;
const H265_SPS = 33;
const H265_PPS = 34;

/** Profiles behind whose record chroma format and bit depths are repeated. */
const AVC_PROFILES_WITH_CHROMA = new Set([100, 110, 122, 144]);

function avcChroma(sps: Buffer): Buffer {
  if (!AVC_PROFILES_WITH_CHROMA.has(sps.readUInt8(1))) return Buffer.alloc(0);
  const reader = new BitReader(removeEmulationPrevention(sps.subarray(4)), 'H.264 SPS');
  reader.unsigned(); // seq_parameter_set_id
  const chromaFormatIdc = reader.unsigned();
  if (chromaFormatIdc === 3) reader.skip(1); // separate_colour_plane_flag
  const bitDepthLumaMinus8 = reader.unsigned();
  const bitDepthChromaMinus8 = reader.unsigned();
  const noExtensions = 0;
  return u8(0xfc | chromaFormatIdc, 0xf8 | bitDepthLumaMinus8, 0xf8 | bitDepthChromaMinus8, noExtensions);
}

function requireSps(format: VideoFormat): Buffer {
  const sps = format.sps[0];
  if (sps === undefined || sps.length < 4)
    throw new AppError('bad-input', `${format.codec} format without parameter sets`);
  return sps;
}

function withLength(unit: Buffer): Buffer[] {
  return [u16(unit.length), unit];
}
