import { describe, expect, it } from 'vitest';
import type { Run } from '../../src/media/fmp4/fragment.ts';
import { l16Format } from '../../src/media/sound/l16.ts';
import { opusFormat } from '../../src/media/sound/opus.ts';
import { browserSound } from '../../src/playback/browser-sound.ts';
import { LiveSound } from '../../src/playback/live-sound.ts';

const PICTURE_MS = 40;
const PACKET_MS = 20;
const VOICE = Buffer.from([0x78, 1, 2, 3]);
const SILENCE = Buffer.from([0xf8, 0xff, 0xfe]);

/** What a camera sends of sound at a time, or nothing; `behindMs` after the picture of that time. */
function watch(seconds: number, speaks: (ms: number) => boolean, behindMs = 0): Run[] {
  const sound = new LiveSound(browserSound(opusFormat(1))!, 0);
  sound.begin(0);
  const runs: Run[] = [];
  for (let ms = 0; ms < seconds * 1000; ms += PACKET_MS) {
    const soundMs = ms - behindMs;
    if (soundMs >= 0 && speaks(soundMs)) {
      const unit = { watchId: 1, kind: 'audio', isKey: true, wallUtcMs: 0, dtsTicks: 0, data: VOICE } as const;
      sound.push({ ...unit, rtpTime: soundMs * 48 }, soundMs);
    }
    if (ms % PICTURE_MS !== 0) continue;
    sound.follow(ms);
    const run = sound.take();
    if (run !== undefined) runs.push(run);
  }
  return runs;
}

interface Piece {
  readonly atMs: number;
  readonly isVoice: boolean;
}

function piecesOf(runs: readonly Run[]): Piece[] {
  return runs.flatMap(({ baseDecodeTime, samples }) => {
    let at = baseDecodeTime;
    return samples.map(({ data, duration }) => {
      const piece = { atMs: at / 48, isVoice: data.equals(VOICE) };
      expect(piece.isVoice || data.equals(SILENCE)).toBe(true);
      at += duration;
      return piece;
    });
  });
}

/** No time is covered twice, and none is left out for longer than a packet. */
function expectWhole(pieces: readonly Piece[]): void {
  pieces.slice(1).forEach(({ atMs }, i) => {
    const step = atMs - pieces[i]!.atMs;
    expect(step).toBeGreaterThanOrEqual(PACKET_MS);
    expect(step).toBeLessThan(2 * PACKET_MS);
  });
}

describe('the sound of a live view', () => {
  it('is what the camera sends, while it sends', () => {
    const pieces = piecesOf(watch(5, () => true));
    expectWhole(pieces);
    expect(pieces.every(({ isVoice }) => isVoice)).toBe(true);
  });

  it('is silence while the camera sends none, so that pictures go on', () => {
    const pieces = piecesOf(watch(10, (ms) => ms < 2_000 || ms >= 6_000));
    expectWhole(pieces);
    const silent = pieces.filter(({ isVoice }) => !isVoice);
    expect(silent[0]?.atMs).toBe(2_000);
    expect(silent.at(-1)?.atMs).toBeGreaterThan(5_700);
    expect(pieces.filter(({ isVoice }) => isVoice).length).toBeGreaterThan((5_900 / PACKET_MS) * 0.98);
  });

  it('is silence where the camera never sends any', () => {
    const pieces = piecesOf(watch(4, () => false));
    expectWhole(pieces);
    expect(pieces[0]).toEqual({ atMs: 0, isVoice: false });
    expect(pieces.at(-1)?.atMs).toBeGreaterThan(3_700);
  });

  it('is waited for when it always comes late', () => {
    const pieces = piecesOf(watch(20, () => true, 2_000));
    const voice = pieces.filter(({ isVoice }) => isVoice);
    expect(voice.length).toBeGreaterThan(10_000 / PACKET_MS);
    expect(pieces.slice(-100).every(({ isVoice }) => isVoice)).toBe(true);
    expectWhole(voice.slice(-100));
  });

  it('is silence between packets that stay away, as those of Opus in DTX do', () => {
    const pieces = piecesOf(watch(10, (ms) => ms < 2_000 || ms % 400 === 0));
    expectWhole(pieces);
    const late = pieces.filter(({ atMs }) => atMs >= 3_000 && atMs < 9_000);
    expect(late.filter(({ isVoice }) => isVoice).length).toBe(15);
  });

  it('that waits for a key frame is not made up for', () => {
    const sound = new LiveSound(browserSound(l16Format(8000, 2))!, 0);
    sound.begin(0);
    sound.follow(5_000);
    expect(sound.take()?.baseDecodeTime).toBe(0);
    sound.drop();
    sound.begin(60_000);
    sound.follow(60_500);
    expect(sound.take()).toBeUndefined();
  });
});
