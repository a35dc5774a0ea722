import type { Timeline } from '../api/types.ts';
import { formatLength, formatTime } from '../text/format.ts';
import { causeWords, type Words } from '../text/words.ts';
import { footageAt, gapAt } from './footage.ts';

export interface Described extends Words {
  readonly detail: string;
}

/** What there is at a time, in words. `toleranceMs`: a gap that is a hair wide on screen can still be pointed at. */
export function describeTime(data: Timeline | undefined, timeMs: number, nowMs: number, toleranceMs = 0): Described {
  if (!data) return { tone: 'idle', text: '', detail: '' };
  const gap = gapAt(data.gaps, timeMs) ?? gapAt(data.gaps, timeMs, toleranceMs);
  if (gap) {
    const until = gap.toUtcMs === null ? 'still lasts' : `to ${formatTime(gap.toUtcMs)}`;
    const length = formatLength((gap.toUtcMs ?? nowMs) - gap.fromUtcMs);
    const span = `${formatTime(gap.fromUtcMs)} ${until}, ${length}`;
    return { ...causeWords(gap.cause), detail: gap.detail ? `${span}. ${gap.detail}` : span };
  }
  if (footageAt(data.footage, timeMs)) return { tone: 'good', text: 'Footage', detail: '' };
  if (timeMs > nowMs) return { tone: 'idle', text: 'Not yet', detail: '' };
  return { tone: 'idle', text: 'No footage', detail: 'Not set up yet, or deleted to make room.' };
}
