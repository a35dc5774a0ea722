import { type Clip, type ClipFrame, type ClipSound, type ClipVideo, VIDEO_CLOCK_RATE } from '../clip.ts';
import { type NalRole, nalRole } from '../h26x.ts';
import type { SoundCodec } from '../mp4/track-format.ts';
import { MAX_PAYLOAD_BYTES, type PacketRun, packRun } from './packets.ts';
import { type MarkerStyle, type NalPacking, packNals } from './video-payload.ts';

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

export interface PreparedVideo extends PreparedTrack<PreparedFrame>, NalPacking {
  /** Some frames are shown before others that were decoded earlier (B-frames). */
  readonly hasReordering: boolean;
}

export interface PreparedClip {
  readonly clip: Clip;
  readonly options: PackingOptions;
  readonly video: PreparedVideo;
  readonly sound: (PreparedTrack<PreparedSound> & { readonly codec: SoundCodec }) | undefined;
}

/** How a camera makes packets and a description out of a clip. */
export interface PackingOptions {
  /** Before each key frame, in the SDP, or both, as on most cameras. */
  readonly parameterSets: 'both' | 'in-band' | 'sdp';
  readonly markers: MarkerStyle;
}

/** Dynamic payload types as most cameras number them; G.711 has static ones (RFC 3551, table 4). */
const VIDEO_PAYLOAD_TYPE = 96;
const SOUND_PAYLOAD_TYPES: Readonly<Record<SoundCodec, number>> = { aac: 97, pcmu: 0, pcma: 8 };

export const DEFAULT_PACKING: PackingOptions = { parameterSets: 'both', markers: 'frame' };

export function prepareClip(clip: Clip, options: PackingOptions = DEFAULT_PACKING): PreparedClip {
  const { video, sound } = clip;
  const delays = new Set(video.frames.map((frame) => frame.pts90k - frame.dts90k));
  return {
    clip,
    options,
    video: {
      codec: video.codec,
      markers: options.markers,
      clockRate: VIDEO_CLOCK_RATE,
      loopTicks: video.loopTicks,
      payloadType: VIDEO_PAYLOAD_TYPE,
      hasReordering: delays.size > 1,
      units: video.frames.map((frame) => prepareFrame(frame, video, options)),
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

function prepareFrame(frame: ClipFrame, video: ClipVideo, options: PackingOptions): PreparedFrame {
  const firstSlice = frame.nals.findIndex((nal) => nalRole(nal, video.codec) === 'slice');
  const before = firstSlice < 0 ? [] : frame.nals.slice(0, firstSlice);
  const inRole = (role: NalRole) => before.filter((nal) => nalRole(nal, video.codec) === role);
  const ownSets = inRole('parameter-set');
  const sets = ownSets.length > 0 ? ownSets : [...video.vps, ...video.sps, ...video.pps];
  const head = [
    ...inRole('delimiter'),
    ...(frame.isKey && options.parameterSets !== 'sdp' ? sets : []),
    ...inRole('sei'),
    ...inRole('other'),
  ];
  const body = frame.nals.slice(Math.max(firstSlice, 0));
  const packing: NalPacking = { codec: video.codec, payloadType: VIDEO_PAYLOAD_TYPE, markers: options.markers };
  return {
    dueTicks: frame.dts90k,
    timestamp: frame.pts90k,
    isKey: frame.isKey,
    head: packNals(head, packing, false),
    body: packNals(body, packing, true),
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
