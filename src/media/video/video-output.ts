import type { AccessUnit, VideoFormat } from '../access-unit.ts';
import type { Arena } from '../arena.ts';
import { DroppedPictures, type DropReason } from './dropped-pictures.ts';
import { LeadingPictures } from './leading-pictures.ts';
import type { ParameterSets } from './parameter-sets.ts';
import { RandomAccessFinder } from './random-access.ts';
import type { UnitInProgress } from './unit-in-progress.ts';
import type { NalRole, VideoCodecRules } from './video-codec.ts';
import type { VideoSink } from './video-sink.ts';

/**
 * Decides what becomes of a whole unit: whether decoding may begin with it, whether it can be decoded at all, which format it needs, and
 * what it is counted as if it goes nowhere.
 *
 * Nothing is delivered before the first key frame whose parameter sets are known. Every unit after a loss carries `isAfterLoss` up to, and
 * not including, the next key frame; whether to keep those is the recorder's choice.
 */
export class VideoOutput {
  readonly #rules: VideoCodecRules;
  readonly #sink: VideoSink;
  readonly #sets: ParameterSets;
  readonly #access: RandomAccessFinder;
  readonly #leading = new LeadingPictures();
  #isAfterLoss = false;
  #announced: VideoFormat | undefined;

  readonly dropped = new DroppedPictures();

  constructor(rules: VideoCodecRules, sink: VideoSink, sets: ParameterSets) {
    this.#rules = rules;
    this.#sink = sink;
    this.#sets = sets;
    this.#access = new RandomAccessFinder(rules);
  }

  /** Undefined until something could be decoded. */
  get announced(): VideoFormat | undefined {
    return this.#announced;
  }

  noteNal(role: NalRole, nal: Buffer): void {
    switch (role) {
      case 'slice':
        this.#access.noteSlice(nal);
        break;
      case 'sps':
        this.#sets.note('sps', nal);
        this.#access.noteSps();
        break;
      case 'vps':
      case 'pps':
        this.#sets.note(role, nal);
        break;
      case 'prefix-sei':
        this.#access.noteSei(nal);
        break;
      case 'key-slice':
      case 'delimiter':
      case 'other':
        break;
    }
  }

  /** The unit in the arena is whole. False: it turned out to be too large, and is to be given up. */
  endUnit(unit: UnitInProgress, arena: Arena): boolean {
    const isWaiting = this.#announced === undefined || this.#isAfterLoss;
    const access = this.#access.endUnit(unit.hasKeySlice, isWaiting, unit.arrivalMs);
    const isKey = access !== 'none';
    this.#sets.commit(isKey);
    if (isKey) return this.#endKeyUnit(unit, arena, isWaiting, access === 'gradual');
    if (this.#announced === undefined) {
      arena.truncate(0);
    } else if (this.#leading.mustSkip(unit)) {
      // Who begins at the key frame cannot decode it. Before the first one nothing is missed; after a loss it is a part of that.
      if (this.#leading.isAfterLoss) this.dropped.giveUp('incomplete', unit.time);
      arena.truncate(0);
    } else {
      this.#deliver(unit, arena, false, false);
    }
    return true;
  }

  /** A unit was given up; `time` is undefined between two of them. Its parameter sets are as good as others. */
  noteLoss(reason: DropReason, time: number | undefined): void {
    this.dropped.giveUp(reason, time);
    this.#isAfterLoss = true;
    this.#sets.commit(false);
    this.#access.reset();
  }

  #endKeyUnit(unit: UnitInProgress, arena: Arena, isWaiting: boolean, isGradual: boolean): boolean {
    const { format } = this.#sets;
    if (format === undefined) {
      arena.truncate(0);
      return true;
    }
    const hasAllSets = unit.hasSps && unit.hasPps && (unit.hasVps || this.#rules.codec === 'h264');
    if (!hasAllSets && !arena.insert(unit.delimiterEnd, this.#sets.encode())) return false;
    const [isAfterLoss, isProper] = [this.#isAfterLoss, unit.hasKeySlice];
    this.#leading.noteKey({ isStart: isWaiting, isAfterLoss, isProper, time: unit.time });
    if (!isProper) this.#sink.onVideoRemark?.('no-key-frames');
    this.#isAfterLoss = false;
    if (format !== this.#announced) this.#announce(format);
    this.#deliver(unit, arena, true, isGradual);
    return true;
  }

  #announce(format: VideoFormat): void {
    this.#announced = format;
    this.dropped.isCounting = true;
    if (format.width === 0) this.#sink.onVideoRemark?.('unreadable-parameter-sets');
    this.#sink.onVideoFormat(format);
  }

  #deliver({ time, arrivalMs }: UnitInProgress, arena: Arena, isKey: boolean, isGradual: boolean): void {
    const { data, slab } = arena.take();
    const isAfterLoss = this.#isAfterLoss;
    const unit: AccessUnit = {
      kind: 'video',
      data,
      slab,
      isKey,
      rtpTime: time,
      arrivalMonotonicMs: arrivalMs,
      isAfterLoss,
    };
    this.#sink.onVideoUnit(isGradual ? { ...unit, isGradual } : unit);
  }
}
