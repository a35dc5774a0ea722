import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Icon } from './parts/icon.tsx';
import { Notice } from './parts/notice.tsx';
import { useApp } from './state/context.ts';
import { formatRoute, type Route } from './state/route.ts';
import { useStore } from './state/store.ts';
import { formatDateTime, zoneName } from './text/format.ts';

const PAGES = [
  { page: 'overview', title: 'Overview', href: formatRoute({ page: 'overview', stream: undefined }) },
  { page: 'live', title: 'Live', href: formatRoute({ page: 'live', tiles: undefined, screen: 1 }) },
  {
    page: 'playback',
    title: 'Playback',
    href: formatRoute({ page: 'playback', channel: undefined, atUtcMs: undefined }),
  },
] as const;

/** What stays around every page: name of the unit, navigation, clock, and what is wrong with the whole. */
export function Shell(props: { route: Route; onSignOut: () => void; children: ComponentChildren }) {
  const { api, poll } = useApp();
  const { status, problem } = useStore(poll.view);
  const title = PAGES.find((entry) => entry.page === props.route.page)?.title;
  useEffect(() => {
    document.title = `${title} · ${status?.name ?? 'Holdfast'}`;
  }, [title, status?.name]);

  async function signOut() {
    try {
      await api.signOut();
    } finally {
      props.onSignOut();
    }
  }

  return (
    <div class="shell">
      <header class="top">
        <div class="brand">
          <Icon name="mark" />
          <span class="brand-name">Holdfast</span>
          {status && <span class="unit-name">{status.name}</span>}
        </div>
        <nav class="nav" aria-label="Pages">
          {PAGES.map((entry) => (
            <a key={entry.page} href={entry.href} aria-current={entry.page === props.route.page ? 'page' : undefined}>
              <Icon name={entry.page} />
              <span>{entry.title}</span>
            </a>
          ))}
        </nav>
        <div class="top-right">
          <Clock />
          <button type="button" class="quiet" onClick={() => void signOut()}>
            <Icon name="leave" />
            <span class="wide-only">Sign out</span>
            <span class="visually-hidden narrow-only">Sign out</span>
          </button>
        </div>
      </header>
      <main class="main" id="main">
        <div class="notices" role="status">
          {problem && <Notice tone="bad">{problem} What is shown may be out of date; trying again each second.</Notice>}
          {!problem && status && !status.recorder.isConnected && (
            <Notice tone="bad">
              <strong>The recorder is not running.</strong> Nothing is being recorded until it is back; the time is kept
              as a gap.
            </Notice>
          )}
          {status?.catalog.isCatchingUp && (
            <Notice tone="wait">The index is being read from the drives; older footage appears as it goes on.</Notice>
          )}
          {status && !status.bays.some((bay) => bay.state === 'ready') && (
            <Notice tone="bad">
              <strong>No drive.</strong> {noDriveSentence(status.bays)}
            </Notice>
          )}
        </div>
        {props.children}
      </main>
    </div>
  );
}

function noDriveSentence(bays: readonly { state: string }[]): string {
  if (bays.some((bay) => bay.state === 'full'))
    return 'Every drive is full of locked footage: unlock some or add a drive.';
  if (bays.some((bay) => bay.state === 'failed')) return 'No bay has a drive that works: replace the one that failed.';
  return 'No bay has a drive that may be written to: insert one and recording goes on by itself.';
}

function Clock() {
  const { poll } = useApp();
  const [nowUtcMs, setNowUtcMs] = useState(poll.nowUtcMs());
  useEffect(() => {
    const timer = window.setInterval(() => setNowUtcMs(poll.nowUtcMs()), 1_000);
    return () => window.clearInterval(timer);
  }, [poll]);
  return (
    <div class="clock wide-only">
      <time dateTime={new Date(nowUtcMs).toISOString()}>{formatDateTime(nowUtcMs)}</time>
      <span class="zone">{zoneName(nowUtcMs)}</span>
    </div>
  );
}
