import type { ChannelSettings, Settings } from '../config/settings.ts';
import type { StreamReport } from '../link/stream-report.ts';
import type { RecorderView } from './recorder-view.ts';
import { SEVERITIES, type Severity } from './stream-facts.ts';
import { type Finding, streamFindings } from './stream-findings.ts';

/** What there is to say about a channel's stream. */
export interface StreamCheck {
  readonly report: StreamReport | undefined;
  readonly findings: readonly Finding[];
  /** Another certificate than the expected one, which the camera shows at present. */
  readonly presentedCertificate: string | null;
  /** How often key frames come, where that is so seldom that who watches notices; else null. */
  readonly longKeyIntervalMs: number | null;
}

const NOTHING: StreamCheck = { report: undefined, findings: [], presentedCertificate: null, longKeyIntervalMs: null };

/** Out of what the recorder said last; of a channel that is switched off there is nothing to say. */
export function checkStream(
  channel: ChannelSettings,
  recorder: RecorderView,
  { promisedLossMs }: Pick<Settings, 'promisedLossMs'>,
): StreamCheck {
  if (!channel.isEnabled) return NOTHING;
  const report = recorder.streamReport(channel.id);
  const state = recorder.channel(channel.id);
  const recorderStartedUtcMs = recorder.hello?.startedUtcMs;
  const findings = streamFindings({ report, state, channel, recorderStartedUtcMs, promisedLossMs });
  const isLong = findings.some(({ code }) => code === 'key-interval-long');
  return {
    report,
    findings,
    presentedCertificate: state?.presentedCertificate ?? null,
    longKeyIntervalMs: isLong ? longestKeyIntervalMs(report) : null,
  };
}

/** How many findings there are of each severity. */
export function countFindings(findings: readonly Finding[]): Record<Severity, number> {
  const counts = Object.fromEntries(SEVERITIES.map((severity) => [severity, 0])) as Record<Severity, number>;
  for (const { severity } of findings) counts[severity]++;
  return counts;
}

function longestKeyIntervalMs(report: StreamReport | undefined): number | null {
  const { keyIntervalMs = null, longestKeyIntervalMs = null } = report?.video ?? {};
  return keyIntervalMs === null ? null : Math.max(keyIntervalMs, longestKeyIntervalMs ?? 0);
}
