import type { ArchiveEntry } from '../archive/entries.ts';
import type { CatalogGap, CatalogSegment, DriveFigures } from './rows.ts';

/** An entry and the drive in whose journal it stands; undefined for the ledger on the state partition. */
export interface SourcedEntry {
  readonly driveId: string | undefined;
  readonly entry: ArchiveEntry;
}

/** The index of all footage and gaps. A cache: whatever it holds can be read again from the drives and the ledger. */
export interface Catalog {
  start(): Promise<void>;
  stop(): Promise<void>;

  /** Segments of the channel that overlap the span, ascending by start; each once, from a drive that is there if one has it. */
  segmentsOf(channelId: string, fromUtcMs: number, toUtcMs: number): Promise<CatalogSegment[]>;
  /** By its address, or undefined. */
  segment(unit: string, boot: number, seq: number): Promise<CatalogSegment | undefined>;
  /** The nearest footage that ends at or before, and that begins at or after, a time; for messages and for playback that goes on. */
  nearestSegments(channelId: string, atUtcMs: number): Promise<{ before?: CatalogSegment; after?: CatalogSegment }>;
  /** Gaps that overlap the span, ascending; of every channel without `channelId`. Those that last have `toUtcMs` null. */
  gapsOf(span: { channelId?: string; fromUtcMs: number; toUtcMs: number }): Promise<CatalogGap[]>;
  lastFootage(): Promise<Map<string, number>>;
  driveFigures(): Promise<DriveFigures[]>;
}
