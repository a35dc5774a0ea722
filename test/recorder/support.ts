import type { Clock } from '../../src/base/clock.ts';
import type { AccessUnit, AudioFormat, VideoFormat } from '../../src/media/access-unit.ts';
import { LoginLimiter } from '../../src/recorder/camera/login-limiter.ts';
import type { CameraAccess } from '../../src/recorder/camera-session.ts';
import type { Stretch, TimedUnit } from '../../src/recorder/time/timed-unit.ts';

export const VIDEO: VideoFormat = {
  kind: 'video',
  codec: 'h264',
  codecString: 'avc1.42C01E',
  width: 640,
  height: 360,
  clockRate: 90_000,
  vps: [],
  sps: [Buffer.from('6742c01e', 'hex')],
  pps: [Buffer.from('68ce3c80', 'hex')],
  reorderDepth: 0,
};

export const SOUND: AudioFormat = {
  kind: 'audio',
  codec: 'pcmu',
  codecString: 'ulaw',
  clockRate: 8_000,
  channels: 1,
  config: Buffer.alloc(0),
};

export const STRETCH: Stretch = { video: VIDEO, audio: undefined };

export const START_UTC_MS = Date.UTC(2026, 2, 1, 12);

/** A frame of 25 fps; `serial` gives its place, counted from 1. */
export function frame(
  serial: number,
  options: { isKey?: boolean; stretch?: Stretch; bytes?: number; fps?: number } = {},
): TimedUnit {
  const { isKey = false, stretch = STRETCH, bytes = 100, fps = 25 } = options;
  const ticks = (serial - 1) * (90_000 / fps);
  const unit: AccessUnit = {
    kind: 'video',
    data: Buffer.alloc(bytes, serial % 256),
    isKey,
    rtpTime: ticks,
    arrivalMonotonicMs: ticks / 90,
    isAfterLoss: false,
  };
  return { unit, stretch, ticks, dtsTicks: ticks, wallUtcMs: START_UTC_MS + ticks / 90, serial, hole: undefined };
}

/** Frames `from` to `to`, with a key frame each `gop`. */
export function frames(from: number, to: number, gop = 25, stretch: Stretch = STRETCH): TimedUnit[] {
  return Array.from({ length: to - from + 1 }, (_, i) =>
    frame(from + i, { isKey: (from + i - 1) % gop === 0, stretch }),
  );
}

/** What a session with a camera needs besides: nobody shares its account, and no certificate is known. */
export function anyAccess(clock: Clock): CameraAccess {
  return {
    limiter: new LoginLimiter({ clock, refusals: [], onRefused: () => undefined }),
    certificates: { expected: () => undefined, keep: () => undefined },
  };
}
