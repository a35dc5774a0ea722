import type { AccessUnit, VideoFormat } from './access-unit.ts';
import { START_CODE, splitAtStartCodes } from './annex-b.ts';
import { Arena, VIDEO_SLAB_BYTES } from './arena.ts';
import { DroppedPictures, type DropReason } from './dropped-pictures.ts';
import { LeadingPictures } from './leading-pictures.ts';
import { ParameterSets } from './parameter-sets.ts';
import { PictureEnd } from './picture-end.ts';
import { RandomAccessFinder } from './random-access.ts';
import { StartCodeSearch } from './start-code-search.ts';
import type { NalRole, VideoCodecRules } from './video-codec.ts';
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
 * SEI of another timestamp than the dropped unit's. Every unit delivered after a gap carries `isAfterLoss` up to, and not including,
 * the next key frame; whether to keep those is the recorder's choice.
 */
export class VideoAssembler {
  readonly #rules: VideoCodecRules;
  readonly #sink: VideoSink;
  readonly #sets: ParameterSets;
  readonly #arena = new Arena(VIDEO_SLAB_BYTES);
  readonly #search = new StartCodeSearch();
  readonly #end: PictureEnd;
  readonly #access: RandomAccessFinder;
  readonly #leading = new LeadingPictures();
  readonly #dropped = new DroppedPictures();

  #unitTime = 0;
  #arrivalMs = 0;
  #slices = 0;
  #hasKeySlice = false;
  /** Where the unit's delimiter ends: parameter sets are put in behind it. */
  #delimiterEnd = 0;
  #hasVps = false;
  #hasSps = false;
  #hasPps = false;

  /** The open NAL unit: where its length prefix is, or -1. */
  #nalStart = -1;
  #nalRole: NalRole = 'other';

  /** True from the start too: a stream may be joined in the middle of a picture. */
  #isSkipping = true;
  #isAfterLoss = false;
  #announced: VideoFormat | undefined;

  constructor(rules: VideoCodecRules, sink: VideoSink, sets: ParameterSets = new ParameterSets(rules)) {
    this.#rules = rules;
    this.#sink = sink;
    this.#sets = sets;
    this.#end = new PictureEnd(() => sink.onVideoRemark?.('marker-within-pictures'));
    this.#access = new RandomAccessFinder(rules);
  }

  get framesIncomplete(): number {
    return this.#dropped.incomplete;
  }

  /** Units too large, or with a payload that contradicts itself. */
  get framesMalformed(): number {
    return this.#dropped.malformed;
  }

  /** Something could be decoded already. */
  get hasStarted(): boolean {
    return this.#announced !== undefined;
  }

  get isNalOpen(): boolean {
    return this.#nalStart !== -1;
  }

  beginPacket(rtpTime: number, isAfterGap: boolean): void {
    if (isAfterGap) {
      if (this.#end.isWholeBeforeGap) this.#endUnit();
      this.loseUnit('incomplete');
    }
    if (rtpTime !== this.#unitTime) {
      if (this.#slices > 0 || this.#nalStart !== -1) this.#endUnit();
      this.#unitTime = rtpTime;
    }
  }

  endPacket(hasMarker: boolean, arrivalMonotonicMs: number): void {
    this.#arrivalMs = arrivalMonotonicMs;
    if (!hasMarker || this.#isSkipping || this.#nalStart !== -1) return;
    if (this.#slices === 0) this.#end.noteMarkedSets();
    else if (this.#end.endsAtMarker(this.#slices, this.#hasKeySlice, this.#unitTime)) this.#endUnit();
  }

  /** No more packets come: a unit that was whole by its marker is delivered. */
  flush(): void {
    if (this.#end.isWaiting) this.#endUnit();
  }

  /** `nextByte` is the one after the NAL header: it tells whether a slice is the first of its picture. */
  beginNal(header: number, nextByte: number): void {
    if (this.#nalStart !== -1) this.endNal();
    const role = this.#rules.roleOf(header);
    if (this.#isSkipping && !this.#canResumeAt(role, nextByte)) {
      this.#dropped.passOver(this.#unitTime);
      return;
    }
    this.#isSkipping = false;
    const place = this.#end.placeOf(role, this.#rules.isFirstSlice(nextByte), this.#slices > 0, this.#unitTime);
    if (place === 'begins-unit') this.#endUnit();
    else if (place === 'too-late') {
      this.#passOverRest();
      return;
    }
    this.#nalStart = this.#arena.length;
    this.#nalRole = role;
    if (this.#rules.isSkippedLeading(header)) this.#leading.noteUnit();
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
    const isUnitInProgress = this.#arena.length > 0;
    this.#dropped.giveUp(reason, isUnitInProgress ? this.#unitTime : undefined);
    this.#isSkipping = true;
    this.#isAfterLoss = true;
    this.#sets.commit(false);
    this.#end.noteLoss();
    this.#access.reset();
    this.#discardUnit();
  }

  /** A fragment whose beginning never came. Without a gap before it the camera itself lost it. */
  skipFragment(): void {
    if (!this.#isSkipping) this.loseUnit('malformed');
    this.#dropped.passOver(this.#unitTime);
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
        return !this.#dropped.isOf(this.#unitTime);
      case 'other':
        return false;
    }
  }

  /** The picture was delivered without the slices that come now. What refers to it is nearly right: no reason to lose it, too. */
  #passOverRest(): void {
    this.#dropped.giveUp('malformed', this.#unitTime);
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
    switch (this.#nalRole) {
      case 'key-slice':
        this.#hasKeySlice = true;
        this.#slices++;
        break;
      case 'slice':
        this.#slices++;
        this.#access.noteSlice(nal);
        break;
      case 'vps':
        this.#hasVps = true;
        this.#sets.note('vps', nal);
        break;
      case 'sps':
        this.#hasSps = true;
        this.#sets.note('sps', nal);
        this.#access.noteSps();
        break;
      case 'pps':
        this.#hasPps = true;
        this.#sets.note('pps', nal);
        break;
      case 'delimiter':
        this.#delimiterEnd = this.#arena.length;
        break;
      case 'prefix-sei':
        this.#access.noteSei(nal);
        break;
      case 'other':
        break;
    }
  }

  #endUnit(): void {
    this.endNal();
    if (this.#slices === 0) return;
    const isWaiting = this.#announced === undefined || this.#isAfterLoss;
    const access = this.#access.endUnit(this.#hasKeySlice, isWaiting, this.#arrivalMs);
    const isKey = access !== 'none';
    this.#end.noteEnd();
    this.#sets.commit(isKey);
    if (isKey) {
      this.#endKeyUnit(isWaiting, access === 'gradual');
    } else if (this.#announced === undefined) {
      this.#discardUnit();
    } else if (this.#leading.mustSkip(this.#unitTime)) {
      // Who begins at the key frame cannot decode it. Before the first one nothing is missed; after a loss it is a part of that.
      if (this.#leading.isAfterLoss) this.#dropped.giveUp('incomplete', this.#unitTime);
      this.#discardUnit();
    } else {
      this.#deliver(false, false);
    }
  }

  #endKeyUnit(isWaiting: boolean, isGradual: boolean): void {
    const { format } = this.#sets;
    if (format === undefined) {
      this.#discardUnit();
      return;
    }
    if (!this.#hasAllSets() && !this.#arena.insert(this.#delimiterEnd, this.#sets.encode())) {
      this.loseUnit('malformed');
      return;
    }
    this.#leading.noteKey({
      isStart: isWaiting,
      isAfterLoss: this.#isAfterLoss,
      isProper: this.#hasKeySlice,
      time: this.#unitTime,
    });
    if (!this.#hasKeySlice) this.#sink.onVideoRemark?.('no-key-frames');
    this.#isAfterLoss = false;
    if (format !== this.#announced) this.#announce(format);
    this.#deliver(true, isGradual);
  }

  #announce(format: VideoFormat): void {
    this.#announced = format;
    this.#dropped.isCounting = true;
    this.#search.restart();
    if (format.width === 0) this.#sink.onVideoRemark?.('unreadable-parameter-sets');
    this.#sink.onVideoFormat(format);
  }

  #deliver(isKey: boolean, isGradual: boolean): void {
    const unit: AccessUnit = {
      kind: 'video',
      ...this.#arena.take(),
      isKey,
      ...(isGradual && { isGradual }),
      rtpTime: this.#unitTime,
      arrivalMonotonicMs: this.#arrivalMs,
      isAfterLoss: this.#isAfterLoss,
    };
    this.#resetUnit();
    this.#sink.onVideoUnit(unit);
  }

  #hasAllSets(): boolean {
    return this.#hasSps && this.#hasPps && (this.#hasVps || this.#rules.codec === 'h264');
  }

  #discardUnit(): void {
    this.#arena.truncate(0);
    this.#resetUnit();
  }

  #resetUnit(): void {
    this.#slices = 0;
    this.#hasKeySlice = false;
    this.#delimiterEnd = 0;
    this.#hasVps = false;
    this.#hasSps = false;
    this.#hasPps = false;
    this.#nalStart = -1;
    this.#leading.endUnit();
  }
}
