/**
 * Which segment shows which span. Segments of a channel overlap when the tail of a lost drive was written again elsewhere, and
 * when the clock was stepped back: the newer sequence is then what counts. Copies of one segment on several drives count once.
 */
export interface SegmentSpan {
  readonly unit: string;
  readonly boot: number;
  readonly seq: number;
  readonly startUtcMs: number;
  readonly endUtcMs: number;
}

/** The span [fromUtcMs, toUtcMs) of a segment that no newer segment covers. */
export interface SegmentPart<S extends SegmentSpan> {
  readonly segment: S;
  readonly fromUtcMs: number;
  readonly toUtcMs: number;
}

/** Parts ascending in time, without overlap, clipped to the span asked for. */
export function resolveOverlaps<S extends SegmentSpan>(
  segments: readonly S[],
  fromUtcMs: number,
  toUtcMs: number,
): SegmentPart<S>[] {
  const oldestFirst = withoutCopies(segments).sort((a, b) => a.boot - b.boot || a.seq - b.seq);
  const parts: SegmentPart<S>[] = [];
  for (const segment of oldestFirst) {
    const from = Math.max(segment.startUtcMs, fromUtcMs);
    const to = Math.min(segment.endUtcMs, toUtcMs);
    if (from < to) insertNewest(parts, { segment, fromUtcMs: from, toUtcMs: to });
  }
  return parts;
}

/** The longest copy of each: one on a drive that was pulled may lack its end. */
function withoutCopies<S extends SegmentSpan>(segments: readonly S[]): S[] {
  const byAddress = new Map<string, S>();
  for (const segment of segments) {
    const address = `${segment.unit}/${segment.boot}/${segment.seq}`;
    const other = byAddress.get(address);
    if (other === undefined || other.endUtcMs < segment.endUtcMs) byAddress.set(address, segment);
  }
  return [...byAddress.values()];
}

/** `parts` stays ascending; as segments come in the order of recording, the place is nearly always the end. */
function insertNewest<S extends SegmentSpan>(parts: SegmentPart<S>[], newest: SegmentPart<S>): void {
  let first = parts.length;
  while (first > 0 && parts[first - 1]!.toUtcMs > newest.fromUtcMs) first--;
  let end = first;
  while (end < parts.length && parts[end]!.fromUtcMs < newest.toUtcMs) end++;

  const replacement = [newest];
  const head = parts[first];
  if (end > first && head !== undefined && head.fromUtcMs < newest.fromUtcMs) {
    replacement.unshift({ ...head, toUtcMs: newest.fromUtcMs });
  }
  const tail = parts[end - 1];
  if (end > first && tail !== undefined && tail.toUtcMs > newest.toUtcMs) {
    replacement.push({ ...tail, fromUtcMs: newest.toUtcMs });
  }
  parts.splice(first, end - first, ...replacement);
}
