import type { VideoFormat } from '../access-unit.ts';
import { Arena, VIDEO_SLAB_BYTES } from '../arena.ts';
import { START_CODE, splitAtStartCodes } from './annex-b.ts';
import type { DropReason } from './dropped-pictures.ts';
import { ParameterSets } from './parameter-sets.ts';
import { PictureEnd } from './picture-end.ts';
import { StartCodeSearch } from './start-code-search.ts';
import { UnitInProgress } from './unit-in-progress.ts';
import type { NalRole, VideoCodecRules } from './video-codec.ts';
import { VideoOutput } from './video-output.ts';
import type { VideoSink } from './video-sink.ts';

/**
 * Puts NAL units together to access units. The depacketisers of H.264 and H.265 tell it where a packet and a NAL unit begin and end.
 *
 * A unit ends
 * - at the RTP marker, when it holds a slice and its last NAL unit is whole: several cameras set the marker on parameter sets and SEI;
 *   `PictureEnd` finds out about those that set it on every slice;
 * - when the timestamp changes and it holds a slice (FLIR never sets the marker). Without a slice it goes on under the new
 *   timestamp: some cameras send parameter sets with a time of their own;
 * - at a delimiter, VPS or SPS after a slice, which by the standards can only begin the next one.
 *
 * Loss. A unit is delivered whole or not at all. When packets are missing, the unit in progress is dropped, and what follows is
 * skipped up to the first NAL unit that can begin a picture: a delimiter or parameter set, the first slice of a picture, or a prefix
 * SEI of another timestamp than the dropped unit's. What becomes of whole units is up to `VideoOutput`.
 */
export class VideoAssembler {
  readonly #rules: VideoCodecRules;
  readonly #arena = new Arena(VIDEO_SLAB_BYTES);
  readonly #unit = new UnitInProgress();
  readonly #search = new StartCodeSearch();
  readonly #end: PictureEnd;
  readonly #output: VideoOutput;
  #formatSearched: VideoFormat | undefined;

  /** The open NAL unit: where its length prefix is, or -1. */
  #nalStart = -1;
  #nalRole: NalRole = 'other';
  /** True from the start too: a stream may be joined in the middle of a picture. */
  #isSkipping = true;

  constructor(rules: VideoCodecRules, sink: VideoSink, sets: ParameterSets = new ParameterSets(rules)) {
    this.#rules = rules;
    this.#end = new PictureEnd(() => sink.onVideoRemark?.('marker-within-pictures'));
    this.#output = new VideoOutput(rules, sink, sets);
  }

  get framesIncomplete(): number {
    return this.#output.dropped.incomplete;
  }

  /** Units too large, or with a payload that contradicts itself. */
  get framesMalformed(): number {
    return this.#output.dropped.malformed;
  }

  /** Something could be decoded already. */
  get hasStarted(): boolean {
    return this.#output.announced !== undefined;
  }

  get isNalOpen(): boolean {
    return this.#nalStart !== -1;
  }

  beginPacket(rtpTime: number, isAfterGap: boolean): void {
    if (isAfterGap) {
      if (this.#end.isWholeBeforeGap) this.#endUnit();
      this.loseUnit('incomplete');
    }
    if (rtpTime !== this.#unit.time) {
      if (this.#unit.slices > 0 || this.#nalStart !== -1) this.#endUnit();
      this.#unit.time = rtpTime;
    }
  }

  endPacket(hasMarker: boolean, arrivalMonotonicMs: number): void {
    const unit = this.#unit;
    unit.arrivalMs = arrivalMonotonicMs;
    if (!hasMarker || this.#isSkipping || this.#nalStart !== -1) return;
    if (unit.slices === 0) this.#end.noteMarkedSets();
    else if (this.#end.endsAtMarker(unit.slices, unit.hasKeySlice, unit.time)) this.#endUnit();
  }

  /** No more packets come: a unit that was whole by its marker is delivered. */
  flush(): void {
    if (this.#end.isWaiting) this.#endUnit();
  }

  /** `nextByte` is the one after the NAL header: it tells whether a slice is the first of its picture. */
  beginNal(header: number, nextByte: number): void {
    if (this.#nalStart !== -1) this.endNal();
    const unit = this.#unit;
    const role = this.#rules.roleOf(header);
    if (this.#isSkipping && !this.#canResumeAt(role, nextByte)) {
      this.#output.dropped.passOver(unit.time);
      return;
    }
    this.#isSkipping = false;
    const place = this.#end.placeOf(role, this.#rules.isFirstSlice(nextByte), unit.slices > 0, unit.time);
    if (place === 'begins-unit') this.#endUnit();
    else if (place === 'too-late') {
      this.#passOverRest();
      return;
    }
    this.#nalStart = this.#arena.length;
    this.#nalRole = role;
    if (role === 'slice' && this.#rules.isSkippedLeading(header)) unit.isSkippedLeading = true;
    if (!this.#arena.appendU32(0)) this.loseUnit('malformed');
  }

  appendByte(value: number): void {
    if (this.#nalStart !== -1 && !this.#arena.appendByte(value)) this.loseUnit('malformed');
  }

  append(source: Buffer, from: number, to: number): void {
    if (this.#nalStart !== -1 && !this.#arena.append(source, from, to)) this.loseUnit('malformed');
  }

  endNal(): void {
    const start = this.#nalStart;
    if (start === -1) return;
    this.#nalStart = -1;
    const nal = this.#arena.peek(start + 4);
    if (nal.length < this.#rules.headerBytes) {
      this.#arena.truncate(start);
      return;
    }
    // Emulation prevention makes a start code impossible inside a NAL unit: where one is, the camera packed several into one.
    if (this.#search.isDue() && nal.includes(START_CODE)) {
      this.#search.noteFound();
      this.#splitNal(start, Buffer.from(nal));
      return;
    }
    this.#arena.patchU32(start, nal.length);
    this.#noteNal(nal);
  }

  /** Packets are missing, the payload makes no sense, or the unit exceeds its maximum: gives up the unit in progress. */
  loseUnit(reason: DropReason): void {
    this.#output.noteLoss(reason, this.#arena.length > 0 ? this.#unit.time : undefined);
    this.#end.noteLoss();
    this.#isSkipping = true;
    this.#discardUnit();
  }

  /** A fragment whose beginning never came. Without a gap before it the camera itself lost it. */
  skipFragment(): void {
    if (!this.#isSkipping) this.loseUnit('malformed');
    this.#output.dropped.passOver(this.#unit.time);
  }

  #canResumeAt(role: NalRole, nextByte: number): boolean {
    switch (role) {
      case 'delimiter':
      case 'vps':
      case 'sps':
      case 'pps':
        return true;
      case 'slice':
      case 'key-slice':
        return this.#rules.isFirstSlice(nextByte);
      case 'prefix-sei':
        return !this.#output.dropped.isOf(this.#unit.time);
      case 'other':
        return false;
    }
  }

  /** The picture was delivered without the slices that come now. What refers to it is nearly right: no reason to lose it, too. */
  #passOverRest(): void {
    this.#output.dropped.giveUp('malformed', this.#unit.time);
    this.#isSkipping = true;
    this.#discardUnit();
  }

  #splitNal(start: number, nal: Buffer): void {
    this.#arena.truncate(start);
    for (const piece of splitAtStartCodes(nal)) {
      if (piece.length < this.#rules.headerBytes) continue;
      this.beginNal(piece[0]!, piece[this.#rules.headerBytes] ?? 0);
      this.append(piece, 0, piece.length);
      if (this.#nalStart === -1) continue;
      this.#arena.patchU32(this.#nalStart, piece.length);
      this.#nalStart = -1;
      this.#noteNal(piece);
    }
  }

  #noteNal(nal: Buffer): void {
    this.#unit.note(this.#nalRole, this.#arena.length);
    this.#output.noteNal(this.#nalRole, nal);
  }

  #endUnit(): void {
    this.endNal();
    if (this.#unit.slices === 0) return;
    this.#end.noteEnd();
    if (!this.#output.endUnit(this.#unit, this.#arena)) {
      this.loseUnit('malformed');
      return;
    }
    this.#unit.reset();
    const { announced } = this.#output;
    if (announced === this.#formatSearched) return;
    // The encoder was set anew.
    this.#formatSearched = announced;
    this.#search.restart();
  }

  #discardUnit(): void {
    this.#arena.truncate(0);
    this.#unit.reset();
    this.#nalStart = -1;
  }
}
