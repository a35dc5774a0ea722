import { createHash } from 'node:crypto';
import { AppError } from '../base/errors.ts';
import { HOUR_MS } from '../base/units.ts';
import { type ExportPiece, ExportPlanner } from './export-plan.ts';
import type { FootageFinder, FoundSegment } from './footage-finder.ts';
import { readPiece } from './segment-media.ts';
import type { SegmentShelf } from './segment-shelf.ts';

/** The index of a day takes some 50 MB of memory and must be made before the first byte is sent. */
export const MAX_EXPORT_MS = 24 * HOUR_MS;

/** Players fetch one export in many requests; its index is made once. */
const KEPT_EXPORTS = 4;
const KEPT_BYTES = 64 * 1024 * 1024;

/** One MP4 of a span, as planned; its bytes are read from the segments when they are asked for. */
export interface Export {
  readonly sizeBytes: number;
  readonly durationMs: number;
  /** Changes when the bytes do: because a file that is being written has grown, or one was deleted. */
  readonly etag: string;
  /** Bytes [start, end). Fails when a segment was deleted since. */
  read(start: number, end: number): AsyncGenerator<Buffer>;
}

export interface ExportSpan {
  readonly channelId: string;
  readonly fromUtcMs: number;
  readonly toUtcMs: number;
  readonly wantsSound: boolean;
}

export class Exporter {
  readonly #finder: FootageFinder;
  readonly #shelf: SegmentShelf;
  /** By their etag; the least recently used first. */
  readonly #kept = new Map<string, PlannedExport>();

  /** One after the other, so that two people who export a day each do not take twice the memory at once. */
  #planning: Promise<unknown> = Promise.resolve();

  constructor(options: { finder: FootageFinder; shelf: SegmentShelf }) {
    this.#finder = options.finder;
    this.#shelf = options.shelf;
  }

  /**
   * AppError `bad-input` for a span that is too long, `not-found` without footage, `conflict` when it cannot be one file.
   * Footage that is being written is taken up to its last whole fragment.
   */
  async plan(span: ExportSpan): Promise<Export> {
    const lengthMs = span.toUtcMs - span.fromUtcMs;
    if (lengthMs > MAX_EXPORT_MS) {
      const hours = (lengthMs / HOUR_MS).toFixed(1);
      throw new AppError('bad-input', `a span of ${hours} h: one file may hold ${MAX_EXPORT_MS / HOUR_MS} h`);
    }
    const planned = this.#planning.then(() => this.#planNow(span));
    this.#planning = planned.catch(() => undefined);
    return planned;
  }

  async #planNow(span: ExportSpan): Promise<Export> {
    const { channelId, fromUtcMs, toUtcMs } = span;
    const parts = await this.#finder.readableParts(channelId, fromUtcMs, toUtcMs);
    const etag = etagOf(span, parts);
    const kept = this.#kept.get(etag);
    if (kept !== undefined) return this.#keep(kept);

    const planner = new ExportPlanner(span);
    const pieces: PlacedPiece[] = [];
    for (const { segment, ...shown } of parts) {
      const piece = await this.#shelf.use(segment, async (reader) => {
        const { formats, fragments } = reader;
        return planner.add({ formats, fragments, tables: await reader.readTables(), ...shown });
      });
      if (piece !== undefined) pieces.push({ ...piece, segment });
    }
    const plan = planner.finish();
    if (plan === undefined) throw await this.#finder.nothingFound(channelId, fromUtcMs, toUtcMs);
    return this.#keep(new PlannedExport({ ...plan, etag, pieces, shelf: this.#shelf }));
  }

  #keep(planned: PlannedExport): PlannedExport {
    this.#kept.delete(planned.etag);
    this.#kept.set(planned.etag, planned);
    let bytes = 0;
    for (const other of this.#kept.values()) bytes += other.headBytes;
    for (const [key, other] of this.#kept) {
      if (this.#kept.size <= KEPT_EXPORTS && bytes <= KEPT_BYTES) break;
      this.#kept.delete(key);
      bytes -= other.headBytes;
    }
    return planned;
  }
}

type PlacedPiece = ExportPiece & { readonly segment: FoundSegment };

class PlannedExport implements Export {
  readonly sizeBytes: number;
  readonly durationMs: number;
  readonly etag: string;
  readonly #head: Buffer;
  readonly #pieces: readonly PlacedPiece[];
  readonly #shelf: SegmentShelf;

  constructor(planned: {
    head: Buffer;
    durationMs: number;
    etag: string;
    pieces: readonly PlacedPiece[];
    shelf: SegmentShelf;
  }) {
    this.#head = planned.head;
    this.#pieces = planned.pieces;
    this.#shelf = planned.shelf;
    this.durationMs = planned.durationMs;
    this.etag = planned.etag;
    this.sizeBytes = planned.pieces.reduce((sum, piece) => sum + piece.sizeBytes, planned.head.length);
  }

  get headBytes(): number {
    return this.#head.length;
  }

  async *read(start: number, end: number): AsyncGenerator<Buffer> {
    if (start < this.#head.length) yield this.#head.subarray(start, end);
    let at = this.#head.length;
    for (const piece of this.#pieces) {
      const from = Math.max(start - at, 0);
      const to = Math.min(end - at, piece.sizeBytes);
      if (from < to) yield* this.#readPiece(piece, from, to);
      at += piece.sizeBytes;
    }
  }

  async *#readPiece(piece: PlacedPiece, from: number, to: number): AsyncGenerator<Buffer> {
    const { reader, release } = await this.#shelf.lease(piece.segment);
    try {
      yield* readPiece(reader, piece.offset + from, to - from);
    } finally {
      release();
    }
  }
}

/** What the bytes follow from: the span, and of each file how far it reaches. */
function etagOf(
  span: ExportSpan,
  parts: readonly { segment: FoundSegment; fromUtcMs: number; toUtcMs: number }[],
): string {
  const hash = createHash('sha256').update(JSON.stringify(span));
  for (const { segment, fromUtcMs, toUtcMs } of parts) {
    const { unit, boot, seq, endUtcMs, isOpen } = segment;
    hash.update(JSON.stringify([unit, boot, seq, endUtcMs, isOpen, fromUtcMs, toUtcMs]));
  }
  return `"${hash.digest('hex').slice(0, 32)}"`;
}
