import type { ActiveFaults } from '../active-faults.ts';
import { INTERLEAVED_HEADER_BYTES, RTP_HEADER_BYTES } from './packets.ts';

const DEFAULT_GARBAGE_SHARE = 0.05;
const MAX_GARBAGE_BYTES = 1500;
const PACKET_HEADER_BYTES = INTERLEAVED_HEADER_BYTES + RTP_HEADER_BYTES;

export interface Disturbed {
  readonly pieces: Buffer[];
  /** The client cannot be expected to have this frame whole. */
  readonly isDamaged: boolean;
  /** Packets stand behind their successors. */
  readonly isDisordered: boolean;
  /** Left out. */
  readonly packetsLost: number;
}

/** Applies the packet faults that are on to one frame's packets. */
export function disturb(packets: Buffer[], faults: ActiveFaults): Disturbed {
  let pieces = packets;
  let isDamaged = false;

  const garbage = faults.get('garbage');
  if (garbage && faults.random('garbage')() < (garbage.share ?? DEFAULT_GARBAGE_SHARE)) {
    const random = faults.random('garbage');
    pieces = garbage.what === 'nals' ? scrambleSlices(pieces, random) : [randomBytes(random), ...pieces];
    isDamaged = true;
  }

  const kept = loseBursts(losePackets(pieces, faults), faults);
  const packetsLost = pieces.length - kept.length;
  pieces = kept;
  isDamaged ||= packetsLost > 0;

  const duplicate = faults.get('duplicate-packets');
  if (duplicate) {
    const random = faults.random('duplicate-packets');
    pieces = pieces.flatMap((piece) => (random() < duplicate.share ? [piece, piece] : [piece]));
  }

  const reorder = faults.get('reorder-packets');
  const inOrder = pieces;
  if (reorder) pieces = swapNeighbours(pieces, reorder.share, faults.random('reorder-packets'));
  const isDisordered = pieces.some((piece, i) => piece !== inOrder[i]);
  return { pieces, isDamaged, isDisordered, packetsLost };
}

function losePackets(pieces: readonly Buffer[], faults: ActiveFaults): Buffer[] {
  const loss = faults.get('lose-packets');
  if (!loss) return [...pieces];
  const random = faults.random('lose-packets');
  return pieces.filter(() => random() >= loss.share);
}

/** A burst goes on over the ends of frames. */
function loseBursts(pieces: readonly Buffer[], faults: ActiveFaults): Buffer[] {
  const burst = faults.get('lose-bursts');
  if (!burst) return [...pieces];
  const random = faults.random('lose-bursts');
  const memory = faults.memory('lose-bursts');
  return pieces.filter(() => {
    if (memory.packetsLeft === 0 && random() < burst.share) memory.packetsLeft = burst.packets;
    if (memory.packetsLeft === 0) return true;
    memory.packetsLeft--;
    return false;
  });
}

/** Keeps headers and the first bytes of each payload, so that the packet looks right and its content is not. */
function scrambleSlices(packets: readonly Buffer[], random: () => number): Buffer[] {
  return packets.map((packet) => {
    const copy = Buffer.from(packet);
    for (let i = PACKET_HEADER_BYTES + 3; i < copy.length; i++) copy[i] = random() * 256;
    return copy;
  });
}

/** Never a '$', with which an interleaved packet would begin: what follows is then still found. */
function randomBytes(random: () => number): Buffer {
  const bytes = Buffer.alloc(1 + Math.floor(random() * MAX_GARBAGE_BYTES));
  for (let i = 0; i < bytes.length; i++) bytes[i] = 0x80 | (random() * 128);
  return bytes;
}

function swapNeighbours(pieces: readonly Buffer[], share: number, random: () => number): Buffer[] {
  const swapped = [...pieces];
  for (let i = 0; i + 1 < swapped.length; i++) {
    if (random() >= share) continue;
    [swapped[i], swapped[i + 1]] = [swapped[i + 1]!, swapped[i]!];
    i++;
  }
  return swapped;
}
