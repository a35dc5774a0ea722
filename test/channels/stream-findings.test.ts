import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../src/base/units.ts';
import type { StreamFacts } from '../../src/channels/stream-facts.ts';
import { RULES } from '../../src/channels/stream-finding-rules.ts';
import { streamFindings } from '../../src/channels/stream-findings.ts';
import { StreamReport } from '../../src/link/stream-report.ts';
import { NO_KEY_FRAME_YET, NO_PICTURE_MADE } from '../../src/link/stream-words.ts';
import { parseSdp } from '../../src/protocols/rtsp/sdp.ts';
import { chooseTracks } from '../../src/protocols/rtsp/tracks.ts';
import { healthyReport } from './healthy-report.ts';

type Report = ReturnType<typeof healthyReport>;
type Change = (report: Report, facts: { -readonly [K in keyof StreamFacts]: StreamFacts[K] }) => void;

/** A stream that is set up well, but for the change. */
function findingsWith(change: Change) {
  const report = healthyReport();
  const facts = {
    report,
    state: undefined,
    channel: { transport: 'auto', allotmentMbps: 4 },
    recorderStartedUtcMs: report.atUtcMs - 3 * HOUR_MS,
    promisedLossMs: 2000,
  };
  const typed = facts as { -readonly [K in keyof StreamFacts]: StreamFacts[K] };
  change(report, typed);
  return streamFindings(typed);
}

const settings = (transport: StreamFacts['channel']['transport'], allotmentMbps = 4) => ({ transport, allotmentMbps });

/** What the recorder says of a camera whose only video has decoding order numbers. */
function refusedForDon(): string {
  const lines = ['m=video 0 RTP/AVP 98', 'a=rtpmap:98 H265/90000', 'a=fmtp:98 sprop-max-don-diff=2', ''];
  const { skipped } = chooseTracks(parseSdp(lines.join('\n')));
  return `10.0.0.5:554 offers no video that can be received: ${skipped.join('; ')}`;
}

const CASES: { name: string; change: Change; code: string; sentence: string }[] = [
  {
    name: 'a camera that shows another certificate than the one that was kept',
    change: (_, facts) => {
      facts.report = undefined;
      facts.state = { detail: '', presentedCertificate: 'ab'.repeat(32) };
    },
    code: 'certificate-changed',
    sentence: 'The camera shows another certificate than before, so nothing is recorded from it.',
  },
  {
    name: 'H.265 with DONL, whose session is refused',
    change: (_, facts) => {
      facts.report = undefined;
      facts.state = { detail: refusedForDon() };
    },
    code: 'decoding-order-numbers',
    sentence:
      'The camera sends H.265 with decoding order numbers (sprop-max-don-diff above 0), which cannot be recorded.',
  },
  {
    name: 'a camera that does not begin with a key frame, and whose sessions the recorder ended in vain',
    change: (report, facts) => {
      report.video = null as never;
      report.sinceStart!.sessions = 20;
      report.sinceStart!.sessionsGivenUp = 18;
      facts.state = { detail: `packets come, and ${NO_KEY_FRAME_YET} (812 packets in 31 s)` };
    },
    code: 'no-key-frame-yet',
    sentence:
      'Pictures come, and no key frame yet from which they can be decoded, so nothing is recorded: the camera does not begin with one, and sends them rarely.',
  },
  {
    name: 'pictures that exceed the limits',
    change: (report, facts) => {
      report.video = null as never;
      facts.state = { detail: `packets come, and ${NO_PICTURE_MADE} (812 packets in 12 s)` };
    },
    code: 'no-picture',
    sentence: 'The camera sends, and no picture can be made of what it sends, so nothing is recorded.',
  },
  {
    name: 'intra refresh',
    change: ({ video }) => Object.assign(video, { keyIntervalMs: null, longestKeyIntervalMs: null }),
    code: 'no-key-frames',
    sentence:
      'No second key frame within 10 min: the camera sends hardly any, or refreshes the picture bit by bit instead (intra refresh). Footage can be played only from a key frame on, and after a lost packet nothing is recorded until the next.',
  },
  {
    name: 'a smart codec with a key frame every 12 s',
    change: ({ video }) => Object.assign(video, { keyIntervalMs: 12_000, longestKeyIntervalMs: 12_040 }),
    code: 'key-interval-long',
    sentence:
      'Key frame every 12 s: seeking is coarse, and after a lost packet up to 12 s are missing. What a power cut can cost stays at 2 s.',
  },
  {
    name: 'a dynamic group of pictures, short on average',
    change: ({ video }) => Object.assign(video, { keyIntervalMs: 4_000, longestKeyIntervalMs: 20_000 }),
    code: 'key-interval-long',
    sentence:
      'Key frame every 4 s, at times 20 s: seeking is coarse, and after a lost packet up to 20 s are missing. What a power cut can cost stays at 2 s.',
  },
  {
    name: 'nothing but key frames',
    change: ({ video }) => Object.assign(video, { keyIntervalMs: 40, longestKeyIntervalMs: 40 }),
    code: 'key-interval-short',
    sentence: 'Key frame every 40 ms: most of the bits go into key frames.',
  },
  {
    name: 'packets lost over UDP',
    change: (report, facts) => {
      facts.channel = settings('udp');
      Object.assign(report, { transport: 'udp' });
      Object.assign(report.loss, { packetsLost: 1_050 });
      Object.assign(report.loss.framesDropped, { incomplete: 700, undecodable: 300 });
    },
    code: 'packets-lost',
    sentence: '0.8 % of the packets are lost (1,050 of 131,050); 1,000 pictures could not be recorded.',
  },
  {
    name: 'packets lost over TCP, of the sound alone',
    change: ({ loss }) => Object.assign(loss, { packetsLost: 150 }),
    code: 'packets-lost',
    sentence: '0.1 % of the packets are lost (150 of 130,150).',
  },
  {
    name: 'packets that came after they had been given up',
    change: (report, facts) => {
      facts.channel = settings('udp');
      Object.assign(report, { transport: 'udp' });
      Object.assign(report.loss, { packetsLate: 2_600 });
    },
    code: 'packets-late',
    sentence: '2 % of the packets (2,600) came so late that they had been given up.',
  },
  {
    name: 'a camera whose connection breaks off every quarter of an hour',
    change: (report) => Object.assign(report, { sinceStart: { sessions: 12, loss: report.loss } }),
    code: 'sessions-break',
    sentence: 'The connection to the camera began 12 times in 3 h; each break is a gap.',
  },
  {
    name: 'pictures that break their format',
    change: ({ loss }) => Object.assign(loss.framesDropped, { malformed: 3 }),
    code: 'frames-malformed',
    sentence: '3 pictures broke the rules of their format and could not be recorded.',
  },
  {
    name: 'more megabits than allotted',
    change: (report) => Object.assign(report, { meanMbps: 6.24, peakMbps: 9 }),
    code: 'rate-over-allotment',
    sentence:
      'The stream has 6.2 Mbps on average, 4 Mbps are allotted: the drives fill sooner than planned, and all channels together may exceed what this unit is rated for.',
  },
  {
    name: 'peaks of more than twice the allotment',
    change: (report) => Object.assign(report, { peakMbps: 12.4 }),
    code: 'rate-peak',
    sentence: 'The worst second had 12.4 Mbps, more than 2 times the 4 Mbps allotted (1.9 Mbps on average).',
  },
  {
    name: 'fewer pictures than declared, as at night',
    change: ({ video }) => Object.assign(video, { framesPerSecond: 12.5 }),
    code: 'frame-rate-differs',
    sentence: '12.5 pictures a second come, 25 are declared.',
  },
  {
    name: 'three pictures a second',
    change: ({ video }) => Object.assign(video, { framesPerSecond: 3, framesPerSecondDeclared: null }),
    code: 'frame-rate-low',
    sentence: '3 pictures a second: fast movement falls between them.',
  },
  {
    name: 'sixty pictures a second',
    change: ({ video }) => Object.assign(video, { framesPerSecond: 60.02, framesPerSecondDeclared: 60 }),
    code: 'frame-rate-high',
    sentence: '60 pictures a second: half of them would do, and leave each one more bits.',
  },
  {
    name: 'a picture size that switches to and fro',
    change: ({ video }) => Object.assign(video, { formatChanges: 5 }),
    code: 'format-changes',
    sentence:
      'Codec, picture size or parameters changed 5 times in 10 min; each change begins a new file, and where they come in quick succession pictures are left out.',
  },
  {
    name: 'B-frames',
    change: ({ video }) => Object.assign(video, { hasBFrames: true }),
    code: 'b-frames',
    sentence: 'The camera sends B-frames, which refer to later pictures: the live picture is delayed by them.',
  },
  {
    name: 'H.265',
    change: ({ video }) => Object.assign(video, { codec: 'h265' }),
    code: 'h265',
    sentence: 'H.265 saves bits, and some browsers do not play it: those need a download, or another browser.',
  },
  {
    name: 'Motion JPEG, all key frames',
    change: ({ video }) => Object.assign(video, { codec: 'mjpeg', keyIntervalMs: 40, longestKeyIntervalMs: 40 }),
    code: 'mjpeg',
    sentence:
      'Motion JPEG takes many times the bits of H.264 for the same picture, and browsers show it live only, without sound: recordings need a download.',
  },
  {
    name: 'asked for UDP, got TCP',
    change: (_, facts) => {
      facts.channel = settings('udp');
    },
    code: 'transport-differs',
    sentence:
      'The media was to come over UDP and comes over TCP: the camera refuses the other way, or nothing arrived by it.',
  },
  {
    name: 'a camera that knows UDP alone',
    change: (report) => Object.assign(report, { transport: 'udp' }),
    code: 'transport-udp-only',
    sentence: 'The media comes over UDP: the camera refuses TCP, or nothing arrived by it.',
  },
  {
    name: 'a clock that is 3 minutes behind',
    change: ({ clock }) => Object.assign(clock, { offsetMs: -183_000 }),
    code: 'clock-off',
    sentence:
      "The camera's clock is 3 min behind: the time that it writes into the picture is wrong. Times of the footage are the recorder's own.",
  },
  {
    name: 'a clock that is set by two sources',
    change: ({ clock }) => Object.assign(clock, { wallSteps: 20 }),
    code: 'clock-steps',
    sentence: "The camera's clock was set 20 times in 10 min.",
  },
  {
    name: 'a media clock that counts wrongly',
    change: ({ clock }) => Object.assign(clock, { driftPpm: -12_000 }),
    code: 'media-clock-drift',
    sentence: "The camera's media clock runs 1.2 % too slow (43 s an hour). Footage keeps the recorder's time.",
  },
  {
    name: 'timestamps that jump',
    change: ({ clock }) => Object.assign(clock, { timestampJumps: 1 }),
    code: 'timestamp-jumps',
    sentence: "The camera's timestamps jumped once in 10 min; the footage goes on, in a new file where it must.",
  },
  {
    name: 'basic authentication in the clear',
    change: (report) => Object.assign(report, { authentication: 'basic' }),
    code: 'password-in-the-clear',
    sentence:
      'The camera asks for the password in basic authentication, without encryption: whoever listens on the network can read it.',
  },
  {
    name: 'sound that is described and does not come',
    change: ({ audio }) => Object.assign(audio, { units: 0 }),
    code: 'sound-silent',
    sentence: 'The camera describes sound (AAC) and sends none.',
  },
  {
    name: 'sound in a codec that nobody knows',
    change: (report) =>
      Object.assign(report, {
        audio: null,
        skippedMedia: ['audio: amr, which is not supported', 'audio: back channel'],
      }),
    code: 'sound-not-recorded',
    sentence: 'The camera offers sound that is not recorded (amr, which is not supported).',
  },
  {
    name: 'G.711',
    change: ({ audio }) => Object.assign(audio, { codec: 'pcmu' }),
    code: 'sound-converted',
    sentence: 'Browsers do not play G.711 µ-law: they get it as FLAC, without loss. On the drive it stays as it came.',
  },
  {
    name: 'G.726, decoded',
    change: ({ audio }) => Object.assign(audio, { codec: 'l16', source: 'G726-32' }),
    code: 'sound-converted',
    sentence:
      'Browsers do not play G726-32: they get it as FLAC, without loss. On the drive it is linear PCM, as MP4 has no place for it.',
  },
];

describe('what is found about a stream', () => {
  it('is nothing where the camera is set up well, and the report is one', () => {
    expect(Value.Errors(StreamReport, healthyReport()).First()).toBeUndefined();
    expect(findingsWith(() => undefined)).toEqual([]);
  });

  it('is nothing before anything was measured', () => {
    expect(
      findingsWith((_, facts) => {
        facts.report = undefined;
      }),
    ).toEqual([]);
  });

  it.each(CASES)('$name', ({ change, code, sentence }) => {
    expect(findingsWith(change).map((finding) => [finding.code, finding.sentence])).toEqual([[code, sentence]]);
  });

  it('has a case for every rule, each with a code of its own', () => {
    const codes = RULES.map((rule) => rule.code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes.filter((code) => !CASES.some((known) => known.code === code))).toEqual([]);
  });

  it('names what to do, but for what is only told', () => {
    const silent = CASES.flatMap(({ change }) => findingsWith(change)).filter(({ advice }) => advice === '');
    expect(new Set(silent.map(({ code }) => code))).toEqual(new Set(['sound-converted']));
  });

  it('puts first what costs footage', () => {
    const findings = findingsWith((report) => {
      Object.assign(report.video, { hasBFrames: true, keyIntervalMs: 12_000 });
      Object.assign(report.loss, { packetsLost: 5_000 });
    });
    expect(findings.map(({ severity }) => severity)).toEqual(['problem', 'advice', 'note']);
  });

  it('recommends TCP against loss over UDP alone', () => {
    const over = (transport: Report['transport']) =>
      findingsWith((report, facts) => {
        facts.channel = settings(transport);
        Object.assign(report, { transport });
        Object.assign(report.loss, { packetsLost: 5_000 });
      })[0]?.advice;
    expect(over('udp')).toMatch(/^Set the transport to TCP/);
    expect(over('tcp')).toMatch(/^Over TCP no network loses packets/);
  });
});

describe('nothing is found', () => {
  const quiet: { name: string; change: Change }[] = [
    { name: 'where a key frame comes every 4 s', change: ({ video }) => Object.assign(video, { keyIntervalMs: 4000 }) },
    {
      name: 'about key frames in the first seconds',
      change: (report) => {
        Object.assign(report, { measuredMs: 8_000 });
        Object.assign(report.video, { keyIntervalMs: null, longestKeyIntervalMs: null, framesPerSecond: 3 });
      },
    },
    {
      name: 'where nine packets were lost at a stumble',
      change: ({ loss }) => Object.assign(loss, { packetsLost: 9 }),
    },
    {
      name: 'where the frame rate is not declared',
      change: ({ video }) => Object.assign(video, { framesPerSecondDeclared: null }),
    },
    {
      name: 'where the camera sends no sender reports',
      change: ({ clock }) => Object.assign(clock, { offsetMs: null, driftPpm: null }),
    },
    { name: 'about a crystal that is 100 ppm off', change: ({ clock }) => Object.assign(clock, { driftPpm: -100 }) },
    {
      name: 'where there is no sound at all',
      change: (report) => Object.assign(report, { audio: null, skippedMedia: ['audio: back channel'] }),
    },
    {
      name: 'where basic authentication is encrypted',
      change: (report) => Object.assign(report, { authentication: 'basic', isEncrypted: true }),
    },
    {
      name: 'where an older recorder leaves out what it does not know',
      change: (report) => {
        delete report.authentication;
        delete report.skippedMedia;
        delete report.audio.units;
      },
    },
    {
      name: 'about the picture of a camera that sends sound alone',
      change: (report) => Object.assign(report, { video: null }),
    },
    {
      name: 'where the camera was restarted twice on the first day',
      change: (report) => Object.assign(report, { sinceStart: { sessions: 3, loss: report.loss } }),
    },
    {
      name: 'where the recorder itself ended the sessions',
      change: (report) => {
        Object.assign(report, { sinceStart: { sessions: 20, sessionsGivenUp: 17, loss: report.loss } });
      },
    },
    {
      name: 'where the connection broke off four times in a week',
      change: (report, facts) => {
        facts.recorderStartedUtcMs = report.atUtcMs - 7 * 24 * HOUR_MS;
        Object.assign(report, { sinceStart: { sessions: 5, loss: report.loss } });
      },
    },
    {
      name: 'where the format was changed by hand once in a week',
      change: (report) => {
        Object.assign(report, { measuredMs: 7 * 24 * 3_600_000 });
        Object.assign(report.video, { formatChanges: 3 });
      },
    },
  ];
  it.each(quiet)('$name', ({ change }) => expect(findingsWith(change)).toEqual([]));
});

it('the guide for installers has a line for each finding', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../docs/installer.md'), 'utf8');
  const rows = [...guide.matchAll(/^\| \*\*(.+?)\*\* \|/gm)].map((match) => match[1]);
  expect(rows.sort()).toEqual(RULES.map(({ title }) => title.replaceAll("'", "'")).sort());
});
