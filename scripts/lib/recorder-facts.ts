import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import type { ChannelState, DriveState, Rates } from '../../src/link/messages.ts';
import { connectLink } from '../../src/link/socket.ts';
import { statePaths } from '../../src/link/state.ts';
import type { StreamReport } from '../../src/link/stream-report.ts';

/** What the recorder says about itself, for tools that look and have no password of the page. */
export interface RecorderFacts {
  /** By channel id; what was said last. */
  readonly channels: ReadonlyMap<string, ChannelState>;
  readonly reports: ReadonlyMap<string, StreamReport>;
  readonly drives: ReadonlyMap<string, DriveState>;
  /** All since the start, oldest first, at most MAX_RATES. */
  readonly rates: readonly Rates[];
  stop(): void;
}

/** One comes each second: an hour. */
const MAX_RATES = 3_600;

export function followRecorder(stateDir: string): RecorderFacts {
  const channels = new Map<string, ChannelState>();
  const reports = new Map<string, StreamReport>();
  const drives = new Map<string, DriveState>();
  const rates: Rates[] = [];
  const link = connectLink({
    path: statePaths(stateDir).socket,
    clock: systemClock,
    log: silentLog,
    onFact(fact) {
      if (fact.kind === 'channel-state') channels.set(fact.channelId, fact);
      else if (fact.kind === 'stream-report') reports.set(fact.channelId, fact);
      else if (fact.kind === 'drive-state') drives.set(fact.driveId, fact);
      else if (fact.kind === 'rates') rates.push(fact);
      if (rates.length > MAX_RATES) rates.shift();
    },
    onUnit: () => undefined,
    onConnected: () => undefined,
    onDisconnected: () => channels.clear(),
  });
  link.start();
  return { channels, reports, drives, rates, stop: () => link.stop() };
}
