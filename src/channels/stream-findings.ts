import type { ChannelSettings } from '../config/settings.ts';
import type { ChannelState } from '../link/messages.ts';
import type { StreamReport } from '../link/stream-report.ts';
import { RULES } from './stream-finding-rules.ts';

/** `problem`: footage is lost, or will be. `advice`: all is recorded, and the camera could be set better. `note`: good to know. */
export const SEVERITIES = ['problem', 'advice', 'note'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What is known of a stream: what the recorder measured, what it says of the channel, and what was set. */
export interface StreamFacts {
  /** Undefined until the recorder has measured something. */
  readonly report: StreamReport | undefined;
  readonly state: Pick<ChannelState, 'detail' | 'presentedCertificate'> | undefined;
  readonly channel: Pick<ChannelSettings, 'transport' | 'allotmentMbps'>;
  /** When the recorder started; undefined while it is not connected. */
  readonly recorderStartedUtcMs: number | undefined;
  /** What a power cut may cost, whatever the camera does. */
  readonly promisedLossMs: number;
}

/** Something about a stream that whoever sets up the camera should know. */
export interface Finding {
  /** Stable, for programs. */
  readonly code: string;
  readonly severity: Severity;
  /** A few words, by which the installer's guide names it too. */
  readonly title: string;
  /** What was measured and what it means, with the numbers. */
  readonly sentence: string;
  /** What to do about it; empty where there is nothing to do. */
  readonly advice: string;
}

/** Everything that is to be said about a stream, the worst first. A stream that is set up well gives none. */
export function streamFindings(facts: StreamFacts): Finding[] {
  const findings: Finding[] = [];
  for (const { code, severity, title, find } of RULES) {
    const found = find(facts);
    if (found) findings.push({ code, severity, title, ...found });
  }
  return findings.sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
}
