import type { ChannelSettings } from '../../src/config/settings.ts';
import type { CameraCounters } from '../../test/sim/camera.ts';
import { findUnexplained, type Span, totalSeconds } from './coverage.ts';
import { findDecodeError } from './decode-check.ts';
import { type ChannelFootage, readFootage } from './footage.ts';
import { compareFrames } from './frame-count.ts';
import { readGaps } from './gaps.ts';
import { readFramesOfFiles } from './recorded-frames.ts';

export interface ChannelCheck {
  number: number;
  name: string;
  secondsRecorded: number;
  /** Neither footage nor a gap of the ledger. */
  unexplainedGapSeconds: number;
  /** Seconds of gaps by cause. */
  gaps: Record<string, number>;
  segments: number;
  /** What is still written to, or was cut off, cannot be held to the same. */
  closedSegments: number;
  /** What ffmpeg says against the newest closed segment. */
  decodeError?: string;
  /** Counted for simulated cameras. */
  framesSent?: number;
  framesRecorded?: number;
  framesLost?: number;
}

export interface FootageCheck {
  channels: ChannelCheck[];
  /** Why it does not hold, a sentence each; empty when all is well. */
  problems: string[];
}

export interface FootageCheckInput {
  readonly stateDir: string;
  readonly bays: readonly string[];
  readonly channels: readonly ChannelSettings[];
  /** In which every channel should have been recorded. */
  readonly window: Span;
  /** Of simulated cameras; camera n is channel n. */
  readonly counters: readonly CameraCounters[];
}

/** Holds what was recorded against what should have been, from the drives and the ledger alone. */
export async function checkFootage(input: FootageCheckInput): Promise<FootageCheck> {
  const footage = await readFootage(input.bays);
  const frames = input.counters.length > 0 ? await readFramesOfFiles(filesSince(footage, input.window)) : undefined;
  const channels: ChannelCheck[] = [];
  for (const { id, number, name } of input.channels) {
    const { files = [], spans = [] } = footage.get(id) ?? {};
    const gaps = (await readGaps(input.stateDir, id)).map((gap) => ({
      ...gap,
      toUtcMs: gap.toUtcMs ?? input.window.toUtcMs,
    }));
    const newestClosed = files.findLast((file) => file.isClosed);
    const decodeError = newestClosed && (await findDecodeError(newestClosed.path));
    channels.push({
      number,
      name,
      secondsRecorded: round(totalSeconds(spans)),
      unexplainedGapSeconds: round(totalSeconds(findUnexplained(input.window, spans, gaps))),
      gaps: secondsByCause(gaps),
      segments: files.length,
      closedSegments: files.filter((file) => file.isClosed).length,
      ...(decodeError !== undefined && { decodeError }),
      ...countFrames(input.counters[number - 1], frames?.get(number)?.numbers),
    });
  }
  return { channels, problems: channels.flatMap(problemsOf) };
}

/** A folder that was used before holds files of an earlier run, in which the same cameras counted from 0, too. */
function filesSince(footage: ReadonlyMap<string, ChannelFootage>, window: Span): string[] {
  const files = [...footage.values()].flatMap((channel) => channel.files);
  return files.filter((file) => file.endUtcMs > window.fromUtcMs).map((file) => file.path);
}

function countFrames(counters: CameraCounters | undefined, recorded: ReadonlySet<number> | undefined) {
  if (counters === undefined) return {};
  const compared = compareFrames(counters.main.sessions, recorded ?? new Set());
  const { framesSent, framesUnderWay, framesRecorded, framesLost } = compared;
  return { framesSent: framesSent - framesUnderWay, framesRecorded, framesLost };
}

function secondsByCause(gaps: readonly (Span & { cause: string })[]): Record<string, number> {
  const seconds: Record<string, number> = {};
  for (const gap of gaps) seconds[gap.cause] = round((seconds[gap.cause] ?? 0) + totalSeconds([gap]));
  return seconds;
}

function problemsOf(channel: ChannelCheck): string[] {
  const { name, secondsRecorded, closedSegments, unexplainedGapSeconds, decodeError, framesLost, gaps } = channel;
  const problems: string[] = [];
  if (secondsRecorded === 0) {
    const causes = Object.keys(gaps).join(', ') || 'no cause in the ledger';
    problems.push(`no footage (${causes})`);
  } else if (closedSegments === 0) problems.push('no closed segment');
  if (decodeError !== undefined) problems.push(`does not decode: ${decodeError}`);
  if (unexplainedGapSeconds > 0) problems.push(`${unexplainedGapSeconds} s are neither footage nor a gap`);
  if (framesLost !== undefined && framesLost > 0) problems.push(`${framesLost} frames lost`);
  return problems.map((problem) => `${name}: ${problem}`);
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}
