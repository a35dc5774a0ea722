import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../src/base/errors.ts';
import type { RecordedStream } from './recorded-stream.ts';

/*
 * The same packets through GStreamer's depayloader, out of a file: the usual building block of those who do not write their own. Only the
 * difference between a long and a short file counts, so that its start does not.
 */

/** About 80 MB of a 2 Mbps stream: some tenths of a second of processor time. */
const LONG_ROUNDS = 32;
const SHORT_ROUNDS = 1;
const RUNS = 3;

/** A sentence why it cannot be measured here, or undefined. */
export function whyNoGstreamer(): string | undefined {
  const found = spawnSync('gst-inspect-1.0', ['--exists', 'rtpstreamdepay']);
  return found.status === 0
    ? undefined
    : 'GStreamer with its RTP elements is not installed (gstreamer1.0-plugins-good)';
}

/** Megabits that a core takes in, in one second of processor time. */
export async function measureGstreamer(stream: RecordedStream): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-intake-'));
  try {
    const [short, long] = [join(folder, 'short'), join(folder, 'long')];
    await writePackets(short, stream, SHORT_ROUNDS);
    await writePackets(long, stream, LONG_ROUNDS);
    let least = Number.POSITIVE_INFINITY;
    for (let run = 0; run < RUNS; run++) {
      least = Math.min(least, (await cpuSecondsOf(long, stream)) - (await cpuSecondsOf(short, stream)));
    }
    const megabits = (stream.bytes.length * 8 * (LONG_ROUNDS - SHORT_ROUNDS)) / 1e6;
    return megabits / least;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** RFC 4571: each packet behind its length, which is what is left of the interleaved header without its first two bytes. */
async function writePackets(path: string, stream: RecordedStream, rounds: number): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (let round = 0; round < rounds; round++) {
      stream.turn(round);
      const parts: Buffer[] = [];
      for (let at = 0; at < stream.bytes.length; ) {
        const next = at + 4 + stream.bytes.readUInt16BE(at + 2);
        parts.push(stream.bytes.subarray(at + 2, next));
        at = next;
      }
      await file.write(Buffer.concat(parts));
    }
  } finally {
    await file.close();
  }
}

async function cpuSecondsOf(path: string, { codec, payloadType }: RecordedStream): Promise<number> {
  const name = codec.toUpperCase();
  const caps = `application/x-rtp-stream,media=video,clock-rate=90000,encoding-name=${name},payload=${payloadType}`;
  const elements = `filesrc location=${path} blocksize=65536 ! ${caps} ! rtpstreamdepay ! rtp${codec}depay ! ${codec}parse ! fakesink`;
  // bash's own `time` tells what the child used, and nothing else.
  const script = `TIMEFORMAT='%U %S'; time gst-launch-1.0 -q ${elements} >/dev/null`;
  const child = spawn('bash', ['-c', script], { stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const [status] = (await once(child, 'close')) as [number | null];
  const times = /([\d.]+) ([\d.]+)\s*$/.exec(text);
  if (status !== 0 || times === null)
    throw new AppError('internal', `gst-launch-1.0 ended with ${status}: ${text.trim()}`);
  return Number(times[1]) + Number(times[2]);
}
