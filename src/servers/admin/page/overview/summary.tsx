import type { Rating, Status } from '../api/types.ts';
import { HiddenMeter, percent } from '../parts/bar.tsx';
import { formatDays, formatDuration, formatMbps } from '../text/format.ts';
import { channelWords } from '../text/words.ts';

/** Three answers at a glance: does it record, is the rating kept, how far back does it reach. */
export function Summary({ status }: { status: Status }) {
  // A channel that rests by its schedule does what it should.
  const wanted = status.channels.filter((channel) => channel.state !== 'off' && channel.cause !== 'schedule');
  const recording = wanted.filter(
    (channel) => channelWords(channel, status.recorder.isConnected).tone === 'good',
  ).length;
  const isAllGood = recording === wanted.length && wanted.length > 0;
  return (
    <section class="summary" aria-label="Summary">
      <div class="panel figure">
        <h2>Recording</h2>
        <p class={`big ${isAllGood ? 'tone-good' : recording < wanted.length ? 'tone-bad' : ''}`}>
          {recording} <small>of {wanted.length} channels</small>
        </p>
        <p class="muted">{recordingSentence(recording, wanted.length)}</p>
      </div>
      <RatingGauge rating={status.rating} />
      <FootageKept status={status} />
    </section>
  );
}

/** How far back footage reaches today, and how far it will when the drives are full. */
function FootageKept({ status }: { status: Status }) {
  const oldest = status.bays.flatMap((bay) => bay.oldestUtcMs ?? []);
  const days = status.bays.flatMap((bay) => bay.daysKept ?? []);
  return (
    <div class="panel figure">
      <h2>Footage reaches back</h2>
      <p class="big">{oldest.length > 0 ? formatDuration(status.nowUtcMs - Math.min(...oldest)) : '–'}</p>
      <p class="muted">
        {days.length > 0
          ? `Room for about ${formatDays(Math.max(...days))} at the present rate.`
          : 'Nothing is recorded at present.'}
      </p>
      <p class="muted">{systemSentence(status.system)}</p>
    </div>
  );
}

function systemSentence({ uptimeS, loadPercent, memoryUsedBytes, memoryTotalBytes }: Status['system']): string {
  const parts = [`Up ${formatDuration(uptimeS * 1000)}`];
  if (loadPercent !== null) parts.push(`load ${Math.round(loadPercent)} %`);
  if (memoryUsedBytes !== null && memoryTotalBytes) {
    parts.push(`memory ${Math.round((memoryUsedBytes / memoryTotalBytes) * 100)} %`);
  }
  return parts.join(' · ');
}

function recordingSentence(recording: number, wanted: number): string {
  if (wanted === 0) return 'No channel is to be recorded now.';
  if (recording === wanted) return 'Every channel records.';
  return `${wanted - recording} ${wanted - recording === 1 ? 'channel does' : 'channels do'} not record, see below.`;
}

/** Megabits are a contract: what is measured, what is promised to channels, and what the unit is rated for. */
function RatingGauge({ rating }: { rating: Rating }) {
  const text = `${formatMbps(rating.measuredMbps)} measured, ${formatMbps(rating.allottedMbps)} allotted, of ${formatMbps(rating.limitMbps)} Mbps`;
  return (
    <div class="panel figure">
      <h2>Rating</h2>
      <p class="big">
        {formatMbps(rating.measuredMbps)} <small>of {formatMbps(rating.limitMbps)} Mbps</small>
      </p>
      <div class="gauge">
        <HiddenMeter label="Rating" text={text} value={rating.measuredMbps} max={rating.limitMbps} />
        <div class="gauge-allotted" style={{ width: percent(rating.allottedMbps, rating.limitMbps) }} />
        <div class="gauge-measured" style={{ width: percent(rating.measuredMbps, rating.limitMbps) }} />
      </div>
      <ul class="legend">
        <li class="key-measured">Measured {formatMbps(rating.measuredMbps)}</li>
        <li class="key-allotted">Allotted {formatMbps(rating.allottedMbps)}</li>
        <li class="key-free">Free {formatMbps(Math.max(0, rating.limitMbps - rating.allottedMbps))}</li>
      </ul>
    </div>
  );
}
