import { useEffect, useMemo, useState } from 'preact/hooks';
import { type ApiClient, createApiClient } from './api/client.ts';
import type { Session } from './api/types.ts';
import { Setup } from './entry/setup.tsx';
import { SignIn } from './entry/sign-in.tsx';
import { LivePage } from './live/live-page.tsx';
import { Overview } from './overview/overview.tsx';
import { PlaybackPage } from './playback/playback-page.tsx';
import { Shell } from './shell.tsx';
import { Context } from './state/context.ts';
import { createStatusPoll } from './state/status-poll.ts';
import { useRoute } from './state/use-route.ts';

const RETRY_MS = 2_000;

/** Who has not signed in sees nothing but the door. */
export function App() {
  const [session, setSession] = useState<Session>();
  const [problem, setProblem] = useState('');
  const api = useMemo(() => createApiClient(() => setSession({ isSetUp: true, isSignedIn: false })), []);

  useEffect(() => {
    if (session) return;
    let timer: number | undefined;
    const ask = () =>
      api.session().then(setSession, (error: Error) => {
        setProblem(error.message);
        timer = window.setTimeout(ask, RETRY_MS);
      });
    void ask();
    return () => window.clearTimeout(timer);
  }, [session, api]);

  const signedIn = () => setSession({ isSetUp: true, isSignedIn: true });
  if (!session) return <p class="loading">{problem || 'Loading…'}</p>;
  if (!session.isSetUp) return <Setup api={api} onDone={signedIn} />;
  if (!session.isSignedIn) return <SignIn api={api} onDone={signedIn} />;
  return <SignedIn api={api} onSignOut={() => setSession({ isSetUp: true, isSignedIn: false })} />;
}

function SignedIn({ api, onSignOut }: { api: ApiClient; onSignOut: () => void }) {
  const poll = useMemo(() => createStatusPoll(api), [api]);
  const app = useMemo(() => ({ api, poll }), [api, poll]);
  const route = useRoute();
  useEffect(() => {
    poll.start();
    return () => poll.stop();
  }, [poll]);
  return (
    <Context.Provider value={app}>
      <Shell route={route} onSignOut={onSignOut}>
        {route.page === 'overview' && <Overview stream={route.stream} />}
        {route.page === 'live' && <LivePage tiles={route.tiles} screen={route.screen} />}
        {route.page === 'playback' && <PlaybackPage channel={route.channel} atUtcMs={route.atUtcMs} />}
      </Shell>
    </Context.Provider>
  );
}
