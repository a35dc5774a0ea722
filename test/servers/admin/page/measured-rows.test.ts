import { describe, expect, it } from 'vitest';
import { measuredRows } from '../../../../src/servers/admin/page/stream/measured-rows.ts';
import { formatFingerprint } from '../../../../src/servers/admin/page/text/fingerprint.ts';
import { healthyReport } from '../../../channels/healthy-report.ts';

type Report = ReturnType<typeof healthyReport>;

function rowsOf(change: (report: Report) => void = () => undefined): Record<string, string> {
  const report = healthyReport();
  change(report);
  return Object.fromEntries(measuredRows(report, 4).map(({ label, text }) => [label, text]));
}

describe('a measured stream as rows', () => {
  it('has one for each thing that an installer asks', () => {
    expect(rowsOf()).toEqual({
      Picture: 'H.264 High 4.1, 1920 × 1080',
      'Pictures a second': '25.0, declared 25',
      'Key frames': 'every 2 s, at most 2 s',
      Sound: 'AAC, 16 kHz, mono',
      'Bit rate': '1.9 Mbps, worst second 3.1, allotted 4.0',
      Transport: 'TCP, not encrypted, digest authentication',
      Connections: '1 since the recorder started',
      Packets: '130,000 received, 0 lost',
      'Pictures not recorded': 'none',
      "Camera's clock": '0.12 s ahead',
      'Media clock': '40 ppm fast',
    });
  });

  const cases: { name: string; change: (report: Report) => void; rows: Record<string, string> }[] = [
    {
      name: 'a camera behind an HTTP tunnel in TLS that asks for no password',
      change: (report) => Object.assign(report, { transport: 'http', isEncrypted: true, authentication: 'none' }),
      rows: { Transport: 'HTTP tunnel, encrypted, no password asked' },
    },
    {
      name: 'intra refresh, no rate in the parameter sets, no profile',
      change: ({ video }) =>
        Object.assign(video, { keyIntervalMs: null, framesPerSecondDeclared: null, profile: '', level: '' }),
      rows: { 'Key frames': 'no second one yet', 'Pictures a second': '25.0', Picture: 'H.264, 1920 × 1080' },
    },
    {
      name: 'a smart codec',
      change: ({ video }) => Object.assign(video, { keyIntervalMs: 12_040, longestKeyIntervalMs: 20_000 }),
      rows: { 'Key frames': 'every 12 s, at most 20 s' },
    },
    {
      name: 'sound that is stored as something else, in two channels',
      change: ({ audio }) => Object.assign(audio, { codec: 'l16', source: 'G726-32', clockRate: 8000, channels: 2 }),
      rows: { Sound: 'G726-32, stored as PCM, 16 bit, 8 kHz, stereo' },
    },
    {
      name: 'no sound, a clock that is not told, and no drift yet',
      change: (report) => {
        Object.assign(report, { audio: null });
        Object.assign(report.clock, { offsetMs: null, driftPpm: null });
      },
      rows: { Sound: 'none', "Camera's clock": 'not told by the camera' },
    },
    {
      name: 'loss, with the reasons for which pictures are missing',
      change: ({ loss }) => {
        Object.assign(loss, { packetsLost: 1_050, packetsLate: 7 });
        Object.assign(loss.framesDropped, { incomplete: 70, undecodable: 1_200 });
      },
      rows: {
        Packets: '130,000 received, 1,050 lost, 7 too late',
        'Pictures not recorded': '70 incomplete, 1,200 refer to what was lost or had another format',
      },
    },
    {
      name: 'a clock that is hours behind, jumps, and changes of the format',
      change: ({ clock, video }) => {
        Object.assign(clock, { offsetMs: -2 * 3_600_000, driftPpm: -1_200, timestampJumps: 2 });
        Object.assign(video, { formatChanges: 3 });
      },
      rows: {
        "Camera's clock": '2 h behind',
        'Media clock': '1,200 ppm slow',
        'Timestamp jumps': '2',
        'Format changes': '3',
      },
    },
  ];
  it.each(cases)('$name', ({ change, rows }) => expect(rowsOf(change)).toMatchObject(rows));

  it('says only what is known', () => {
    const labels = Object.keys(
      rowsOf((report) => Object.assign(report, { video: null, clock: { ...report.clock, driftPpm: null } })),
    );
    expect(labels).not.toContain('Key frames');
    expect(labels).not.toContain('Media clock');
  });
});

it('a fingerprint stands as cameras print it', () => {
  expect(formatFingerprint('ab12cd')).toBe('AB:12:CD');
  expect(formatFingerprint('')).toBe('');
});
