import type { StreamReport } from '../../src/link/stream-report.ts';

/** A camera that is set up well: H.264, 25 pictures a second, a key frame every 2 s, AAC, for ten minutes. */
export function healthyReport(): StreamReport & {
  video: NonNullable<StreamReport['video']>;
  audio: NonNullable<StreamReport['audio']>;
} {
  const loss = {
    packetsReceived: 130_000,
    packetsLost: 0,
    packetsLate: 0,
    framesDropped: { incomplete: 0, undecodable: 0, malformed: 0 },
  };
  return {
    kind: 'stream-report',
    channelId: '00000001',
    atUtcMs: Date.parse('2026-03-01T12:10Z'),
    measuredMs: 600_000,
    transport: 'tcp',
    isEncrypted: false,
    certificate: null,
    authentication: 'digest',
    skippedMedia: ['application: vnd.onvif.metadata, which is not supported'],
    video: {
      codec: 'h264',
      codecString: 'avc1.640029',
      profile: 'High',
      level: '4.1',
      width: 1920,
      height: 1080,
      framesPerSecond: 24.98,
      framesPerSecondOfCamera: 25,
      framesPerSecondDeclared: 25,
      keyIntervalMs: 2000,
      longestKeyIntervalMs: 2040,
      hasBFrames: false,
      formatChanges: 0,
    },
    audio: { codec: 'aac', source: '', clockRate: 16_000, channels: 1, units: 9_375 },
    meanMbps: 1.9,
    peakMbps: 3.1,
    clock: { offsetMs: 120, driftPpm: 40, timestampJumps: 0, wallSteps: 0 },
    loss,
    sinceStart: { sessions: 1, loss: structuredClone(loss) },
  };
}
