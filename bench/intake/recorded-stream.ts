import { loadClip } from '../../test/sim/clip.ts';
import { completeClipOptions } from '../../test/sim/clip-options.ts';
import { generateClip } from '../../test/sim/generate.ts';
import { fillIn, joinRuns } from '../../test/sim/rtp/packets.ts';
import { prepareClip } from '../../test/sim/rtp/prepared-clip.ts';
import type { IntakeOptions } from './options.ts';

/** What a camera sends in ten seconds, as it lies on an interleaved RTSP connection. */
export interface RecordedStream {
  readonly codec: 'h264' | 'h265';
  readonly payloadType: number;
  /** All packets in a row; sequence numbers and timestamps are those of the last `turn`. */
  readonly bytes: Buffer;
  /** Where each piece ends that a socket would give at once. */
  readonly pieceEnds: readonly number[];
  readonly frames: number;
  readonly parameterSets: readonly Buffer[];
  /** Fills in the sequence numbers and timestamps of the n-th time round, from 0. */
  turn(n: number): void;
}

/** A camera's frame comes as a burst; the kernel hands on what a window of its size holds. */
const MAX_PIECE_BYTES = 32 * 1024;
const SSRC = 0x1234_5678;

export async function recordStream({ codec, mbps }: IntakeOptions): Promise<RecordedStream> {
  const clip = completeClipOptions({ codec, mbps, width: 1920, height: 1080 });
  const prepared = prepareClip(await loadClip(await generateClip('Intake', 0, clip)));
  const { units, loopTicks, payloadType } = prepared.video;
  const runs = units.map((unit) => joinRuns([unit.head, unit.body]));
  const starts: number[] = [];
  let length = 0;
  for (const run of runs) {
    starts.push(length);
    length += run.bytes.length;
  }
  const bytes = Buffer.concat(runs.map((run) => run.bytes));
  const packets = runs.reduce((sum, run) => sum + run.offsets.length, 0);
  return {
    codec,
    payloadType,
    bytes,
    pieceEnds: starts.flatMap((start, i) => pieceEndsOf(start, starts[i + 1] ?? length)),
    frames: units.length,
    parameterSets: [...prepared.clip.video.vps, ...prepared.clip.video.sps, ...prepared.clip.video.pps],
    turn(n) {
      let sequence = (n * packets) & 0xffff;
      for (const [i, run] of runs.entries()) {
        const timestamp = (n * loopTicks + units[i]!.timestamp) >>> 0;
        fillIn(bytes, starts[i]!, run.offsets, { channel: 0, sequence, timestamp, ssrc: SSRC });
        sequence = (sequence + run.offsets.length) & 0xffff;
      }
    },
  };
}

function pieceEndsOf(start: number, end: number): number[] {
  const ends: number[] = [];
  for (let at = start + MAX_PIECE_BYTES; at < end; at += MAX_PIECE_BYTES) ends.push(at);
  ends.push(end);
  return ends;
}
