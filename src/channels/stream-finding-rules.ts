import { HOUR_MS, SECOND_MS } from '../base/units.ts';
import type { StreamReport } from '../link/stream-report.ts';
import { NO_KEY_FRAME_YET, NO_PICTURE_MADE } from '../link/stream-words.ts';
import { DECODING_ORDER_NUMBERS } from '../protocols/rtsp/video-remark-words.ts';
import { count, duration, mbps, percent, rate } from './finding-words.ts';
import type { Severity, StreamFacts } from './stream-facts.ts';

/** Cameras are set to 1 to 4 s as a rule; above it a jump in playback is felt, and smart codecs stretch to 10 s and more. */
export const LONG_KEY_INTERVAL_MS = 4.5 * SECOND_MS;
/** A single stretch of this length is long, however short the mean is. */
const LONGEST_KEY_INTERVAL_MS = 2 * LONG_KEY_INTERVAL_MS;
/** Below two key frames a second the bits go into key frames instead of the picture. */
const SHORT_KEY_INTERVAL_MS = 400;
/** The longest interval that cameras offer is below it, so that no key frame in this time means none at all. */
const NO_KEY_AFTER_MS = 30 * SECOND_MS;
/** Rates mean something after this time. */
const SETTLED_MS = 10 * SECOND_MS;
const SLOW_FPS = 5;
/** 30 is what cameras have; above it lies 50 or 60. */
const FAST_FPS = 35;
/** 25 against 24 is rounding; half a picture a second is nothing at 5. */
const FPS_SHARE = 0.1;
const FPS_DIFFERENCE = 1;
/** A camera changes its format when somebody sets it, or at dusk; more often than hourly something switches it to and fro. */
const FORMAT_CHANGES = 3;
const FORMAT_CHANGE_EVERY_MS = HOUR_MS;
const PEAK_OVER_ALLOTMENT = 2;
/** One packet in a thousand: at 200 packets a second a damaged picture every 5 s. Fewer than ten may be one stumble. */
const LOST_SHARE = 0.001;
const LOST_PACKETS = 10;
const MALFORMED_FRAMES = 3;
/** A camera that restarts for its update, or whose cable is put in anew, comes back two or three times; more is a fault. */
const SESSIONS = 4;
const SESSION_EVERY_MS = HOUR_MS;
/** What the ONVIF world calls off: beyond it also signed requests are refused. */
const CLOCK_OFF_MS = 5 * SECOND_MS;
const WALL_STEPS = 2;
/** Crystals are within 100 ppm; ten times that is a clock that counts wrongly. */
const DRIFT_PPM = 1000;

export interface Rule {
  readonly code: string;
  readonly severity: Severity;
  readonly title: string;
  /** Whatever is no finding: the condition does not hold. */
  find(facts: StreamFacts): Found | false | undefined;
}

interface Found {
  readonly sentence: string;
  readonly advice: string;
}

type Video = NonNullable<StreamReport['video']>;

/** In the order in which they are told. */
export const RULES: readonly Rule[] = [
  {
    code: 'certificate-changed',
    severity: 'problem',
    title: 'Another certificate',
    find: ({ state }) =>
      (state?.presentedCertificate ?? null) !== null && {
        sentence: 'The camera shows another certificate than before, so nothing is recorded from it.',
        advice:
          'If the camera was reset, replaced or given a new certificate, compare the fingerprint and accept it. If not, find out what answers at its address.',
      },
  },
  {
    code: 'decoding-order-numbers',
    severity: 'problem',
    title: 'H.265 with decoding order numbers',
    find: ({ state }) =>
      state?.detail.includes(DECODING_ORDER_NUMBERS) && {
        sentence:
          'The camera sends H.265 with decoding order numbers (sprop-max-don-diff above 0), which cannot be recorded.',
        advice: "Turn off B-frames or interleaving in the camera's stream settings, or set it to H.264.",
      },
  },
  {
    code: 'no-key-frame-yet',
    severity: 'problem',
    title: 'No key frame yet',
    find: ({ state }) =>
      state?.detail.includes(NO_KEY_FRAME_YET) && {
        sentence:
          'Pictures come, and no key frame yet from which they can be decoded, so nothing is recorded: the camera does not begin with one, and sends them rarely.',
        advice: "Set the I-frame interval to 1–2 s, and turn off the camera's smart codec and intra refresh.",
      },
  },
  {
    code: 'no-picture',
    severity: 'problem',
    title: 'No picture in what comes',
    find: ({ state }) =>
      state?.detail.includes(NO_PICTURE_MADE) && {
        sentence: 'The camera sends, and no picture can be made of what it sends, so nothing is recorded.',
        advice:
          "Update the camera's firmware; if that does not help, set it to H.264 with its smart codec off, or to a smaller picture.",
      },
  },
  {
    code: 'no-key-frames',
    severity: 'problem',
    title: 'No key frames',
    find: video(({ codec, keyIntervalMs, framesPerSecond }, { report }) => {
      const isMissing = keyIntervalMs === null && codec !== 'mjpeg' && framesPerSecond > 0;
      return (
        isMissing &&
        report.measuredMs >= NO_KEY_AFTER_MS && {
          sentence: `No second key frame within ${duration(report.measuredMs)}: the camera sends hardly any, or refreshes the picture bit by bit instead (intra refresh). Footage can be played only from a key frame on, and after a lost packet nothing is recorded until the next.`,
          advice: 'Turn off intra refresh (GDR), or set the I-frame interval to 1–2 s.',
        }
      );
    }),
  },
  {
    code: 'packets-lost',
    severity: 'problem',
    title: 'Packets are lost',
    find: measured(({ transport, loss }) => {
      const { packetsLost, packetsReceived, framesDropped } = loss;
      const share = packetsLost / (packetsLost + packetsReceived);
      const dropped = framesDropped.incomplete + framesDropped.undecodable;
      return (
        packetsLost >= LOST_PACKETS &&
        share >= LOST_SHARE && {
          sentence: `${percent(share)} of the packets are lost (${packetsLost.toLocaleString('en')} of ${(packetsLost + packetsReceived).toLocaleString('en')})${dropped > 0 ? `; ${count(dropped, 'picture')} could not be recorded` : ''}.`,
          advice:
            transport === 'udp'
              ? 'Set the transport to TCP, which sends again what is lost; then look at cable, switch and wireless link.'
              : 'Over TCP no network loses packets: the camera drops them itself. Lower its bit rate or frame rate, and the number of its other viewers.',
        }
      );
    }),
  },
  {
    code: 'sessions-break',
    severity: 'problem',
    title: 'The connection breaks off',
    find: ({ report, recorderStartedUtcMs }) => {
      // Those that the recorder ended itself say nothing about the connection.
      const sessions = (report?.sinceStart?.sessions ?? 0) - (report?.sinceStart?.sessionsGivenUp ?? 0);
      if (report === undefined || recorderStartedUtcMs === undefined || sessions < SESSIONS) return undefined;
      const sinceMs = report.atUtcMs - recorderStartedUtcMs;
      return (
        sinceMs / sessions < SESSION_EVERY_MS && {
          sentence: `The connection to the camera began ${sessions} times in ${duration(sinceMs)}; each break is a gap.`,
          advice:
            'Look at power, cable and wireless link of the camera, and at the number of its other viewers; update its firmware.',
        }
      );
    },
  },
  {
    code: 'frames-malformed',
    severity: 'problem',
    title: 'Pictures are malformed',
    find: measured(
      ({ loss }) =>
        loss.framesDropped.malformed >= MALFORMED_FRAMES && {
          sentence: `${count(loss.framesDropped.malformed, 'picture')} broke the rules of their format and could not be recorded.`,
          advice: "Update the camera's firmware; if that does not help, set it to H.264 with its smart codec off.",
        },
    ),
  },
  {
    code: 'rate-over-allotment',
    severity: 'problem',
    title: 'Over its allotment',
    find: measured(
      ({ meanMbps, measuredMs }, { allotmentMbps }) =>
        measuredMs >= SETTLED_MS &&
        meanMbps > allotmentMbps && {
          sentence: `The stream has ${mbps(meanMbps)} on average, ${mbps(allotmentMbps)} are allotted: the drives fill sooner than planned, and all channels together may exceed what this unit is rated for.`,
          advice: 'Lower the bit rate on the camera, or raise the allotment.',
        },
    ),
  },
  {
    code: 'key-interval-long',
    severity: 'advice',
    title: 'Long key-frame interval',
    find: video(({ codec, keyIntervalMs, longestKeyIntervalMs }, { promisedLossMs }) => {
      if (keyIntervalMs === null || codec === 'mjpeg') return undefined;
      const longestMs = Math.max(keyIntervalMs, longestKeyIntervalMs ?? 0);
      if (keyIntervalMs <= LONG_KEY_INTERVAL_MS && longestMs <= LONGEST_KEY_INTERVAL_MS) return undefined;
      const longest = duration(longestMs) === duration(keyIntervalMs) ? '' : `, at times ${duration(longestMs)}`;
      return {
        sentence: `Key frame every ${duration(keyIntervalMs)}${longest}: seeking is coarse, and after a lost packet up to ${duration(longestMs)} are missing. What a power cut can cost stays at ${duration(promisedLossMs)}.`,
        advice:
          "Turn off the camera's smart codec (H.264+, H.265+, Smart Coding, dynamic GOP), or set the I-frame interval to 1–2 s.",
      };
    }),
  },
  {
    code: 'frame-rate-differs',
    severity: 'advice',
    title: 'Another frame rate than declared',
    find: video(({ framesPerSecond, framesPerSecondDeclared: declared }, { report }) => {
      if (declared === null || report.measuredMs < SETTLED_MS) return undefined;
      const difference = Math.abs(framesPerSecond - declared);
      return (
        difference > FPS_DIFFERENCE &&
        difference > FPS_SHARE * declared && {
          sentence: `${rate(framesPerSecond)} pictures a second come, ${rate(declared)} are declared.`,
          advice:
            framesPerSecond < declared
              ? 'Limit the exposure time (cameras go slower in the dark), or set the frame rate that the camera can keep.'
              : 'Set the frame rate on the camera anew; restart it if that does not help.',
        }
      );
    }),
  },
  {
    code: 'rate-peak',
    severity: 'advice',
    title: 'High peaks',
    find: measured(
      ({ meanMbps, peakMbps }, { allotmentMbps }) =>
        meanMbps <= allotmentMbps &&
        peakMbps > PEAK_OVER_ALLOTMENT * allotmentMbps && {
          sentence: `The worst second had ${mbps(peakMbps)}, more than ${PEAK_OVER_ALLOTMENT} times the ${mbps(allotmentMbps)} allotted (${mbps(meanMbps)} on average).`,
          advice: 'Set the camera to a constant bit rate, or to a variable one with an upper limit.',
        },
    ),
  },
  {
    code: 'transport-differs',
    severity: 'advice',
    title: 'Another transport than set',
    find: measured(
      ({ transport }, { wanted }) =>
        wanted !== 'auto' &&
        wanted !== transport && {
          sentence: `The media was to come ${TRANSPORT_NAMES[wanted]} and comes ${TRANSPORT_NAMES[transport]}: the camera refuses the other way, or nothing arrived by it.`,
          advice: 'Set the transport to automatic, or look for a firewall between camera and recorder.',
        },
    ),
  },
  {
    code: 'transport-udp-only',
    severity: 'advice',
    title: 'The camera does not send over TCP',
    find: measured(
      ({ transport }, { wanted }) =>
        wanted === 'auto' &&
        transport === 'udp' && {
          sentence: `The media comes ${TRANSPORT_NAMES.udp}: the camera refuses TCP, or nothing arrived by it.`,
          advice: 'Allow RTP over RTSP (interleaved) on the camera; over UDP packets can be lost.',
        },
    ),
  },
  {
    code: 'packets-late',
    severity: 'advice',
    title: 'Packets come too late',
    find: measured(({ loss }) => {
      const { packetsLate, packetsReceived } = loss;
      const share = packetsLate / Math.max(1, packetsReceived);
      return (
        packetsLate >= LOST_PACKETS &&
        share >= LOST_SHARE && {
          sentence: `${percent(share)} of the packets (${packetsLate.toLocaleString('en')}) came so late that they had been given up.`,
          advice: 'Set the transport to TCP, or look for the link that delays: wireless, or a switch under load.',
        }
      );
    }),
  },
  {
    code: 'format-changes',
    severity: 'advice',
    title: 'The format changes often',
    find: video(({ formatChanges }, { report }) => {
      const isOften = formatChanges >= FORMAT_CHANGES && report.measuredMs / formatChanges < FORMAT_CHANGE_EVERY_MS;
      return (
        isOften && {
          sentence: `Codec, picture size or parameters changed ${formatChanges} times in ${duration(report.measuredMs)}; each change begins a new file, and where they come in quick succession pictures are left out.`,
          advice: 'Look for a second recorder or an app that sets the camera too, and turn off adaptive streaming.',
        }
      );
    }),
  },
  {
    code: 'clock-off',
    severity: 'advice',
    title: "The camera's clock is wrong",
    find: measured(({ clock: { offsetMs } }) =>
      offsetMs !== null && Math.abs(offsetMs) > CLOCK_OFF_MS
        ? {
            sentence: `The camera's clock is ${duration(Math.abs(offsetMs))} ${offsetMs > 0 ? 'ahead' : 'behind'}: the time that it writes into the picture is wrong. Times of the footage are the recorder's own.`,
            advice: "Set an NTP server on the camera, the same as the recorder's; the router often is one.",
          }
        : undefined,
    ),
  },
  {
    code: 'timestamp-jumps',
    severity: 'advice',
    title: 'Timestamps jump',
    find: measured(
      ({ clock: { timestampJumps }, measuredMs }) =>
        timestampJumps > 0 && {
          sentence: `The camera's timestamps jumped ${timestampJumps === 1 ? 'once' : `${timestampJumps} times`} in ${duration(measuredMs)}; the footage goes on, in a new file where it must.`,
          advice: "Update the camera's firmware; jumps that come with its clock being set end with NTP.",
        },
    ),
  },
  {
    code: 'password-in-the-clear',
    severity: 'advice',
    title: 'The password can be read on the network',
    find: measured(
      ({ authentication, isEncrypted }) =>
        authentication === 'basic' &&
        !isEncrypted && {
          sentence:
            'The camera asks for the password in basic authentication, without encryption: whoever listens on the network can read it.',
          advice: "Set the camera's RTSP authentication to digest, or use an rtsps:// address.",
        },
    ),
  },
  {
    code: 'sound-silent',
    severity: 'advice',
    title: 'No sound comes',
    find: measured(
      ({ audio, measuredMs }) =>
        audio?.units === 0 &&
        measuredMs >= SETTLED_MS && {
          sentence: `The camera describes sound (${soundName(audio)}) and sends none.`,
          advice: "Turn the microphone on, or sound off in the camera's stream settings.",
        },
    ),
  },
  {
    code: 'sound-not-recorded',
    severity: 'advice',
    title: 'Sound is not recorded',
    find: measured(({ audio, skippedMedia }) => {
      const reasons = (skippedMedia ?? []).filter((media) => /^audio: (?!back channel)/.test(media));
      return (
        audio === null &&
        reasons.length > 0 && {
          sentence: `The camera offers sound that is not recorded (${reasons.map((media) => media.slice('audio: '.length)).join('; ')}).`,
          advice: "Set the camera's sound to AAC or G.711.",
        }
      );
    }),
  },
  {
    code: 'mjpeg',
    severity: 'advice',
    title: 'Motion JPEG',
    find: video(
      ({ codec }) =>
        codec === 'mjpeg' && {
          sentence:
            'Motion JPEG takes many times the bits of H.264 for the same picture, and browsers show it live only, without sound: recordings need a download.',
          advice: 'Set the camera to H.264 if it has it.',
        },
    ),
  },
  {
    code: 'h265',
    severity: 'note',
    title: 'H.265',
    find: video(
      ({ codec }) =>
        codec === 'h265' && {
          sentence: 'H.265 saves bits, and some browsers do not play it: those need a download, or another browser.',
          advice: 'Where the page is watched with such a browser, set the camera to H.264.',
        },
    ),
  },
  {
    code: 'b-frames',
    severity: 'note',
    title: 'B-frames',
    find: video(
      ({ hasBFrames }) =>
        hasBFrames && {
          sentence: 'The camera sends B-frames, which refer to later pictures: the live picture is delayed by them.',
          advice: 'Turn B-frames off, or choose the baseline profile, where live views matter.',
        },
    ),
  },
  {
    code: 'key-interval-short',
    severity: 'note',
    title: 'Short key-frame interval',
    find: video(
      ({ codec, keyIntervalMs }) =>
        codec !== 'mjpeg' &&
        keyIntervalMs !== null &&
        keyIntervalMs < SHORT_KEY_INTERVAL_MS && {
          sentence: `Key frame every ${duration(keyIntervalMs)}: most of the bits go into key frames.`,
          advice: 'Set the I-frame interval to 1–2 s: a better picture for the same bit rate.',
        },
    ),
  },
  {
    code: 'frame-rate-low',
    severity: 'note',
    title: 'Few pictures a second',
    find: video(
      ({ framesPerSecond }, { report }) =>
        report.measuredMs >= SETTLED_MS &&
        framesPerSecond < SLOW_FPS && {
          sentence: `${rate(framesPerSecond)} pictures a second: fast movement falls between them.`,
          advice: 'Raise the frame rate if people and vehicles are to be followed; 10 to 15 is usual.',
        },
    ),
  },
  {
    code: 'frame-rate-high',
    severity: 'note',
    title: 'Many pictures a second',
    find: video(
      ({ framesPerSecond }, { report }) =>
        report.measuredMs >= SETTLED_MS &&
        framesPerSecond > FAST_FPS && {
          sentence: `${rate(framesPerSecond)} pictures a second: half of them would do, and leave each one more bits.`,
          advice: 'Lower the frame rate unless very fast movement is to be seen.',
        },
    ),
  },
  {
    code: 'sound-converted',
    severity: 'note',
    title: 'Sound is converted for browsers',
    find: measured(({ audio }) => {
      const isConverted = audio !== null && CONVERTED_SOUND.has(audio.codec);
      return (
        isConverted && {
          sentence: `Browsers do not play ${soundName(audio)}: they get it as FLAC, without loss. ${audio.source === '' ? 'On the drive it stays as it came.' : 'On the drive it is linear PCM, as MP4 has no place for it.'}`,
          advice: '',
        }
      );
    }),
  },
  {
    code: 'media-clock-drift',
    severity: 'note',
    title: 'The camera counts time wrongly',
    find: measured(({ clock: { driftPpm } }) =>
      driftPpm !== null && Math.abs(driftPpm) > DRIFT_PPM
        ? {
            sentence: `The camera's media clock runs ${percent(Math.abs(driftPpm) / 1e6)} too ${driftPpm > 0 ? 'fast' : 'slow'} (${duration((Math.abs(driftPpm) / 1e6) * HOUR_MS)} an hour). Footage keeps the recorder's time.`,
            advice: "Update the camera's firmware.",
          }
        : undefined,
    ),
  },
  {
    code: 'clock-steps',
    severity: 'note',
    title: "The camera's clock is set often",
    find: measured(
      ({ clock: { wallSteps }, measuredMs }) =>
        wallSteps >= WALL_STEPS && {
          sentence: `The camera's clock was set ${wallSteps} times in ${duration(measuredMs)}.`,
          advice: 'Set a single time source on the camera: NTP, and neither a video system nor a browser beside it.',
        },
    ),
  },
];

const TRANSPORT_NAMES = { tcp: 'over TCP', udp: 'over UDP', http: 'through an HTTP tunnel' } as const;

const CONVERTED_SOUND: ReadonlySet<string> = new Set(['pcmu', 'pcma', 'l16']);
const SOUND_NAMES: Readonly<Record<string, string>> = {
  aac: 'AAC',
  pcmu: 'G.711 µ-law',
  pcma: 'G.711 A-law',
  l16: 'linear PCM',
  opus: 'Opus',
};

function soundName({ codec, source }: { codec: string; source: string }): string {
  return source || (SOUND_NAMES[codec] ?? codec);
}

/** A rule about what was measured. */
function measured(
  find: (
    report: StreamReport,
    set: { wanted: StreamFacts['channel']['transport']; allotmentMbps: number },
  ) => Found | false | undefined,
): Rule['find'] {
  return ({ report, channel }) =>
    report && find(report, { wanted: channel.transport, allotmentMbps: channel.allotmentMbps });
}

/** A rule about the picture. */
function video(
  find: (video: Video, facts: StreamFacts & { readonly report: StreamReport }) => Found | false | undefined,
): Rule['find'] {
  return (facts) => {
    const { report } = facts;
    return report?.video ? find(report.video, { ...facts, report }) : undefined;
  };
}
