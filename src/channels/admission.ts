/** Decimal, as the model file has it. */
const MB = 1_000_000;

/** What the model promises; nothing that exceeds it is let in. */
export interface AdmissionLimits {
  readonly channelCount: number;
  readonly ratingMbps: number;
  readonly tailMaxMB: number;
}

export interface AllottedChannel {
  readonly number: number;
  readonly allotmentMbps: number;
}

/**
 * How much of a channel its tail may have to hold: from the last key frame before the oldest frame that is not durable. Cameras
 * send a key frame every 2 to 4 s, a commit takes about one.
 */
export const TAIL_S = 5;

/**
 * Why a new or changed channel cannot be taken, with the numbers, or undefined. `others` are the channels that stay as they are.
 * A channel that is switched off keeps its allotment, so that switching it on can never fail.
 */
export function refuseAdmission(
  limits: AdmissionLimits,
  others: readonly AllottedChannel[],
  candidate: AllottedChannel,
): string | undefined {
  const { channelCount, ratingMbps, tailMaxMB } = limits;
  if (others.length + 1 > channelCount) {
    return `model has ${channelCount} channels: ${others.length} are in use, this would be one more`;
  }
  if (candidate.number > channelCount) {
    return `channel number ${candidate.number}: model has channels 1 to ${channelCount}`;
  }
  if (others.some((other) => other.number === candidate.number)) {
    return `channel number ${candidate.number} is in use`;
  }
  const usedKbps = sumKbps(others);
  const neededKbps = toKbps(candidate.allotmentMbps);
  // Up for what is asked, down for what there is: rounding never lets a sum past the rating.
  if (usedKbps + neededKbps > Math.floor(ratingMbps * 1000 + ROUNDING)) {
    return `rating ${ratingMbps} Mbps: ${others.length} channels use ${shown(usedKbps)}, this one needs ${shown(neededKbps)}`;
  }
  const tailBytes = (kbps: number) => (kbps * 1000 * TAIL_S) / 8;
  if (tailBytes(usedKbps + neededKbps) > tailMaxMB * MB) {
    return `memory for tails ${tailMaxMB} MB (${TAIL_S} s of each channel): ${others.length} channels use ${(tailBytes(usedKbps) / MB).toFixed(1)}, this one needs ${(tailBytes(neededKbps) / MB).toFixed(1)}`;
  }
  return undefined;
}

export function allottedMbps(channels: readonly AllottedChannel[]): number {
  return sumKbps(channels) / 1000;
}

/** Takes out what binary fractions add: 0.1 + 0.2 must not count as more than 0.3. */
const ROUNDING = 1e-6;

function toKbps(mbps: number): number {
  return Math.ceil(mbps * 1000 - ROUNDING);
}

function sumKbps(channels: readonly AllottedChannel[]): number {
  return channels.reduce((sum, channel) => sum + toKbps(channel.allotmentMbps), 0);
}

function shown(kbps: number): string {
  return (kbps / 1000).toFixed(kbps % 100 === 0 ? 1 : 3);
}
