import type { Timeline } from '../api/types.ts';
import { Mark } from '../parts/notice.tsx';
import { formatLength, formatTime } from '../text/format.ts';
import { causeWords } from '../text/words.ts';
import type { View } from '../timeline/view.ts';

/** More are seen better in the timeline. */
const LISTED_MAX = 40;

/** The same gaps as in the timeline, to read and to choose with the keyboard. */
export function GapList(props: {
  data: Timeline | undefined;
  view: View;
  nowMs: number;
  onSeek: (timeMs: number) => void;
}) {
  const { view, nowMs } = props;
  const gaps = (props.data?.gaps ?? []).filter(
    (gap) => gap.fromUtcMs < view.toMs && (gap.toUtcMs ?? nowMs) > view.fromMs,
  );
  return (
    <section class="panel" aria-labelledby="gap-list-title">
      <header class="panel-head">
        <h2 id="gap-list-title">Gaps in view</h2>
        <span class="muted">{gaps.length || 'none'}</span>
      </header>
      <ul class="gap-latest">
        {gaps.slice(0, LISTED_MAX).map((gap) => {
          const words = causeWords(gap.cause);
          return (
            <li key={gap.id}>
              <button
                type="button"
                class="quiet gap-button"
                onClick={() => props.onSeek((gap.toUtcMs ?? gap.fromUtcMs) + 1)}
              >
                <Mark tone={words.tone} />
                <span class="number">
                  {formatTime(gap.fromUtcMs)} – {gap.toUtcMs === null ? 'now' : formatTime(gap.toUtcMs)}
                </span>
                <span>{words.text}</span>
                <span class="muted">{formatLength((gap.toUtcMs ?? nowMs) - gap.fromUtcMs)}</span>
              </button>
              {gap.detail && <p class="detail">{gap.detail}</p>}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
