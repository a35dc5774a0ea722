import type { ApiClient } from '../api/client.ts';
import type { Status } from '../api/types.ts';
import { createStore, type Store } from './store.ts';

const POLL_MS = 1_000;

export interface StatusView {
  /** The last one that came; kept while the server is away, so that the page does not go blank. */
  readonly status: Status | undefined;
  /** Why the last attempt failed. */
  readonly problem: string | undefined;
}

export interface StatusPoll {
  readonly view: Store<StatusView>;
  /** The appliance's clock, which need not agree with the browser's. */
  nowUtcMs(): number;
  /** Asks at once, after a change that the user wants to see. */
  refresh(): void;
  start(): void;
  stop(): void;
}

/** Asks for the status each second while the page can be seen. */
export function createStatusPoll(api: ApiClient): StatusPoll {
  const view = createStore<StatusView>({ status: undefined, problem: undefined });
  let clockOffsetMs = 0;
  let timer: number | undefined;
  let isRunning = false;
  let isAsking = false;

  async function runOnce(): Promise<void> {
    if (isAsking) return;
    isAsking = true;
    window.clearTimeout(timer);
    try {
      const status = await api.status();
      clockOffsetMs = status.nowUtcMs - Date.now();
      view.set({ status, problem: undefined });
    } catch (error) {
      view.set({ status: view.get().status, problem: error instanceof Error ? error.message : String(error) });
    }
    isAsking = false;
    if (isRunning && !document.hidden) timer = window.setTimeout(() => void runOnce(), POLL_MS);
  }
  const onVisibility = () => {
    if (isRunning && !document.hidden) void runOnce();
  };

  return {
    view,
    nowUtcMs: () => Date.now() + clockOffsetMs,
    refresh: () => void runOnce(),
    start() {
      isRunning = true;
      document.addEventListener('visibilitychange', onVisibility);
      void runOnce();
    },
    stop() {
      isRunning = false;
      window.clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisibility);
    },
  };
}
