import type { BitReader } from '../bit-reader.ts';

/** General part of profile_tier_level (H.265 §7.3.3), as `hvcC` stores it. */
export interface H265Profile {
  readonly profileSpace: number;
  readonly isHighTier: boolean;
  readonly profileIdc: number;
  readonly compatibilityFlags: number;
  /** Six bytes. */
  readonly constraintFlags: readonly number[];
  readonly levelIdc: number;
  /** What follows `hvc1.`: `1.6.L93.B0` (ISO/IEC 14496-15 annex E.3). */
  readonly codecSuffix: string;
}

export function readGeneralProfile(reader: BitReader): H265Profile {
  const profileSpace = reader.bits(2);
  const isHighTier = reader.flag();
  const profileIdc = reader.bits(5);
  const compatibilityFlags = reader.bits(32);
  const constraintFlags = Array.from({ length: 6 }, () => reader.bits(8));
  const levelIdc = reader.bits(8);
  const general = { profileSpace, isHighTier, profileIdc, compatibilityFlags, constraintFlags, levelIdc };
  return { ...general, codecSuffix: codecSuffix(general) };
}

function codecSuffix(profile: Omit<H265Profile, 'codecSuffix'>): string {
  const space = ['', 'A', 'B', 'C'][profile.profileSpace]!;
  const tier = profile.isHighTier ? 'H' : 'L';
  const compatibility = reverseBits(profile.compatibilityFlags).toString(16).toUpperCase();
  const constraints = [...profile.constraintFlags];
  while (constraints.at(-1) === 0) constraints.pop();
  return [
    `${space}${profile.profileIdc}`,
    compatibility,
    `${tier}${profile.levelIdc}`,
    ...constraints.map((byte) => byte.toString(16).toUpperCase()),
  ].join('.');
}

function reverseBits(value: number): number {
  let reversed = 0;
  for (let bit = 0; bit < 32; bit++) reversed = reversed * 2 + ((value >>> bit) & 1);
  return reversed;
}

/** What follows the general part, for each sub-layer below the highest. */
export function skipSubLayers(reader: BitReader, count: number): void {
  if (count === 0) return;
  const present = Array.from({ length: count }, () => ({ hasProfile: reader.flag(), hasLevel: reader.flag() }));
  reader.skip(2 * (8 - count)); // reserved_zero_2bits for the layers up to 8
  for (const { hasProfile, hasLevel } of present) reader.skip((hasProfile ? 88 : 0) + (hasLevel ? 8 : 0));
}
