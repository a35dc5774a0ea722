/*
 * Short NAL units with names, so that a case can say `key@0 SPS PPS IDR`. Nobody looks into the slices: their first bytes alone count.
 */

const hex = (text: string) => Buffer.from(text, 'hex');

/** Baseline: 640x480, and a smaller picture of 64x128. */
export const SPS = hex('6742c01ed900a03db016e1000003000100000300328f162e48');
export const SPS_SMALL = hex('6742c00ad90411a10000030001000003003c8f122664');
/** High, 1920x1080, two pictures of reordering. */
export const HIGH_SPS = hex('67640028acd940780227e5c044000003000400000300c83c60c658');
export const PPS = hex('68cb83cb20');
export const IDR = hex('658884aabbccddeeff11223344');
export const DELTA = hex('419a112233445566');
export const SECOND_SLICE = hex('4140112233');
export const SEI = hex('0605ffeeddcc80');
export const DELIMITER = hex('09f0');

/** H.265, main profile, 70x50, two pictures of reordering. */
export const H265_VPS = hex('40010c01ffff01600000030090000003000003001e959009');
export const H265_SPS = hex('42010101600000030090000003000003001ea024839d4996564b932bc05a020000030002000003003210');
/** 640x360 with three sub-layers, scaling lists, and a set of reference pictures that is predicted from another. */
export const H265_SPS_LAYERS = hex(
  '42010401600000030090000003000003005dd00001600000030090000003000003003f5aa005020171f2e5bdab7924f55555555550d7bb20',
);
export const H265_PPS = hex('4401c171a312');
export const H265_IDR = hex('2601af0811223344556677');
/** Type 1, a picture that others refer to. */
export const H265_DELTA = hex('0201d0aabbccddee');
/** Type 0: the unit begins with a zero byte, and is valid. */
export const H265_TRAIL_N = hex('0001d0112233445566');

const NAMES = new Map(
  Object.entries({
    SPS,
    SPS_SMALL,
    PPS,
    IDR,
    DELTA,
    SECOND_SLICE,
    SEI,
    DELIMITER,
    H265_VPS,
    H265_SPS,
    H265_SPS_LAYERS,
    H265_PPS,
    H265_IDR,
    H265_DELTA,
    H265_TRAIL_N,
  }).map(([name, nal]) => [nal.toString('hex'), name.replace('H265_', '')]),
);

/** Its name, or its bytes where it has none. */
export function nameOfNal(nal: Buffer): string {
  const bytes = nal.toString('hex');
  return NAMES.get(bytes) ?? (bytes.length > 40 ? `${bytes.slice(0, 40)}… (${nal.length} bytes)` : bytes);
}
