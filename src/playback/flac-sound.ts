import type { FlacFormat } from '../media/fmp4/audio-sample-entry.ts';
import type { Run, Sample } from '../media/fmp4/fragment.ts';
import { pcmFrameBytes } from '../media/sound/audio-format.ts';
import { encodeFlacFrame, flacStreamInfo } from '../media/sound/flac.ts';
import { type PcmFormat, pcmChannels } from '../media/sound/pcm.ts';

/**
 * Samples in a FLAC frame at most: within the streamable subset (RFC 9639 §7), and what STREAMINFO announces, beyond which decoders
 * refuse a frame. Frames may be shorter; each is decoded by itself.
 */
const MAX_FLAC_SAMPLES = 4096;

export function flacFormatOf({ clockRate, channels }: PcmFormat): FlacFormat {
  const config = flacStreamInfo(clockRate, MAX_FLAC_SAMPLES, channels);
  return { kind: 'audio', codec: 'flac', codecString: 'flac', clockRate, channels, config };
}

/**
 * Packets that follow each other become one FLAC frame; where packets were lost a frame ends, and lasts over the hole. The result depends
 * on the run alone, so that a piece is the same whoever asks for it and in whatever order.
 */
export function recodeToFlac(format: PcmFormat, run: Run): Run {
  const frameBytes = pcmFrameBytes(format);
  const samples: Sample[] = [];
  let waiting: Buffer[] = [];
  let waitingTicks = 0;
  let atTicks = run.baseDecodeTime;
  const flush = (duration: number) => {
    const data = flacFrame(format, Buffer.concat(waiting), atTicks);
    samples.push({ data, duration, compositionOffset: 0, isKey: true });
    atTicks += duration;
    waiting = [];
    waitingTicks = 0;
  };
  for (const packet of run.samples) {
    for (const { data, ticks, duration } of blocksOf(packet, frameBytes)) {
      if (waitingTicks > 0 && waitingTicks + ticks > MAX_FLAC_SAMPLES) flush(waitingTicks);
      waiting.push(data);
      waitingTicks += ticks;
      if (duration !== ticks) flush(waitingTicks - ticks + duration);
    }
  }
  if (waitingTicks > 0) flush(waitingTicks);
  return { baseDecodeTime: run.baseDecodeTime, samples };
}

interface Block {
  readonly data: Buffer;
  /** By its samples. */
  readonly ticks: number;
  /** Until the next one. */
  readonly duration: number;
}

/** A packet that is too long for one FLAC frame, in pieces; only the last may last longer than its samples. */
function blocksOf({ data, duration }: Sample, frameBytes: number): Block[] {
  const total = Math.floor(data.length / frameBytes);
  const blocks: Block[] = [];
  for (let at = 0; at < total; at += MAX_FLAC_SAMPLES) {
    const ticks = Math.min(MAX_FLAC_SAMPLES, total - at);
    const isLast = at + ticks === total;
    blocks.push({
      data: data.subarray(at * frameBytes, (at + ticks) * frameBytes),
      ticks,
      duration: isLast ? Math.max(1, duration - at) : ticks,
    });
  }
  return blocks;
}

function flacFrame(format: PcmFormat, data: Buffer, atTicks: number): Buffer {
  // Decoders of single frames do not use the number; it only has to fit its 31 bits.
  const frameNumber = Math.floor(atTicks / MAX_FLAC_SAMPLES) % 2 ** 31;
  return encodeFlacFrame({ channels: pcmChannels(format, data), frameNumber, sampleRate: format.clockRate });
}
