import { type AudioFormat, isSameFormat } from '../access-unit.ts';
import { Arena, AUDIO_SLAB_BYTES, MAX_ACCESS_UNIT_BYTES } from '../arena.ts';
import type { AudioSink } from './audio-sink.ts';

/**
 * The way out of every depacketiser of sound: units gather in the arena; a finished one is handed on, behind its format when that is new,
 * and marked when something was lost before it.
 */
export class AudioOutlet {
  readonly arena: Arena;
  readonly #sink: AudioSink;
  #format: AudioFormat | undefined;
  #isAnnounced = false;
  #isAfterLoss = false;

  constructor(sink: AudioSink, maxUnitBytes: number = MAX_ACCESS_UNIT_BYTES) {
    this.#sink = sink;
    this.arena = new Arena(AUDIO_SLAB_BYTES, maxUnitBytes);
  }

  get format(): AudioFormat | undefined {
    return this.#format;
  }

  /** Something was lost and no unit has come since. */
  get isAfterLoss(): boolean {
    return this.#isAfterLoss;
  }

  /** Of the units that follow. One that says the same as the present one changes nothing. */
  setFormat(format: AudioFormat): void {
    if (isSameFormat(this.#format, format)) return;
    this.#format = format;
    this.#isAnnounced = false;
  }

  noteLoss(): void {
    this.#isAfterLoss = true;
  }

  /** Forgets the unit that gathers. */
  drop(): void {
    this.arena.truncate(0);
  }

  /**
   * Ends the unit that gathers; its first `headerBytes` are left out. An empty one is forgotten, and so is one without a format: then the
   * answer is false.
   */
  finish(rtpTime: number, arrivalMonotonicMs: number, headerBytes = 0): boolean {
    if (this.#format === undefined || this.arena.length <= headerBytes) {
      const isEmpty = this.arena.length <= headerBytes;
      this.drop();
      return isEmpty;
    }
    if (!this.#isAnnounced) {
      this.#isAnnounced = true;
      this.#sink.onAudioFormat(this.#format);
    }
    const isAfterLoss = this.#isAfterLoss;
    this.#isAfterLoss = false;
    const { data, slab } = this.arena.take();
    this.#sink.onAudioUnit({
      kind: 'audio',
      data: headerBytes === 0 ? data : data.subarray(headerBytes),
      slab,
      isKey: true,
      rtpTime,
      arrivalMonotonicMs,
      isAfterLoss,
    });
    return true;
  }
}
