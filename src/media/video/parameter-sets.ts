import type { VideoFormat } from '../access-unit.ts';
import { tryRead } from './picture.ts';
import type { ParameterSetKind, ParameterSetLists, VideoCodecRules } from './video-codec.ts';

/** Real streams use one to three of a kind; the list in an MP4 sample entry ends at 31. */
const MAX_SETS_OF_A_KIND = 16;

/** Scaling lists make about 1 kB; what is larger is damage. */
const MAX_PARAMETER_SET_BYTES = 16 * 1024;

interface KnownSet {
  /** Under which it is referred to. */
  readonly id: number;
  readonly nal: Buffer;
}

type KnownSets = Readonly<Record<ParameterSetKind, readonly KnownSet[]>>;

const KINDS: readonly ParameterSetKind[] = ['vps', 'sps', 'pps'];
const NO_SETS: KnownSets = { vps: [], sps: [], pps: [] };

/** An SPS that cannot be read: others that cannot be read replace it. */
const UNREADABLE_ID = -1;

/**
 * The parameter sets in force, from the SDP and then from the stream itself, and the format that they make. A key frame that brings
 * an SPS brings the whole set (old ones of another id are dropped); otherwise a set replaces the one with its id.
 */
export class ParameterSets {
  readonly #rules: VideoCodecRules;
  #current: KnownSets = NO_SETS;
  readonly #pending: Record<ParameterSetKind, KnownSet[]> = { vps: [], sps: [], pps: [] };
  #hasPending = false;
  /** Of the unit being received; taken only when the stream never had one that can be read. */
  #unreadableSps: Buffer | undefined;
  #format: VideoFormat | undefined;

  constructor(rules: VideoCodecRules) {
    this.#rules = rules;
  }

  /** Undefined until one of each kind is known. The same object as long as nothing changes. */
  get format(): VideoFormat | undefined {
    return this.#format;
  }

  /** A set that belongs to the unit being received; `nal` is only read during the call. */
  note(kind: ParameterSetKind, nal: Buffer): void {
    const pending = this.#pending[kind];
    if (pending.length === MAX_SETS_OF_A_KIND || nal.length > MAX_PARAMETER_SET_BYTES) return;
    const set = this.#current[kind].find((known) => known.nal.equals(nal)) ?? this.#read(kind, nal);
    if (set !== undefined) {
      pending.push(set);
      this.#hasPending = true;
    } else if (kind === 'sps') {
      this.#unreadableSps = Buffer.from(nal);
    }
  }

  /** Puts the noted sets in force, at the end of the unit that brought them. */
  commit(isKeyUnit: boolean): void {
    if (isKeyUnit && this.#unreadableSps !== undefined) this.#takeUnreadable(this.#unreadableSps);
    this.#unreadableSps = undefined;
    if (!this.#hasPending) return;
    this.#hasPending = false;
    const isWholeSet = isKeyUnit && this.#pending.sps.length > 0;
    // Many cameras repeat their sets with every key frame, and some with every picture.
    if (!KINDS.every((kind) => this.#isKnown(kind, isWholeSet))) {
      const next = {
        vps: this.#merge('vps', isWholeSet),
        sps: this.#merge('sps', isWholeSet),
        pps: this.#merge('pps', isWholeSet),
      };
      if (!isSame(next, this.#current)) this.#putInForce(next);
    }
    for (const kind of KINDS) this.#pending[kind].length = 0;
  }

  /** What the SDP says: hints, of which those that cannot be read are left out. */
  seed(nals: readonly Buffer[]): void {
    for (const nal of nals) {
      const role = this.#rules.roleOf(nal[0] ?? 0);
      if (role === 'vps' || role === 'sps' || role === 'pps') this.note(role, nal);
    }
    this.#unreadableSps = undefined;
    this.commit(true);
  }

  /** The sets in force, each behind its length: what goes in front of a key frame that has none. */
  encode(): Buffer {
    return Buffer.concat(
      KINDS.flatMap((kind) => this.#current[kind]).flatMap(({ nal }) => {
        const length = Buffer.alloc(4);
        length.writeUInt32BE(nal.length);
        return [length, nal];
      }),
    );
  }

  /** Undefined for what cannot be read; it must not replace one that can: cameras send broken ones in their SDP. */
  #read(kind: ParameterSetKind, nal: Buffer): KnownSet | undefined {
    const id = tryRead(() => {
      if (kind === 'sps') this.#rules.formatOf({ vps: [], sps: [nal], pps: [] });
      return this.#rules.idOf(kind, nal);
    });
    return id === undefined ? undefined : { id, nal: Buffer.from(nal) };
  }

  /** Better a recording whose size is unknown than none: decoders read parameter sets by themselves. */
  #takeUnreadable(nal: Buffer): void {
    const isNeeded = this.#pending.sps.length === 0 && this.#current.sps.every(({ id }) => id === UNREADABLE_ID);
    if (!isNeeded || this.#rules.roughFormatOf({ vps: [], sps: [nal], pps: [] }) === undefined) return;
    this.#pending.sps.push(this.#current.sps.find((known) => known.nal.equals(nal)) ?? { id: UNREADABLE_ID, nal });
    this.#hasPending = true;
  }

  #isKnown(kind: ParameterSetKind, isWholeSet: boolean): boolean {
    const [pending, current] = [this.#pending[kind], this.#current[kind]];
    if (isWholeSet && pending.length > 0 && pending.length !== current.length) return false;
    return pending.every((set, i) => (isWholeSet ? set === current[i] : current.includes(set)));
  }

  #merge(kind: ParameterSetKind, isWholeSet: boolean): readonly KnownSet[] {
    const added = this.#pending[kind];
    if (added.length === 0) return this.#current[kind];
    const merged = isWholeSet ? [] : [...this.#current[kind]];
    for (const set of added) {
      const at = merged.findIndex((other) => other.id === set.id);
      if (at === -1) merged.push(set);
      else merged[at] = set;
    }
    return merged.slice(-MAX_SETS_OF_A_KIND);
  }

  #putInForce(next: KnownSets): void {
    this.#current = next;
    if (this.#rules.requiredSets.some((kind) => next[kind].length === 0)) {
      this.#format = undefined;
      return;
    }
    const lists = { vps: nalsOf(next.vps), sps: nalsOf(next.sps), pps: nalsOf(next.pps) };
    // Sets for some pictures only, that come and go between key frames, would make a new segment each time.
    if (this.#format !== undefined && covers(this.#format, lists)) return;
    this.#format = tryRead(() => this.#rules.formatOf(lists)) ?? this.#rules.roughFormatOf(lists);
  }
}

function nalsOf(sets: readonly KnownSet[]): Buffer[] {
  return sets.map(({ nal }) => nal);
}

function isSame(a: KnownSets, b: KnownSets): boolean {
  return KINDS.every((kind) => a[kind].length === b[kind].length && a[kind].every((set, i) => set === b[kind][i]));
}

/** The format has every one of the sets, and is made from the same first SPS. */
function covers(format: VideoFormat, lists: ParameterSetLists): boolean {
  if (!format.sps[0]?.equals(lists.sps[0]!)) return false;
  return KINDS.every((kind) => lists[kind].every((nal) => format[kind].some((known) => known.equals(nal))));
}
