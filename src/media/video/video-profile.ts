import type { VideoFormat } from '../access-unit.ts';
import { parseH264Sps } from './h264-parameters.ts';
import { tryRead } from './picture.ts';

/** In words, as cameras' own pages have it; empty where there is none. */
export interface VideoProfile {
  readonly profile: string;
  readonly level: string;
}

/** Out of the codec string, which holds the same numbers (RFC 6381, ISO/IEC 14496-15 annex E). */
export function videoProfile({ codec, codecString }: VideoFormat): VideoProfile {
  switch (codec) {
    case 'h264':
      return h264Profile(codecString);
    case 'h265':
      return h265Profile(codecString);
    case 'mjpeg':
      return { profile: '', level: '' };
  }
}

/** What the stream itself says; undefined where it says nothing. Cameras often do something else. */
export function declaredFramesPerSecond({ codec, sps }: VideoFormat): number | undefined {
  const [first] = sps;
  // H.265 has it behind parts of the SPS that are better left unread.
  if (codec !== 'h264' || first === undefined) return undefined;
  const declared = tryRead(() => parseH264Sps(first).timing?.framesPerSecond);
  return declared !== undefined && declared >= MIN_RATE && declared <= MAX_RATE ? declared : undefined;
}

/** What lies outside is nonsense that an encoder left in: a picture in ten seconds, the clock rate itself. */
const MIN_RATE = 0.1;
const MAX_RATE = 300;

const H264_PROFILES: Readonly<Record<number, string>> = {
  66: 'Baseline',
  77: 'Main',
  88: 'Extended',
  100: 'High',
  110: 'High 10',
  122: 'High 4:2:2',
  244: 'High 4:4:4 Predictive',
};
const CONSTRAINED = 0x40;
const LEVEL_1B = 0x10;

function h264Profile(codecString: string): VideoProfile {
  const numbers = /^avc1\.([0-9A-F]{2})([0-9A-F]{2})([0-9A-F]{2})$/.exec(codecString);
  if (!numbers) return { profile: '', level: '' };
  const [profileIdc, constraints, level] = numbers.slice(1).map((hex) => Number.parseInt(hex, 16)) as [
    number,
    number,
    number,
  ];
  const name = H264_PROFILES[profileIdc] ?? `profile ${profileIdc}`;
  const isConstrained = profileIdc === 66 && (constraints & CONSTRAINED) !== 0;
  const isLevel1b = level === 11 && (constraints & LEVEL_1B) !== 0 && profileIdc < 100;
  return {
    profile: isConstrained ? `Constrained ${name}` : name,
    level: isLevel1b ? '1b' : (level / 10).toFixed(1),
  };
}

const H265_PROFILES: Readonly<Record<number, string>> = {
  1: 'Main',
  2: 'Main 10',
  3: 'Main Still Picture',
  4: 'Range Extensions',
  9: 'Screen Content',
};

function h265Profile(codecString: string): VideoProfile {
  const parts = /^h(?:vc|ev)1\.[ABC]?(\d+)\.[0-9A-F]+\.([LH])(\d+)/.exec(codecString);
  if (!parts) return { profile: '', level: '' };
  const profileIdc = Number(parts[1]);
  const level = (Number(parts[3]) / 30).toFixed(1);
  return {
    profile: H265_PROFILES[profileIdc] ?? `profile ${profileIdc}`,
    level: parts[2] === 'H' ? `${level} High tier` : level,
  };
}
