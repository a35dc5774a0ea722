import type { RtpPacket } from '../rtp/rtp.ts';

/** Of an RTP header extension that holds segments of a JPEG header (ONVIF Streaming specification, "JPEG over RTP"). */
const FIRST_PACKET_TYPE = 0xffd8;
const LATER_PACKET_TYPE = 0xffff;

const EXTENSION_HEADER_BYTES = 4;

/** Tables make half a kilobyte, comments and Exif some more; a segment ends at 64 KiB. */
const MAX_EXTENSION_BYTES = 64 * 1024;

/** The segments that come beside the payload, in one or several packets, before the data of the picture. */
export class JpegExtension {
  #bytes = Buffer.alloc(0);
  #length = 0;

  clear(): void {
    this.#length = 0;
  }

  /** Where the segments begin; undefined for an extension of another kind. They reach to the extension's end. */
  contentOf(bytes: Buffer, packet: RtpPacket): number | undefined {
    const type = bytes.readUInt16BE(packet.extensionStart);
    if (type !== FIRST_PACKET_TYPE && type !== LATER_PACKET_TYPE) return undefined;
    return packet.extensionStart + EXTENSION_HEADER_BYTES;
  }

  /** False when there is too much of it. */
  append(source: Buffer, from: number, to: number): boolean {
    const length = this.#length + to - from;
    if (length > MAX_EXTENSION_BYTES) return false;
    if (length > this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(length, 2 * this.#bytes.length));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    source.copy(this.#bytes, this.#length, from, to);
    this.#length = length;
    return true;
  }

  equals(other: Buffer): boolean {
    if (this.#length !== other.length) return false;
    return this.#length === 0 || this.#bytes.compare(other, 0, other.length, 0, this.#length) === 0;
  }

  copy(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }
}
