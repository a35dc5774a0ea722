import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AudioCodec, AudioFormat } from '../../../src/media/access-unit.ts';
import { buildPlainFragment } from '../../../src/media/fmp4/fragment.ts';
import { buildInit } from '../../../src/media/fmp4/init.ts';
import { FILE_TYPE } from '../../../src/media/fmp4/movie.ts';
import { silentPacket } from '../../../src/media/sound/silence.ts';

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;
if (!hasFfmpeg) console.warn('skipped: silence against ffmpeg, which is not installed');

const PACKETS = 20;

function format(codec: AudioCodec, clockRate: number, channels: number, config = ''): AudioFormat {
  return { kind: 'audio', codec, codecString: '', clockRate, channels, config: Buffer.from(config, 'hex') };
}

describe('a packet of silence', () => {
  const cases: [string, AudioFormat][] = [
    ['AAC in mono', format('aac', 16_000, 1, '1408')],
    ['AAC in stereo', format('aac', 48_000, 2, '1190')],
    ['AAC with short frames', format('aac', 16_000, 1, '140c')],
    ['HE-AAC', format('aac', 48_000, 2, '2b118800')],
    ['Opus in mono', format('opus', 48_000, 1)],
    ['Opus in stereo', format('opus', 48_000, 2)],
    ['G.711 μ-law', format('pcmu', 8_000, 1)],
    ['G.711 A-law in stereo', format('pcma', 8_000, 2)],
    ['PCM', format('l16', 44_100, 2)],
  ];
  it.skipIf(!hasFfmpeg).each(cases)('of %s is heard as nothing, for as long as it says', async (_, of) => {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-silence-'));
    try {
      const packet = silentPacket(of)!;
      const sample = { data: packet.data, duration: packet.ticks, compositionOffset: 0, isKey: true };
      const audio = { baseDecodeTime: 0, samples: new Array(PACKETS).fill(sample) };
      const fragment = buildPlainFragment({ wallUtcMs: 0, audio }, 1);
      const path = join(folder, 'silence.mp4');
      await writeFile(path, Buffer.concat([FILE_TYPE, buildInit({ createdUtcMs: 0, audio: of }), ...fragment.buffers]));
      const options = ['-v', 'error', '-xerror', '-i', path, '-f', 's16le', '-'];
      const { stdout, stderr } = spawnSync('ffmpeg', options, { maxBuffer: 1 << 26 });
      expect(stderr.toString()).toBe('');
      const samples = new Int16Array(stdout.buffer, stdout.byteOffset, stdout.length >> 1);
      expect(samples.length / of.channels).toBe(PACKETS * packet.ticks);
      // A-law has no zero: its smallest value is 8.
      expect(samples.every((value) => Math.abs(value) <= 8)).toBe(true);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('is not known of AAC in more than two channels', () => {
    expect(silentPacket(format('aac', 48_000, 6, '11b0'))).toBeUndefined();
  });
});
