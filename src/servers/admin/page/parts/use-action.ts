import { useState } from 'preact/hooks';

export interface Action {
  readonly isBusy: boolean;
  /** What the server answered, word for word; empty when all is well. */
  readonly error: string;
  run(work: () => Promise<void>): Promise<void>;
}

/** One thing that a form asks of the server at a time. */
export function useAction(): Action {
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState('');
  async function run(work: () => Promise<void>): Promise<void> {
    if (isBusy) return;
    setIsBusy(true);
    setError('');
    try {
      await work();
    } catch (caught) {
      setError(caught instanceof Error ? caught.message : String(caught));
    }
    setIsBusy(false);
  }
  return { isBusy, error, run };
}
