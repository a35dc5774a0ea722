import { useEffect, useState } from 'preact/hooks';
import { DAY_MS } from '../../../../base/units.ts';
import type { ChannelGap, ChannelStatus, Span } from '../api/types.ts';
import { Mark, Notice } from '../parts/notice.tsx';
import { useApp } from '../state/context.ts';
import { formatRoute } from '../state/route.ts';
import { formatDateTime, formatLength } from '../text/format.ts';
import { causeWords } from '../text/words.ts';
import { listChannels, totalGaps } from './gap-totals.ts';

const REFRESH_MS = 10_000;
/** The latest ones, to click on; all of them are in the timeline. */
const LISTED_MAX = 6;
/** Room to see what was there before the gap. */
const LEAD_MS = 3_000;

/** What was not recorded in the last 24 hours, and why. */
export function GapSummary({ channels }: { channels: readonly ChannelStatus[] }) {
  const { api, poll } = useApp();
  const [answer, setAnswer] = useState<{ gaps: readonly ChannelGap[]; span: Span }>();
  const [error, setError] = useState('');
  useEffect(() => {
    const ask = () => {
      if (document.hidden) return;
      const toUtcMs = poll.nowUtcMs();
      const span = { fromUtcMs: toUtcMs - DAY_MS, toUtcMs };
      api.gaps(span).then(
        (gaps) => {
          setAnswer({ gaps, span });
          setError('');
        },
        (caught: Error) => setError(caught.message),
      );
    };
    ask();
    const timer = window.setInterval(ask, REFRESH_MS);
    return () => window.clearInterval(timer);
  }, [api, poll]);

  const totals = answer ? totalGaps(answer.gaps, answer.span) : [];
  const latest = [...(answer?.gaps ?? [])].sort((a, b) => b.fromUtcMs - a.fromUtcMs).slice(0, LISTED_MAX);
  const nameOf = (number: number | null) =>
    channels.find((channel) => channel.number === number)?.name ?? 'Removed channel';
  return (
    <section class="panel" aria-labelledby="gaps-title">
      <header class="panel-head">
        <h2 id="gaps-title">Gaps of the last 24 h</h2>
      </header>
      {error && <Notice tone="bad">{error}</Notice>}
      {answer && totals.length === 0 && <p class="empty">No gap: every channel was recorded as it should be.</p>}
      <ul class="rows">
        {totals.map((total) => {
          const words = causeWords(total.cause);
          return (
            <li key={total.cause} class="gap-total">
              <Mark tone={words.tone} />
              <span>
                <strong>{words.text}</strong>
                <span class="muted">
                  {' '}
                  {total.count} {total.count === 1 ? 'gap' : 'gaps'}, {listChannels(total.channels)}
                </span>
              </span>
              <span class="push-right number">{formatLength(total.durationMs)}</span>
            </li>
          );
        })}
      </ul>
      {latest.length > 0 && (
        <ul class="gap-latest" aria-label="Latest gaps">
          {latest.map((gap) => (
            <li key={gap.id}>
              <a
                href={formatRoute({
                  page: 'playback',
                  channel: gap.channel ?? undefined,
                  atUtcMs: gap.fromUtcMs - LEAD_MS,
                })}
              >
                <time dateTime={new Date(gap.fromUtcMs).toISOString()}>{formatDateTime(gap.fromUtcMs)}</time>
                <span>{nameOf(gap.channel)}</span>
                <span class="muted">
                  {causeWords(gap.cause).text},{' '}
                  {gap.toUtcMs === null ? 'still lasts' : formatLength(gap.toUtcMs - gap.fromUtcMs)}
                </span>
              </a>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
