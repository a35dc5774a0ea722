import { SEVERITIES, type Severity, type StreamFacts } from './stream-facts.ts';
import { RULES } from './stream-finding-rules.ts';

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
