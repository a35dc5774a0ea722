import type { ChannelSettings } from '../../src/config/settings.ts';
import { followRecorder, type RecorderFacts } from './recorder-facts.ts';
import type { Stack } from './stack.ts';

export interface WithoutFootage {
  readonly channel: ChannelSettings;
  readonly cause: string;
  readonly detail: string;
}

/** Beyond this a channel that says nothing is not waited for. */
const TIMEOUT_MS = 20_000;
/** A camera that has failed for so long is not about to come. */
const FAILING_MS = 4_000;
const ASK_EVERY_MS = 100;

/** Waits until every channel has written frames; gives back those that did not, with what the recorder says of them. */
export async function waitForFirstFootage(stack: Stack, signal: AbortSignal): Promise<WithoutFootage[]> {
  const facts = followRecorder(stack.stateDir);
  const endMs = performance.now() + TIMEOUT_MS;
  try {
    for (;;) {
      const lacking = stack.channels.filter((channel) => !hasFootage(facts, channel.id));
      const isHopeless = lacking.every((channel) => isFailing(facts, channel.id));
      if (isHopeless || signal.aborted || performance.now() > endMs)
        return lacking.map((channel) => describe(facts, channel));
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    }
  } finally {
    facts.stop();
  }
}

function hasFootage(facts: RecorderFacts, channelId: string): boolean {
  const rates = facts.rates.at(-1)?.channels ?? [];
  return rates.some((rate) => rate.channelId === channelId && rate.framesWritten > 0);
}

function isFailing(facts: RecorderFacts, channelId: string): boolean {
  const state = facts.channels.get(channelId);
  return state?.state === 'failing' && Date.now() - state.sinceUtcMs > FAILING_MS;
}

function describe(facts: RecorderFacts, channel: ChannelSettings): WithoutFootage {
  const { cause, detail = '' } = facts.channels.get(channel.id) ?? {};
  return { channel, cause: cause ?? 'no cause yet', detail };
}
