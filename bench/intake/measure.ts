import { countCopiedBytes } from './copied-bytes.ts';
import { IntakeChannel } from './intake-channel.ts';
import type { IntakeOptions } from './options.ts';
import type { RecordedStream } from './recorded-stream.ts';

export interface IntakeFigures {
  readonly framesTaken: number;
  /** Sent and not taken; the last frame of each channel is complete, so none. */
  readonly framesLost: number;
  readonly bytesReceived: number;
  readonly cpuSeconds: number;
  /** Of one core, garbage collection included. */
  readonly framesPerSecond: number;
  readonly mbpsPerCore: number;
  readonly bytesCopiedPerByte: number;
}

/** Rounds before the measurement: the compiler has then seen what there is to see. */
const WARM_UP_ROUNDS = 2;

export function measureIntake(options: IntakeOptions, stream: RecordedStream): IntakeFigures {
  const channels = Array.from({ length: options.channels }, () => new IntakeChannel(stream));
  let round = 0;
  const runRound = () => {
    for (const channel of channels) feed(channel, stream);
  };
  for (; round < WARM_UP_ROUNDS; round++) {
    stream.turn(round);
    runRound();
  }
  const framesBefore = sumOf(channels);
  let cpuMicroseconds = 0;
  while (cpuMicroseconds < options.seconds * 1e6) {
    // Sequence numbers are the sender's work, and not counted.
    stream.turn(round++);
    const before = process.cpuUsage();
    runRound();
    const { user, system } = process.cpuUsage(before);
    cpuMicroseconds += user + system;
  }
  const rounds = round - WARM_UP_ROUNDS;
  const framesTaken = sumOf(channels) - framesBefore;
  const bytesReceived = rounds * options.channels * stream.bytes.length;
  stream.turn(round);
  const copied = countCopiedBytes(() => feed(channels[0]!, stream));
  const cpuSeconds = cpuMicroseconds / 1e6;
  return {
    framesTaken,
    framesLost: rounds * options.channels * stream.frames - framesTaken,
    bytesReceived,
    cpuSeconds,
    framesPerSecond: framesTaken / cpuSeconds,
    mbpsPerCore: (bytesReceived * 8) / 1e6 / cpuSeconds,
    bytesCopiedPerByte: copied / stream.bytes.length,
  };
}

function feed(channel: IntakeChannel, stream: RecordedStream): void {
  let start = 0;
  for (const end of stream.pieceEnds) {
    channel.receive(stream.bytes.subarray(start, end));
    start = end;
  }
}

function sumOf(channels: readonly IntakeChannel[]): number {
  return channels.reduce((sum, channel) => sum + channel.frames, 0);
}
