import { formatBytes } from '../../../../base/units.ts';
import type { Bay } from '../api/types.ts';
import { Bar } from '../parts/bar.tsx';
import { StateLabel } from '../parts/notice.tsx';
import { formatDateTime, formatDays } from '../text/format.ts';
import { bayWords } from '../text/words.ts';

export function Bays({ bays }: { bays: readonly Bay[] }) {
  return (
    <section class="panel" aria-labelledby="bays-title">
      <header class="panel-head">
        <h2 id="bays-title">Bays</h2>
      </header>
      <ul class="rows">
        {bays.map((bay) => (
          <li key={bay.id} data-bay={bay.id}>
            <div class="row-head">
              <strong>{bay.label}</strong>
              {bay.driveLabel && bay.driveLabel !== bay.label && <span class="muted">{bay.driveLabel}</span>}
              <span class="push-right">
                <StateLabel {...bayWords(bay.state)} />
              </span>
            </div>
            {bay.detail && bay.state !== 'ready' && <p class="detail">{bay.detail}</p>}
            <Fill bay={bay} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Fill({ bay }: { bay: Bay }) {
  if (bay.capacityBytes === null || bay.freeBytes === null) return null;
  const usedBytes = bay.capacityBytes - bay.freeBytes;
  const text = `${formatBytes(usedBytes)} of ${formatBytes(bay.capacityBytes)} used`;
  return (
    <>
      <Bar value={usedBytes} max={bay.capacityBytes} label={`Fill of ${bay.label}`} text={text} />
      <dl class="facts">
        <div>
          <dt>Used</dt>
          <dd>
            {formatBytes(usedBytes)} of {formatBytes(bay.capacityBytes)}
          </dd>
        </div>
        <div>
          <dt>Room for about</dt>
          <dd>{bay.daysKept === null ? '–' : formatDays(bay.daysKept)}</dd>
        </div>
        <div>
          <dt>Oldest footage</dt>
          <dd>{bay.oldestUtcMs === null ? 'none yet' : formatDateTime(bay.oldestUtcMs)}</dd>
        </div>
      </dl>
    </>
  );
}
