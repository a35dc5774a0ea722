import { isAppError } from '../base/errors.ts';
import type { VideoFormat } from './access-unit.ts';
import type { ParameterSetKind, ParameterSetLists, VideoCodecRules } from './video-codec.ts';

/** Real streams use one to three of a kind; the list in an MP4 sample entry ends at 31. */
const MAX_SETS_OF_A_KIND = 16;

/** Scaling lists make about 1 kB; what is larger is damage. */
const MAX_PARAMETER_SET_BYTES = 16 * 1024;

interface MutableLists extends ParameterSetLists {
  vps: Buffer[];
  sps: Buffer[];
  pps: Buffer[];
}

/**
 * The parameter sets in force, from the SDP and then from the stream itself, and the format that they make. A key frame that brings
 * an SPS brings the whole set (old ones of another id are dropped); otherwise a set replaces the one with its id.
 */
export class ParameterSets {
  readonly #rules: VideoCodecRules;
  #current: MutableLists = { vps: [], sps: [], pps: [] };
  #pending: MutableLists = { vps: [], sps: [], pps: [] };
  #hasPending = false;
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
    if (this.#pending[kind].length === MAX_SETS_OF_A_KIND) return;
    const known = this.#current[kind].find((set) => set.equals(nal));
    if (known === undefined && !this.#isUsable(kind, nal)) return;
    this.#pending[kind].push(known ?? Buffer.from(nal));
    this.#hasPending = true;
  }

  /** Puts the noted sets in force, at the end of the unit that brought them. */
  commit(isKeyUnit: boolean): void {
    if (!this.#hasPending) return;
    const pending = this.#pending;
    this.#pending = { vps: [], sps: [], pps: [] };
    this.#hasPending = false;
    const isWholeSet = isKeyUnit && pending.sps.length > 0;
    const next: MutableLists = {
      vps: this.#merge('vps', pending.vps, isWholeSet),
      sps: this.#merge('sps', pending.sps, isWholeSet),
      pps: this.#merge('pps', pending.pps, isWholeSet),
    };
    if (
      isSame(next.vps, this.#current.vps) &&
      isSame(next.sps, this.#current.sps) &&
      isSame(next.pps, this.#current.pps)
    )
      return;
    this.#current = next;
    this.#format = this.#rules.requiredSets.every((kind) => next[kind].length > 0)
      ? this.#rules.formatOf(next)
      : undefined;
  }

  /** The sets in force, each behind its length: what goes in front of a key frame that has none. */
  encode(): Buffer {
    const { vps, sps, pps } = this.#current;
    return Buffer.concat(
      [...vps, ...sps, ...pps].flatMap((set) => {
        const length = Buffer.alloc(4);
        length.writeUInt32BE(set.length);
        return [length, set];
      }),
    );
  }

  #merge(kind: ParameterSetKind, added: Buffer[], isWholeSet: boolean): Buffer[] {
    if (added.length === 0) return this.#current[kind];
    const merged = isWholeSet ? [] : [...this.#current[kind]];
    for (const set of added) {
      const id = this.#rules.idOf(kind, set);
      const at = merged.findIndex((other) => this.#rules.idOf(kind, other) === id);
      if (at === -1) merged.push(set);
      else merged[at] = set;
    }
    return merged.slice(-MAX_SETS_OF_A_KIND);
  }

  /** A set that cannot be read must not replace one that can: cameras send broken ones in their SDP. */
  #isUsable(kind: ParameterSetKind, nal: Buffer): boolean {
    if (nal.length > MAX_PARAMETER_SET_BYTES) return false;
    try {
      this.#rules.idOf(kind, nal);
      if (kind === 'sps') this.#rules.formatOf({ vps: [], sps: [nal], pps: [] });
      return true;
    } catch (error) {
      if (isAppError(error, 'corrupt')) return false;
      throw error;
    }
  }
}

function isSame(a: readonly Buffer[], b: readonly Buffer[]): boolean {
  return a.length === b.length && a.every((set, i) => set === b[i] || set.equals(b[i]!));
}
