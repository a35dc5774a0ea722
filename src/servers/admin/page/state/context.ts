import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { ApiClient } from '../api/client.ts';
import type { StatusPoll } from './status-poll.ts';

export interface AppContext {
  readonly api: ApiClient;
  readonly poll: StatusPoll;
}

export const Context = createContext<AppContext | undefined>(undefined);

export function useApp(): AppContext {
  const app = useContext(Context);
  if (!app) throw new Error('component outside of the application');
  return app;
}
