export type SequenceVerdict = 'next' | 'gap' | 'late' | 'unneeded';

/** Beyond this many missing packets, or this far back, the sender has restarted its count (RFC 3550 appendix A.1). */
const MAX_DROPOUT = 3000;
const MAX_MISORDER = 100;

/** Whether a packet so many numbers ahead of the one that is due, modulo 2^16, stands behind it in truth. */
export function isBehind(ahead: number): boolean {
  return ahead > 0xffff - MAX_MISORDER;
}

/** Follows the 16-bit sequence numbers of one sender. */
export class SequenceTracker {
  /** With the wraps in the upper bits, so that it only grows until the sender restarts. */
  #expected = -1;
  #first = 0;
  #lostBefore = 0;
  /** The newest missing packets, ascending; what is further back would be a restart. */
  readonly #missing = new Set<number>();

  /** Packets that never came. */
  packetsLost = 0;
  /** Came after they had been given up. Not counted as lost any more, and of no use: what they belong to was dropped. */
  packetsLate = 0;
  /** Duplicates, and what was sent before the first packet that came. */
  packetsUnneeded = 0;
  restarts = 0;

  /** `late` packets and unneeded packets must not be used. */
  push(sequence: number): SequenceVerdict {
    const expected = this.#expected;
    const ahead = (sequence - expected) & 0xffff;
    if (ahead === 0 && expected !== -1) {
      this.#expected = expected + 1;
      return 'next';
    }
    if (expected === -1) {
      this.#begin(sequence);
      return 'next';
    }
    if (isBehind(ahead)) return this.#takeLate(expected - (0x10000 - ahead));
    if (ahead >= MAX_DROPOUT) {
      // A restarted count says nothing about how many are missing.
      this.restarts++;
      this.#begin(sequence);
      return 'gap';
    }
    this.packetsLost += ahead;
    this.#remember(expected, ahead);
    this.#expected = expected + ahead + 1;
    return 'gap';
  }

  /** Another sender took over: its first packet is as good as any. */
  reset(): void {
    this.#expected = -1;
  }

  /** Newest number with the count of wraps above it, 32 bits (RFC 3550 §6.4.1). */
  get highest(): number {
    return (this.#expected - 1) >>> 0;
  }

  /** Packets that the sender has sent since it began or restarted (RFC 3550 appendix A.3). */
  get sent(): number {
    return this.#expected === -1 ? 0 : this.#expected - this.#first;
  }

  /** Of these, packets that never came. */
  get lost(): number {
    return this.packetsLost - this.#lostBefore;
  }

  #begin(sequence: number): void {
    this.#first = sequence;
    this.#lostBefore = this.packetsLost;
    this.#expected = sequence + 1;
    this.#missing.clear();
  }

  #takeLate(sequence: number): SequenceVerdict {
    if (!this.#missing.delete(sequence)) {
      this.packetsUnneeded++;
      return 'unneeded';
    }
    this.packetsLost--;
    this.packetsLate++;
    return 'late';
  }

  #remember(first: number, count: number): void {
    for (let i = Math.max(0, count - MAX_MISORDER); i < count; i++) this.#missing.add(first + i);
    for (const oldest of this.#missing) {
      if (this.#missing.size <= MAX_MISORDER) break;
      this.#missing.delete(oldest);
    }
  }
}
