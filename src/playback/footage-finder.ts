import { AppError, isAppError } from '../base/errors.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { CatalogSegment } from '../catalog/rows.ts';
import { resolveOverlaps, type SegmentPart } from './overlap.ts';
import type { SegmentShelf } from './segment-shelf.ts';

/** A segment whose end is known: one that is being written ends with its last whole fragment. */
export type FoundSegment = CatalogSegment & { readonly endUtcMs: number; readonly isOpen: boolean };

export type FootageCatalog = Pick<Catalog, 'segmentsOf' | 'nearestSegments'>;

/** Where the footage of a span lies. */
export class FootageFinder {
  readonly #catalog: FootageCatalog;
  readonly #shelf: SegmentShelf;

  constructor(options: { catalog: FootageCatalog; shelf: SegmentShelf }) {
    this.#catalog = options.catalog;
    this.#shelf = options.shelf;
  }

  /** Segments of the channel that overlap the span, whatever drive they are on. */
  async segments(channelId: string, fromUtcMs: number, toUtcMs: number): Promise<FoundSegment[]> {
    const rows = await this.#catalog.segmentsOf(channelId, fromUtcMs, toUtcMs);
    const found: FoundSegment[] = [];
    for (const row of rows) {
      if (row.endUtcMs !== null) found.push({ ...row, endUtcMs: row.endUtcMs, isOpen: false });
      else found.push({ ...row, endUtcMs: await this.#endOfOpen(row), isOpen: true });
    }
    return found;
  }

  /** Those that can be read now, with what each of them shows. Not clipped to the span. */
  async readableParts(channelId: string, fromUtcMs: number, toUtcMs: number): Promise<SegmentPart<FoundSegment>[]> {
    const segments = await this.segments(channelId, fromUtcMs, toUtcMs);
    const readable = segments.filter((segment) => segment.root !== null);
    return resolveOverlaps(readable, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY).filter(
      (part) => part.fromUtcMs < toUtcMs && part.toUtcMs > fromUtcMs,
    );
  }

  /** For a span of which nothing can be read: says why, or what there is nearest. */
  async nothingFound(channelId: string, fromUtcMs: number, toUtcMs: number): Promise<AppError> {
    const span = `from ${iso(fromUtcMs)} to ${iso(toUtcMs)}`;
    const inSpan = await this.#catalog.segmentsOf(channelId, fromUtcMs, toUtcMs);
    const away = new Set(inSpan.filter((segment) => segment.root === null).map((segment) => segment.driveId));
    if (away.size > 0) {
      return new AppError('drive', `the footage ${span} is on drive ${[...away].join(', ')}, which is in no bay`);
    }
    if (inSpan.some((segment) => segment.endUtcMs === null)) {
      return new AppError('not-found', `the footage ${span} is still being written: no group of pictures is whole yet`);
    }
    const { before } = await this.#catalog.nearestSegments(channelId, fromUtcMs);
    const { after } = await this.#catalog.nearestSegments(channelId, toUtcMs);
    const nearest = [
      ...(before?.endUtcMs ? [`the nearest before it ends at ${iso(before.endUtcMs)}`] : []),
      ...(after ? [`the nearest after it begins at ${iso(after.startUtcMs)}`] : []),
    ];
    const rest = nearest.length > 0 ? nearest.join(', ') : 'the channel has no footage near it';
    return new AppError('not-found', `no footage ${span}; ${rest}`);
  }

  /** A file that cannot be read shows nothing; who wants to play it is told why. */
  async #endOfOpen(row: CatalogSegment): Promise<number> {
    try {
      return await this.#shelf.use(row, (reader) => reader.endUtcMs);
    } catch (error) {
      if (isAppError(error)) return row.startUtcMs;
      throw error;
    }
  }
}

function iso(utcMs: number): string {
  return new Date(utcMs).toISOString();
}
