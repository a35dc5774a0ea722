import type { SegmentName } from '../archive/layout.ts';
import type { SegmentFile } from '../archive/segment-file.ts';
import type { AppError } from '../base/errors.ts';
import type { FragmentInput } from '../media/fmp4/fragment.ts';
import type { Stretch } from './time/timed-unit.ts';

export interface SegmentSpec {
  readonly name: SegmentName;
  readonly stretch: Stretch;
  readonly clock: 'synced' | 'unsynced';
  /** Hash of the channel's last fragment, asked for when the file is made. */
  predecessorHash(): Buffer;
  onHash(hash: Buffer): void;
  /** The sync that covers the fragment has succeeded. */
  onDurable(fragmentNumber: number): void;
  /** The drive is gone or full: what is not durable has to be written elsewhere. */
  onLost(error: AppError): void;
}

/** One segment on its way to a drive. */
export interface SegmentSink {
  readonly name: SegmentName;
  readonly path: string;
  /** False when the drive's queue is full: the fragment is not taken. Fragments are numbered from 1. */
  append(input: FragmentInput, sizeBytes: number): boolean;
  close(): void;
}

/** `indexed`: the index is written; `turned`: the file's head points to it. Each waits for the sync that covers it. */
export type SinkPhase = 'open' | 'indexed' | 'turned' | 'done' | 'lost';

/** The same, as the drive's own parts see it. */
export interface WriterSink extends SegmentSink {
  readonly spec: SegmentSpec;
  phase: SinkPhase;
  /** Its last fragment is in the queue. */
  isClosing: boolean;
  file: SegmentFile | undefined;
  appended: number;
  written: number;
}
