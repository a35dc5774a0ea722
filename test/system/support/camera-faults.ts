import type { GapCause } from '../../../src/archive/entries.ts';
import type { Fault } from '../../sim/faults.ts';

/** A fault of a camera, and what the ledger may say of it. */
export interface ExpectedFault {
  readonly fault: Fault;
  /** Causes of the gaps that it may lead to; none: it costs no second. */
  readonly causes: readonly GapCause[];
  /** There is a gap in any case, for about as long as it lasts. */
  readonly hasGap?: boolean;
}

/**
 * All that a camera can do wrong while it runs, but for two that a person has to settle: `refuse-password` is in bad-camera.test.ts,
 * `new-certificate` in encrypted-camera.test.ts.
 */
export const CAMERA_FAULTS: readonly ExpectedFault[] = [
  { fault: { kind: 'drop' }, causes: ['camera-unreachable'] },
  { fault: { kind: 'refuse' }, causes: ['camera-unreachable'], hasGap: true },
  { fault: { kind: 'silent' }, causes: ['no-data'], hasGap: true },
  { fault: { kind: 'silent', hang: true }, causes: ['no-data'], hasGap: true },
  // What is lost with its dependants is a gap where it exceeds a second.
  { fault: { kind: 'lose-packets', share: 0.05 }, causes: ['stream-error'] },
  { fault: { kind: 'lose-bursts', share: 0.01, packets: 20 }, causes: ['stream-error'] },
  // Nothing is lost by it over UDP; over TCP nobody reckons with it.
  { fault: { kind: 'reorder-packets', share: 0.05 }, causes: ['stream-error'] },
  { fault: { kind: 'restart-stream' }, causes: ['stream-error'] },
  { fault: { kind: 'duplicate-packets', share: 0.1 }, causes: [] },
  { fault: { kind: 'jitter', ms: 100 }, causes: [] },
  { fault: { kind: 'jump-timestamps', seconds: 3_600 }, causes: [] },
  { fault: { kind: 'jump-timestamps', seconds: -5 }, causes: [] },
  { fault: { kind: 'freeze-timestamps' }, causes: [] },
  { fault: { kind: 'step-clock', seconds: 3_600 }, causes: [] },
  { fault: { kind: 'change-format' }, causes: [] },
  { fault: { kind: 'stop-key-frames' }, causes: [] },
  { fault: { kind: 'bitrate', factor: 3 }, causes: [] },
  // Bytes that are no packet are skipped; after ten times in a row of seconds the connection is begun anew.
  { fault: { kind: 'garbage', what: 'bytes', share: 0.1 }, causes: ['stream-error'] },
  { fault: { kind: 'garbage', what: 'nals', share: 0.1 }, causes: [] },
];

/** The fault for a time, or once where it does not last. */
export function lasting({ fault }: ExpectedFault, forSeconds: number, seed: number): Fault {
  if (fault.kind === 'drop' || fault.kind === 'new-certificate') return fault;
  if (fault.kind === 'restart-stream') return { ...fault, seed };
  return { ...fault, forSeconds, ...(isRandom(fault) ? { seed } : {}) };
}

function isRandom({ kind }: Fault): boolean {
  return ['lose-packets', 'lose-bursts', 'reorder-packets', 'duplicate-packets', 'jitter', 'garbage'].includes(kind);
}
