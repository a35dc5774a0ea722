import type { VideoCodec } from '../../../src/media/access-unit.ts';
import type { Clip, ClipFrame, ClipSound, ClipVideo } from '../clip.ts';
import { nalRole } from '../h26x.ts';
import type { SoundCodec } from '../mp4/track-format.ts';
import { MAX_PAYLOAD_BYTES, type PacketRun, packRun } from './packets.ts';
import { payloadsOfNal } from './video-payload.ts';

/**
 * A clip cut into RTP packets once, for all cameras and clients that play it. The frame's number goes between `head` and `body`:
 * it is different each time.
 */
export interface PreparedFrame {
  readonly dueTicks: number;
  readonly timestamp: number;
  readonly isKey: boolean;
  /** Delimiter, parameter sets and other SEI: what must stand before the frame number. */
  readonly head: PacketRun;
  /** From the first slice on; the last packet has the marker. */
  readonly body: PacketRun;
}

export interface PreparedSound {
  readonly dueTicks: number;
  readonly timestamp: number;
  readonly run: PacketRun;
}

/** A track that plays in a loop. Ticks are those of its RTP clock. */
export interface PreparedTrack<Unit extends { dueTicks: number }> {
  readonly clockRate: number;
  readonly loopTicks: number;
  readonly payloadType: number;
  readonly units: readonly Unit[];
}

export interface PreparedClip {
  readonly clip: Clip;
  readonly video: PreparedTrack<PreparedFrame> & { readonly codec: VideoCodec };
  readonly sound: (PreparedTrack<PreparedSound> & { readonly codec: SoundCodec }) | undefined;
}

/** Dynamic payload types as most cameras number them; G.711 has static ones (RFC 3551, table 4). */
const VIDEO_PAYLOAD_TYPE = 96;
const SOUND_PAYLOAD_TYPES: Readonly<Record<SoundCodec, number>> = { aac: 97, pcmu: 0, pcma: 8 };

/** `hasInBandSets`: parameter sets go before each key frame, as most cameras send them, and not in the SDP alone. */
export function prepareClip(clip: Clip, hasInBandSets: boolean): PreparedClip {
  const { video, sound } = clip;
  return {
    clip,
    video: {
      codec: video.codec,
      clockRate: 90_000,
      loopTicks: video.loopTicks,
      payloadType: VIDEO_PAYLOAD_TYPE,
      units: video.frames.map((frame) => prepareFrame(frame, video, hasInBandSets)),
    },
    sound: sound && {
      codec: sound.codec,
      clockRate: sound.clockRate,
      loopTicks: sound.loopTicks,
      payloadType: SOUND_PAYLOAD_TYPES[sound.codec],
      units: sound.packets.map((packet) => prepareSound(packet, sound)),
    },
  };
}

function prepareFrame(frame: ClipFrame, video: ClipVideo, hasInBandSets: boolean): PreparedFrame {
  const firstSlice = frame.nals.findIndex((nal) => nalRole(nal, video.codec) === 'slice');
  const before = firstSlice < 0 ? [] : frame.nals.slice(0, firstSlice);
  const hasOwnSets = before.some((nal) => nalRole(nal, video.codec) === 'parameter-set');
  const sets = frame.isKey && hasInBandSets && !hasOwnSets ? [...video.vps, ...video.sps, ...video.pps] : [];
  const delimiters = before.filter((nal) => nalRole(nal, video.codec) === 'delimiter');
  const others = before.filter((nal) => nalRole(nal, video.codec) !== 'delimiter');
  const head = [...delimiters, ...sets, ...others];
  const body = frame.nals.slice(Math.max(firstSlice, 0));
  const payloads = (nals: readonly Buffer[]) => nals.flatMap((nal) => payloadsOfNal(nal, video.codec));
  return {
    dueTicks: frame.dts90k,
    timestamp: frame.pts90k,
    isKey: frame.isKey,
    head: packRun(payloads(head), VIDEO_PAYLOAD_TYPE, false),
    body: packRun(payloads(body), VIDEO_PAYLOAD_TYPE, true),
  };
}

function prepareSound(packet: { time: number; data: Buffer }, sound: ClipSound): PreparedSound {
  const payloads = sound.codec === 'aac' ? payloadsOfAac(packet.data) : [[packet.data]];
  return {
    dueTicks: packet.time,
    timestamp: packet.time,
    // The marker ends an AAC frame (RFC 3640, 3.1); for G.711 it would mean the start of a talkspurt.
    run: packRun(payloads, SOUND_PAYLOAD_TYPES[sound.codec], sound.codec === 'aac'),
  };
}

/** Mode AAC-hbr (RFC 3640, 3.3.6): a section of one 16-bit header with the frame's whole size, repeated in each fragment. */
function payloadsOfAac(frame: Buffer): Buffer[][] {
  const header = Buffer.alloc(4);
  header.writeUInt16BE(16, 0); // bits of headers that follow
  header.writeUInt16BE(frame.length << 3, 2); // 13 bits of size, 3 of index
  const perPacket = MAX_PAYLOAD_BYTES - header.length;
  const payloads: Buffer[][] = [];
  for (let offset = 0; offset < frame.length; offset += perPacket) {
    payloads.push([header, frame.subarray(offset, offset + perPacket)]);
  }
  return payloads;
}
