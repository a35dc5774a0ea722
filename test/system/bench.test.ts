import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const BENCH = join(import.meta.dirname, '../../bench/main.ts');
const run = (...args: string[]) =>
  spawnSync(process.execPath, [BENCH, ...args], { encoding: 'utf8', timeout: 120_000 });

describe('scripts/bench', () => {
  it('records the same cameras twice and prints the ratios as one object', () => {
    // Enough that both sides use processor time: the kernel counts it in hundredths of a second.
    const { status, stdout } = run(
      'record',
      '--channels',
      '4',
      '--mbps',
      '4',
      '--seconds',
      '6',
      '--watchers',
      '3',
      '--json',
    );
    const result = JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
    expect(result).toMatchObject({ channels: 4, mbps: 4, seconds: 6, watchers: 3, framesLost: 0 });
    expect(result.holdfast).toMatchObject({ framesLost: 0, watchersReceiving: 3 });
    for (const figure of [result.framesSent, result.cpuRatio, result.memoryRatio, result.holdfast.commitEveryMs]) {
      expect(figure).toBeGreaterThan(0);
    }
    expect(status).toBe(0);
  });

  it('takes packets in from memory without losing a frame, and copies each byte about once', () => {
    const { status, stdout, stderr } = run('intake', '--channels', '2', '--seconds', '1', '--json');
    const result = JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
    expect(result).toMatchObject({ channels: 2, mbps: 2, codec: 'h264', framesLost: 0 });
    for (const figure of [result.framesPerSecond, result.mbpsPerCore]) expect(figure).toBeGreaterThan(0);
    // Once into the frame, and once more where a slab ends in mid-frame. A second copy of everything would be 2.
    expect(result.bytesCopiedPerByte).toBeGreaterThan(0.9);
    expect(result.bytesCopiedPerByte).toBeLessThan(1.5);
    if (result.ratio === null) expect(stderr).toContain('not compared: GStreamer');
    else expect(result.ratio).toBeGreaterThan(0);
    expect(status).toBe(0);
  });

  it.each([
    ['a benchmark that does not exist', ['play'], 'unknown benchmark "play"'],
    ['an option that does not exist', ['record', '--cameras', '4'], 'unknown option "--cameras"'],
    ['half a channel', ['record', '--channels', '1.5'], '--channels 1.5: must be a whole number from 1 to 254'],
    ['more than one core can send', ['record', '--channels', '254', '--mbps', '8'], '2032 Mbps, at most 1000'],
    ['a folder that is not empty', ['record', '--data', import.meta.dirname], 'the folder is not empty'],
  ])('refuses %s by its name', (_name, args, message) => {
    const { status, stderr } = run(...args);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });
});
