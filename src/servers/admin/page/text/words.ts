import type { GapCause } from '../../../../archive/entries.ts';
import type { BayState, ChannelStatus, Severity } from '../api/types.ts';

/** How bad it is; each tone has its colour and its mark, so that colour never stands alone. */
export type Tone = 'good' | 'wait' | 'bad' | 'idle';

export interface Words {
  readonly tone: Tone;
  readonly text: string;
}

const CAUSES: Readonly<Record<GapCause, Words>> = {
  'camera-unreachable': { tone: 'bad', text: 'Camera unreachable' },
  'refused-password': { tone: 'bad', text: 'Camera refuses the password' },
  'no-data': { tone: 'bad', text: 'Camera sends nothing' },
  'stream-error': { tone: 'bad', text: 'Stream cannot be read' },
  'recorder-not-running': { tone: 'bad', text: 'Recorder not running' },
  'no-drive': { tone: 'bad', text: 'No drive' },
  'drive-full': { tone: 'bad', text: 'Drives full of locked footage' },
  'drive-slow': { tone: 'bad', text: 'Drives too slow' },
  schedule: { tone: 'idle', text: 'Off by schedule' },
  clock: { tone: 'wait', text: 'Clock was set' },
};

/** Why a span has no footage. A cause of a newer version is shown as it is written. */
export function causeWords(cause: string): Words {
  return CAUSES[cause as GapCause] ?? { tone: 'bad', text: sentenceCase(cause.replaceAll('-', ' ')) };
}

export function channelWords(channel: Pick<ChannelStatus, 'state' | 'cause'>, isRecorderConnected = true): Words {
  if (!isRecorderConnected) return { tone: 'bad', text: 'Unknown: recorder not running' };
  const cause = channel.cause ? causeWords(channel.cause) : undefined;
  switch (channel.state) {
    case 'recording':
      return { tone: 'good', text: 'Recording' };
    case 'connecting':
      return { tone: 'wait', text: 'Connecting' };
    case 'failing':
      return { tone: 'bad', text: cause?.text ?? 'Not recording' };
    case 'paused':
      return cause
        ? { tone: cause.tone, text: cause.tone === 'idle' ? cause.text : `Paused: ${lowerFirst(cause.text)}` }
        : { tone: 'idle', text: 'Paused' };
    default:
      return { tone: 'idle', text: 'Off' };
  }
}

export function bayWords(state: BayState): Words {
  switch (state) {
    case 'ready':
      return { tone: 'good', text: 'Recording to it' };
    case 'gone':
      return { tone: 'bad', text: 'No drive' };
    case 'full':
      return { tone: 'bad', text: 'Full of locked footage' };
    case 'failed':
      return { tone: 'bad', text: 'Drive failed' };
    default:
      return { tone: 'wait', text: 'Not known yet' };
  }
}

const CODECS: Readonly<Record<string, string>> = {
  h264: 'H.264',
  h265: 'H.265',
  mjpeg: 'Motion JPEG',
  aac: 'AAC',
  pcmu: 'G.711 µ-law',
  pcma: 'G.711 A-law',
  l16: 'PCM, 16 bit',
  opus: 'Opus',
};

export function codecName(codec: string): string {
  return CODECS[codec] ?? codec;
}

/** How bad a finding about a stream is. */
export const SEVERITY_TONES: Readonly<Record<Severity, Tone>> = { problem: 'bad', advice: 'wait', note: 'idle' };

/** What stands beside a link to the stream report; undefined where there is nothing to do. */
export function findingsWords({ problem, advice }: ChannelStatus['findings']): Words | undefined {
  if (problem > 0) return { tone: 'bad', text: problem === 1 ? '1 problem' : `${problem} problems` };
  if (advice > 0) return { tone: 'wait', text: advice === 1 ? '1 hint' : `${advice} hints` };
  return undefined;
}

/** What a browser says that it cannot play: a MIME type, or an error that names one. Motion JPEG is drawn where it is live. */
export function unplayableSentence(mime: string): string | undefined {
  const codec = /hvc1|hev1|hevc/i.test(mime) ? 'H.265' : /mp4v/i.test(mime) ? 'recorded Motion JPEG' : undefined;
  return codec && `This browser cannot play ${codec}; download the clip, or set the camera to H.264.`;
}

/** For whoever turned on the sound of a live picture in Motion JPEG. */
export const JPEG_IS_SILENT = 'Motion JPEG is shown live without its sound; the recording has it.';

/** A live picture in Motion JPEG none of whose files can be drawn. */
export const JPEG_IS_DAMAGED = 'This browser cannot decode the pictures that this camera sends.';

function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
