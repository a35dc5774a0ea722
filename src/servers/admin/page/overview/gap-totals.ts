import type { ChannelGap, Span } from '../api/types.ts';

export interface GapTotal {
  readonly cause: string;
  readonly count: number;
  readonly channels: readonly number[];
  readonly durationMs: number;
}

/** Per cause, the longest first; gaps that reach out of the span count with what lies inside. */
export function totalGaps(gaps: readonly ChannelGap[], span: Span): GapTotal[] {
  const byCause = new Map<string, { count: number; channels: Set<number>; durationMs: number }>();
  for (const gap of gaps) {
    const durationMs = Math.min(gap.toUtcMs ?? span.toUtcMs, span.toUtcMs) - Math.max(gap.fromUtcMs, span.fromUtcMs);
    if (durationMs <= 0) continue;
    const total = byCause.get(gap.cause) ?? { count: 0, channels: new Set(), durationMs: 0 };
    total.count++;
    if (gap.channel !== null) total.channels.add(gap.channel);
    total.durationMs += durationMs;
    byCause.set(gap.cause, total);
  }
  return [...byCause]
    .map(([cause, total]) => ({
      cause,
      count: total.count,
      channels: [...total.channels].sort((a, b) => a - b),
      durationMs: total.durationMs,
    }))
    .sort((a, b) => b.durationMs - a.durationMs);
}

/** "channels 1, 2, 5 and 12 more" beyond a handful. */
export function listChannels(channels: readonly number[], shownMax = 6): string {
  if (channels.length === 0) return 'channels that were removed';
  const noun = channels.length === 1 ? 'channel' : 'channels';
  const shown = channels.slice(0, shownMax).join(', ');
  const more = channels.length - shownMax;
  return more > 0 ? `${noun} ${shown} and ${more} more` : `${noun} ${shown}`;
}
