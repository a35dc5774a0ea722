import { createHash, type Hash } from 'node:crypto';
import { writeU64 } from './box.ts';
import { AUDIO_TRACK_ID, HASH_BYTES, SAMPLE_RECORD_BYTES, VIDEO_TRACK_ID } from './fragment-layout.ts';

/**
 * SHA-256 over the hash before, the times and sizes, and the bytes of the samples, independent of the container. The encoding is
 * part of the archive format (docs/reference/archive-format.md, "Hash chain").
 */
export function fragmentHash(
  previousHash: Buffer,
  times: {
    wallUtcMs: number;
    video?: { baseDecodeTime: number } | undefined;
    audio?: { baseDecodeTime: number } | undefined;
  },
  videoRecords: Buffer | undefined,
  audioRecords: Buffer | undefined,
  samples: readonly Buffer[],
): Buffer {
  const hash = createHash('sha256');
  const start = Buffer.allocUnsafe(HASH_BYTES + 9);
  previousHash.copy(start);
  writeU64(start, Math.round(times.wallUtcMs), HASH_BYTES);
  start.writeUInt8((videoRecords ? 1 : 0) + (audioRecords ? 1 : 0), HASH_BYTES + 8);
  hash.update(start);
  if (videoRecords) updateRun(hash, VIDEO_TRACK_ID, times.video?.baseDecodeTime ?? 0, videoRecords);
  if (audioRecords) updateRun(hash, AUDIO_TRACK_ID, times.audio?.baseDecodeTime ?? 0, audioRecords);
  for (const bytes of samples) hash.update(bytes);
  return hash.digest();
}

function updateRun(hash: Hash, trackId: number, baseDecodeTime: number, records: Buffer): void {
  const head = Buffer.allocUnsafe(13);
  head.writeUInt8(trackId, 0);
  writeU64(head, baseDecodeTime, 1);
  head.writeUInt32BE(records.length / SAMPLE_RECORD_BYTES, 9);
  hash.update(head);
  hash.update(records);
}
