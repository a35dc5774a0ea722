import { useEffect, useRef, useState } from 'preact/hooks';
import type { Timeline } from '../api/types.ts';
import { useApp } from '../state/context.ts';
import { spanMs, type View } from './view.ts';

/** Zooming and panning settle before anything is asked for. */
const SETTLE_MS = 150;
/** While the present is on screen. */
const REFRESH_MS = 4_000;

export interface TimelineData {
  readonly data: Timeline | undefined;
  readonly error: string;
}

/** Footage and gaps of what is on screen, and as much again on both sides, so that panning shows no blank. */
export function useTimelineData(channel: number | undefined, view: View): TimelineData {
  const { api, poll } = useApp();
  const [answer, setAnswer] = useState<{ channel: number; data: Timeline }>();
  const [error, setError] = useState('');
  const latest = useRef(view);
  latest.current = view;

  useEffect(() => {
    if (channel === undefined) return;
    const abort = new AbortController();
    const ask = async () => {
      const { fromMs, toMs } = latest.current;
      const span = spanMs(latest.current);
      try {
        const data = await api.timeline(channel, { fromUtcMs: fromMs - span, toUtcMs: toMs + span }, abort.signal);
        setAnswer({ channel, data });
        setError('');
      } catch (caught) {
        if (!abort.signal.aborted) setError(caught instanceof Error ? caught.message : String(caught));
      }
    };
    const settle = window.setTimeout(() => void ask(), SETTLE_MS);
    const refresh = window.setInterval(() => {
      const isPresentShown = latest.current.toMs + spanMs(latest.current) > poll.nowUtcMs();
      if (isPresentShown && !document.hidden) void ask();
    }, REFRESH_MS);
    return () => {
      abort.abort();
      window.clearTimeout(settle);
      window.clearInterval(refresh);
    };
  }, [api, poll, channel, Math.round(view.fromMs), Math.round(view.toMs)]);

  return { data: answer?.channel === channel ? answer?.data : undefined, error };
}
