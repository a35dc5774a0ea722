import type { ChannelStatus } from '../api/types.ts';
import { formatRoute } from '../state/route.ts';
import { findingsWords } from '../text/words.ts';

/** Leads to a channel's stream report, and says how much there is to do. */
export function StreamLink({ channel }: { channel: ChannelStatus }) {
  const words = findingsWords(channel.findings);
  return (
    <p class="stream-link">
      <a
        href={formatRoute({ page: 'overview', stream: channel.number })}
        aria-label={`Stream report of ${channel.name}${words ? `: ${words.text}` : ''}`}
      >
        Stream report
      </a>
      {words && <span class={`tone-${words.tone}`}> {words.text}</span>}
    </p>
  );
}
