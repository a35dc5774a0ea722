import type { StreamReport } from '../api/types.ts';
import { formatDuration, formatMbps } from '../text/format.ts';
import { codecName } from '../text/words.ts';

export interface MeasuredRow {
  readonly label: string;
  readonly text: string;
}

const TRANSPORTS: Readonly<Record<StreamReport['transport'], string>> = {
  tcp: 'TCP',
  udp: 'UDP',
  http: 'HTTP tunnel',
};

/** The measured stream as rows of a table, in the order in which an installer asks. */
export function measuredRows(report: StreamReport, allotmentMbps: number): MeasuredRow[] {
  const { video, audio, clock, loss } = report;
  const rows: (MeasuredRow | undefined)[] = [
    { label: 'Picture', text: video ? pictureText(video) : 'none' },
    video ? { label: 'Pictures a second', text: rateText(video) } : undefined,
    video ? { label: 'Key frames', text: keyText(video) } : undefined,
    { label: 'Sound', text: audio ? soundText(audio) : 'none' },
    {
      label: 'Bit rate',
      text: `${formatMbps(report.meanMbps)} Mbps, worst second ${formatMbps(report.peakMbps)}, allotted ${formatMbps(allotmentMbps)}`,
    },
    { label: 'Transport', text: transportText(report) },
    report.sinceStart
      ? { label: 'Connections', text: `${report.sinceStart.sessions} since the recorder started` }
      : undefined,
    { label: 'Packets', text: packetText(loss) },
    { label: 'Pictures not recorded', text: droppedText(loss.framesDropped) },
    { label: "Camera's clock", text: clock.offsetMs === null ? 'not told by the camera' : offsetText(clock.offsetMs) },
    clock.driftPpm === null ? undefined : { label: 'Media clock', text: driftText(clock.driftPpm) },
    clock.timestampJumps > 0 ? { label: 'Timestamp jumps', text: String(clock.timestampJumps) } : undefined,
    video && video.formatChanges > 0 ? { label: 'Format changes', text: String(video.formatChanges) } : undefined,
  ];
  return rows.filter((row) => row !== undefined);
}

type Video = NonNullable<StreamReport['video']>;

function pictureText({ codec, profile, level, width, height }: Video): string {
  const name = [codecName(codec), profile, level].filter((part) => part !== '').join(' ');
  return `${name}, ${width} × ${height}`;
}

function rateText({ framesPerSecond, framesPerSecondDeclared }: Video): string {
  const declared = framesPerSecondDeclared === null ? '' : `, declared ${trimmed(framesPerSecondDeclared)}`;
  return `${framesPerSecond.toFixed(1)}${declared}`;
}

function keyText({ codec, keyIntervalMs, longestKeyIntervalMs }: Video): string {
  if (codec === 'mjpeg') return 'every picture is one';
  if (keyIntervalMs === null) return 'no second one yet';
  const longest = longestKeyIntervalMs === null ? '' : `, at most ${seconds(longestKeyIntervalMs)}`;
  return `every ${seconds(keyIntervalMs)}${longest}`;
}

function soundText({ codec, source, clockRate, channels }: NonNullable<StreamReport['audio']>): string {
  const name = source === '' ? codecName(codec) : `${source}, stored as ${codecName(codec)}`;
  const places = channels === 1 ? 'mono' : channels === 2 ? 'stereo' : `${channels} channels`;
  return `${name}, ${trimmed(clockRate / 1000)} kHz, ${places}`;
}

function transportText({ transport, isEncrypted, authentication }: StreamReport): string {
  const parts = [TRANSPORTS[transport], isEncrypted ? 'encrypted' : 'not encrypted'];
  if (authentication) parts.push(authentication === 'none' ? 'no password asked' : `${authentication} authentication`);
  return parts.join(', ');
}

function packetText({ packetsReceived, packetsLost, packetsLate }: StreamReport['loss']): string {
  const late = packetsLate > 0 ? `, ${grouped(packetsLate)} too late` : '';
  return `${grouped(packetsReceived)} received, ${grouped(packetsLost)} lost${late}`;
}

function droppedText({ incomplete, undecodable, malformed }: StreamReport['loss']['framesDropped']): string {
  const reasons = [
    incomplete > 0 && `${grouped(incomplete)} incomplete`,
    undecodable > 0 && `${grouped(undecodable)} refer to what was lost or had another format`,
    malformed > 0 && `${grouped(malformed)} malformed`,
  ].filter((reason) => reason !== false);
  return reasons.length > 0 ? reasons.join(', ') : 'none';
}

function offsetText(offsetMs: number): string {
  const amountMs = Math.abs(offsetMs);
  if (amountMs < 100) return 'right';
  const amount = amountMs < 10_000 ? seconds(amountMs) : formatDuration(amountMs);
  return `${amount} ${offsetMs > 0 ? 'ahead' : 'behind'}`;
}

function driftText(driftPpm: number): string {
  const amount = Math.round(Math.abs(driftPpm));
  return amount === 0 ? 'right' : `${grouped(amount)} ppm ${driftPpm > 0 ? 'fast' : 'slow'}`;
}

/** "0.04 s", "2 s", "12.5 s". */
function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(ms < 1000 ? 2 : 1))} s`;
}

function trimmed(value: number): string {
  return String(Number(value.toFixed(1)));
}

function grouped(value: number): string {
  return value.toLocaleString('en');
}
