import { isAppError } from '../base/errors.ts';
import { type AacConfig, aacConfigFromAdts, adtsHeaderBytes, parseAacConfig } from './aac-config.ts';
import { Arena, AUDIO_SLAB_BYTES } from './arena.ts';
import type { AudioSink } from './audio-sink.ts';
import type { RtpPacket } from './rtp.ts';
import type { Depacketiser } from './rtp-receiver.ts';

/** Lengths in bits of the fields of an AU header (RFC 3640 §3.2.1); the SDP says them. */
export interface AacPayloadOptions {
  readonly clockRate: number;
  /** What the SDP says; the configuration is believed first. */
  readonly channels: number;
  /** AudioSpecificConfig; undefined: to be learned from ADTS headers in the stream. */
  readonly config: Buffer | undefined;
  readonly sizeLength: number;
  readonly indexLength: number;
  readonly indexDeltaLength: number;
}

/** 6144 bits a channel is the limit of the standard: 768 bytes, of eight channels; ADTS adds 9. */
const MAX_AAC_FRAME_BYTES = 8 * 768 + 9;

/**
 * RTP payload of AAC, RFC 3640 in the modes AAC-hbr and AAC-lbr: a section of AU headers, then the frames. A frame larger than a
 * packet comes in fragments, each behind the header of the whole.
 */
export class AacDepacketiser implements Depacketiser {
  readonly #options: AacPayloadOptions;
  readonly #sink: AudioSink;
  readonly #arena = new Arena(AUDIO_SLAB_BYTES, MAX_AAC_FRAME_BYTES);
  #configBytes: Buffer | undefined;
  #config: AacConfig | undefined;
  #isAnnounced = false;
  #isAfterLoss = false;
  /** Size of the frame that comes in fragments, 0 when there is none. */
  #fragmentedBytes = 0;

  /** Payloads that contradict themselves, and frames whose fragments are missing. */
  framesDropped = 0;

  constructor(options: AacPayloadOptions, sink: AudioSink) {
    this.#options = options;
    this.#sink = sink;
    if (options.config !== undefined) this.#learn(options.config);
  }

  push(bytes: Buffer, packet: RtpPacket, rtpTime: number, isAfterGap: boolean, arrivalMonotonicMs: number): void {
    if (isAfterGap) {
      this.#isAfterLoss = true;
      this.#dropFragments();
    }
    const { payloadStart: start, payloadEnd: end } = packet;
    if (end - start < 2) return;
    const { sizeLength, indexLength, indexDeltaLength } = this.#options;
    const headerBits = (bytes[start]! << 8) | bytes[start + 1]!;
    const headerStart = (start + 2) * 8;
    let at = start + 2 + ((headerBits + 7) >> 3);
    let bit = headerStart;
    for (let index = 0; at < end; index++) {
      if (bit + sizeLength > headerStart + headerBits) break; // frames without a header: padding
      const size = readBits(bytes, bit, sizeLength);
      bit += sizeLength + (index === 0 ? indexLength : indexDeltaLength);
      if (size > end - at && (index > 0 || size > MAX_AAC_FRAME_BYTES)) {
        this.framesDropped++;
        return;
      }
      const time = rtpTime + index * this.#ticksPerFrame();
      if (this.#fragmentedBytes > 0 || size > end - at) {
        this.#pushFragment(bytes, at, end, size, time, arrivalMonotonicMs);
        return;
      }
      if (size > 0) {
        this.#arena.append(bytes, at, at + size);
        this.#finishFrame(time, arrivalMonotonicMs);
      }
      at += size;
    }
  }

  #pushFragment(bytes: Buffer, at: number, end: number, size: number, time: number, arrivalMs: number): void {
    if (this.#fragmentedBytes !== 0 && this.#fragmentedBytes !== size) this.#dropFragments();
    this.#fragmentedBytes = size;
    const missing = size - this.#arena.length;
    this.#arena.append(bytes, at, Math.min(end, at + missing));
    if (this.#arena.length < size) return;
    this.#fragmentedBytes = 0;
    this.#finishFrame(time, arrivalMs);
  }

  #dropFragments(): void {
    if (this.#fragmentedBytes === 0) return;
    this.framesDropped++;
    this.#fragmentedBytes = 0;
    this.#arena.truncate(0);
  }

  #finishFrame(rtpTime: number, arrivalMonotonicMs: number): void {
    let { data } = this.#arena.take();
    const adtsBytes = adtsHeaderBytes(data);
    if (adtsBytes > 0) {
      if (this.#config === undefined) this.#learn(aacConfigFromAdts(data));
      data = data.subarray(adtsBytes);
    }
    if (this.#config === undefined || data.length === 0) return;
    this.#announce();
    const isAfterLoss = this.#isAfterLoss;
    this.#isAfterLoss = false;
    this.#sink.onAudioUnit({ kind: 'audio', data, isKey: true, rtpTime, arrivalMonotonicMs, isAfterLoss });
  }

  #announce(): void {
    if (this.#isAnnounced || this.#config === undefined || this.#configBytes === undefined) return;
    this.#isAnnounced = true;
    this.#sink.onAudioFormat({
      kind: 'audio',
      codec: 'aac',
      codecString: `mp4a.40.${this.#config.objectType}`,
      clockRate: this.#options.clockRate,
      channels: this.#config.channels || this.#options.channels,
      config: this.#configBytes,
    });
  }

  #learn(bytes: Buffer): void {
    try {
      this.#config = parseAacConfig(bytes);
      this.#configBytes = bytes;
    } catch (error) {
      // Some cameras send nonsense in their SDP: then ADTS headers may tell.
      if (!isAppError(error, 'corrupt')) throw error;
    }
  }

  /** With spectral band replication the clock may run at twice the rate of the core. */
  #ticksPerFrame(): number {
    const config = this.#config;
    if (config === undefined) return 1024;
    return Math.round((config.samplesPerFrame * this.#options.clockRate) / config.sampleRate);
  }
}

/** Up to 16 bits at a bit offset; the caller has checked that they are there, or reads zeros. */
function readBits(bytes: Buffer, bit: number, count: number): number {
  let value = 0;
  for (let i = bit; i < bit + count; i++) value = (value << 1) | (((bytes[i >> 3] ?? 0) >> (7 - (i & 7))) & 1);
  return value;
}
