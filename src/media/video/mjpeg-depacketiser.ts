import type { VideoFormat } from '../access-unit.ts';
import { Arena, VIDEO_SLAB_BYTES } from '../arena.ts';
import type { RtpPacket } from '../rtp/rtp.ts';
import type { Depacketiser } from '../rtp/rtp-receiver.ts';
import { DroppedPictures, type DropReason } from './dropped-pictures.ts';
import { JpegExtension } from './mjpeg-extension.ts';
import { buildJpegHeader, type JpegShape, type JpegSize, readJpegSize } from './mjpeg-header.ts';
import { JpegTables, type TableSet } from './mjpeg-quantization.ts';
import { VIDEO_CLOCK_RATE } from './video-codec.ts';
import type { VideoSink } from './video-sink.ts';

const HEADER_BYTES = 8;
const RESTART_HEADER_BYTES = 4;
const TABLE_HEADER_BYTES = 4;

/** Types above have the header of restart intervals behind the main one. */
const FIRST_RESTART_TYPE = 64;
const MAX_TYPE = 127;
/** Below these bits the two kinds of colour sampling; all else is reserved. */
const MAX_SAMPLING = 1;

/** Sizes are in blocks of 8, one byte each: 2,040 pixels at most. */
const BLOCK = 8;

const END_OF_IMAGE = Buffer.from([0xff, 0xd9]);

/**
 * RTP payload of JPEG, RFC 2435, with what ONVIF's Streaming specification adds for pictures that it cannot express. A unit is one whole
 * JPEG file, and each can be decoded by itself: loss costs the pictures that it hit and no other.
 *
 *   first packet   header (offset 0) │ restart header? │ quantisation tables? │ data …      and perhaps an extension with segments
 *   others         header (offset n) │ restart header? │ data …
 *
 * Packets of a picture are in order, so a fragment offset other than the sum before it means that the camera itself left some out.
 */
export class MjpegDepacketiser implements Depacketiser {
  readonly #sink: VideoSink;
  readonly #sizeOfSdp: JpegSize | undefined;
  readonly #arena = new Arena(VIDEO_SLAB_BYTES);
  readonly #tables = new JpegTables();
  readonly #extension = new JpegExtension();
  readonly #dropped = new DroppedPictures();

  #isOpen = false;
  #time = 0;
  #arrivalMs = 0;
  /** Of compressed data, in the picture in progress. */
  #dataBytes = 0;
  #shape: JpegShape | undefined;
  #header: { shape: JpegShape; extension: Buffer; bytes: Buffer; size: JpegSize | undefined } | undefined;
  #announced: VideoFormat | undefined;

  /** `sizeOfSdp`: what the camera says of pictures that are too large for the payload's header. */
  constructor(sink: VideoSink, sizeOfSdp?: JpegSize) {
    this.#sink = sink;
    this.#sizeOfSdp = sizeOfSdp;
  }

  get framesIncomplete(): number {
    return this.#dropped.incomplete;
  }

  get framesMalformed(): number {
    return this.#dropped.malformed;
  }

  push(bytes: Buffer, packet: RtpPacket, rtpTime: number, isAfterGap: boolean, arrivalMonotonicMs: number): void {
    if (isAfterGap) this.#giveUp('incomplete');
    // Cameras that never set the marker exist for every codec.
    if (this.#isOpen && rtpTime !== this.#time) this.#endPicture();
    this.#time = rtpTime;
    this.#takePacket(bytes, packet);
    this.#arrivalMs = arrivalMonotonicMs;
    if (packet.hasMarker && this.#isOpen) this.#endPicture();
  }

  #takePacket(bytes: Buffer, packet: RtpPacket): void {
    const { payloadStart: start, payloadEnd: end } = packet;
    const hasHeader = end - start >= HEADER_BYTES;
    const offset = hasHeader ? bytes.readUIntBE(start + 1, 3) : 0;
    if (hasHeader && offset === 0 && this.#isOpen && this.#dataBytes > 0) this.#endPicture();
    if (!this.#isOpen) {
      if (!hasHeader || offset !== 0) {
        this.#dropped.passOver(this.#time);
        return;
      }
      this.#isOpen = true;
      this.#extension.clear();
    }
    if (!this.#takeExtension(bytes, packet) || (hasHeader && !this.#takePayload(bytes, start, end, offset)))
      this.#giveUp('malformed');
  }

  /** Segments of the header; behind the first data whatever else belongs to the file, in its place. */
  #takeExtension(bytes: Buffer, packet: RtpPacket): boolean {
    if (packet.extensionStart === 0) return true;
    const from = this.#extension.contentOf(bytes, packet);
    if (from === undefined) return true;
    return this.#dataBytes > 0
      ? this.#arena.append(bytes, from, packet.extensionEnd)
      : this.#extension.append(bytes, from, packet.extensionEnd);
  }

  /** False when it cannot be part of a picture. */
  #takePayload(bytes: Buffer, start: number, end: number, offset: number): boolean {
    const type = bytes[start + 4]!;
    const hasRestarts = type >= FIRST_RESTART_TYPE;
    if (type > MAX_TYPE || (type & (FIRST_RESTART_TYPE - 1)) > MAX_SAMPLING) return false;
    let at = start + HEADER_BYTES;
    if (hasRestarts) {
      if (at + RESTART_HEADER_BYTES > end) return false;
      at += RESTART_HEADER_BYTES;
    }
    if (offset === 0) {
      const q = bytes[start + 5]!;
      const tables = this.#tables.find(q, bytes, at, end);
      if (tables === undefined) return false;
      if (this.#tables.isInBand(q)) at += TABLE_HEADER_BYTES + bytes.readUInt16BE(at + 2);
      const restartInterval = hasRestarts ? bytes.readUInt16BE(start + HEADER_BYTES) : 0;
      this.#setShape(type, bytes[start + 6]!, bytes[start + 7]!, restartInterval, tables);
    }
    return at === end || this.#takeData(bytes, at, end, offset);
  }

  #takeData(bytes: Buffer, from: number, to: number, offset: number): boolean {
    if (offset !== this.#dataBytes) return false;
    if (offset === 0 && !this.#beginFile(bytes, from, to)) return false;
    this.#dataBytes += to - from;
    return this.#arena.append(bytes, from, to);
  }

  /** Some senders leave nothing out: their data begins with the file's own header. */
  #beginFile(bytes: Buffer, from: number, to: number): boolean {
    if (to - from >= 2 && bytes[from] === 0xff && bytes[from + 1] === 0xd8) {
      this.#shape = undefined;
      return true;
    }
    const header = this.#currentHeader();
    return header?.size !== undefined && this.#arena.append(header.bytes, 0, header.bytes.length);
  }

  /** Made anew only when something in it changes: a camera's pictures have the same for hours. */
  #currentHeader() {
    const shape = this.#shape;
    if (shape === undefined) return undefined;
    const known = this.#header;
    if (known !== undefined && known.shape === shape && this.#extension.equals(known.extension)) return known;
    const extension = this.#extension.copy();
    const bytes = buildJpegHeader(shape, extension);
    this.#header = { shape, extension, bytes, size: readJpegSize(bytes) };
    return this.#header;
  }

  #setShape(type: number, blocksX: number, blocksY: number, restartInterval: number, set: TableSet): void {
    const sampling = type & MAX_SAMPLING;
    const { width, height } = this.#sizeOf(blocksX, blocksY);
    const known = this.#header?.shape;
    const isKnown =
      known !== undefined &&
      known.type === sampling &&
      known.width === width &&
      known.height === height &&
      known.restartInterval === restartInterval &&
      known.tables === set.tables &&
      known.tablePrecision === set.precision;
    this.#shape = isKnown
      ? known
      : { type: sampling, width, height, restartInterval, tables: set.tables, tablePrecision: set.precision };
  }

  /**
   * Beyond 2,040 pixels the header has 0, or what is left of the number of blocks in one byte; then the SDP is asked, and without one
   * the picture before. The SDP is also right where it only says more exactly how much of the last block belongs to the picture.
   */
  #sizeOf(blocksX: number, blocksY: number): JpegSize {
    const said = this.#sizeOfSdp;
    const isIn = (side: number, blocks: number) => blocks === 0 || (Math.ceil(side / BLOCK) & 0xff) === blocks;
    if (said !== undefined && isIn(said.width, blocksX) && isIn(said.height, blocksY)) return said;
    if ((blocksX === 0 || blocksY === 0) && this.#announced !== undefined) return this.#announced;
    return { width: blocksX * BLOCK, height: blocksY * BLOCK };
  }

  #endPicture(): void {
    this.#isOpen = false;
    if (this.#dataBytes === 0) return;
    const end = this.#arena.length;
    const isEnded = this.#arena.peek(end - END_OF_IMAGE.length).equals(END_OF_IMAGE);
    const size = this.#shape === undefined ? readJpegSize(this.#arena.peek(0)) : this.#header?.size;
    if (size === undefined || (!isEnded && !this.#arena.append(END_OF_IMAGE, 0, END_OF_IMAGE.length))) {
      this.#giveUp('malformed');
      return;
    }
    this.#dataBytes = 0;
    this.#announce(size);
    this.#sink.onVideoUnit({
      kind: 'video',
      ...this.#arena.take(),
      isKey: true,
      rtpTime: this.#time,
      arrivalMonotonicMs: this.#arrivalMs,
      isAfterLoss: false,
    });
  }

  #announce({ width, height }: JpegSize): void {
    if (this.#announced?.width === width && this.#announced.height === height) return;
    this.#announced = mjpegFormat(width, height);
    this.#dropped.isCounting = true;
    this.#sink.onVideoFormat(this.#announced);
  }

  #giveUp(reason: DropReason): void {
    this.#dropped.giveUp(reason, this.#isOpen ? this.#time : undefined);
    this.#isOpen = false;
    this.#dataBytes = 0;
    this.#arena.truncate(0);
  }
}

/** `mp4v` with the object type of JPEG is how MP4 names it; there is nothing to configure. */
export function mjpegFormat(width: number, height: number): VideoFormat {
  const none: readonly Buffer[] = [];
  return {
    kind: 'video',
    codec: 'mjpeg',
    codecString: 'mp4v.6C',
    width,
    height,
    clockRate: VIDEO_CLOCK_RATE,
    vps: none,
    sps: none,
    pps: none,
    reorderDepth: 0,
  };
}
