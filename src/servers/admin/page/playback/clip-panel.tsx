import { useState } from 'preact/hooks';
import { formatBytes } from '../../../../base/units.ts';
import { exportUrl } from '../api/client.ts';
import type { Span } from '../api/types.ts';
import { Field } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { Notice } from '../parts/notice.tsx';
import { useAction } from '../parts/use-action.ts';
import { useApp } from '../state/context.ts';
import { formatDateTimeInput, formatLength, parseLocal } from '../text/format.ts';

/** A span of the channel, and its download as one MP4. */
export function ClipPanel(props: {
  channel: number;
  span: Span | undefined;
  onSpan: (span: Span | undefined) => void;
  onBegin: () => void;
}) {
  const { api } = useApp();
  const { channel, span } = props;
  const [started, setStarted] = useState('');
  const action = useAction();

  if (!span) {
    return (
      <section class="panel clip" aria-labelledby="clip-title">
        <header class="panel-head">
          <h2 id="clip-title">Clip</h2>
        </header>
        <p class="muted">Choose a span on the timeline and download it as one MP4 file that ordinary players open.</p>
        <button type="button" onClick={props.onBegin}>
          <Icon name="cut" /> Select a clip
        </button>
      </section>
    );
  }

  const set = (change: Partial<Span>) => {
    setStarted('');
    props.onSpan({ ...span, ...change });
  };
  async function download() {
    if (span!.toUtcMs <= span!.fromUtcMs) throw new Error('The clip ends before it begins.');
    setStarted('');
    const sizeBytes = await api.exportSize(channel, span!);
    const link = document.createElement('a');
    link.href = exportUrl(channel, span!);
    link.download = '';
    link.click();
    setStarted(sizeBytes === null ? 'The download has begun.' : `The download has begun: ${formatBytes(sizeBytes)}.`);
  }

  return (
    <section class="panel clip" aria-labelledby="clip-title">
      <header class="panel-head">
        <h2 id="clip-title">Clip</h2>
        <span class="muted">{formatLength(Math.max(0, span.toUtcMs - span.fromUtcMs))}</span>
        <button
          type="button"
          class="quiet square push-right"
          aria-label="Give up the clip"
          onClick={() => props.onSpan(undefined)}
        >
          <Icon name="close" />
        </button>
      </header>
      <div class="field-pair">
        <TimeField label="From" utcMs={span.fromUtcMs} onTime={(fromUtcMs) => set({ fromUtcMs })} />
        <TimeField label="To" utcMs={span.toUtcMs} onTime={(toUtcMs) => set({ toUtcMs })} />
      </div>
      <div role="alert">{action.error && <Notice tone="bad">{action.error}</Notice>}</div>
      <button type="button" class="primary" disabled={action.isBusy} onClick={() => void action.run(download)}>
        <Icon name="download" /> Download MP4
      </button>
      <p class="muted" role="status">
        {started}
      </p>
    </section>
  );
}

function TimeField({ label, utcMs, onTime }: { label: string; utcMs: number; onTime: (utcMs: number) => void }) {
  return (
    <Field
      label={label}
      type="datetime-local"
      step="1"
      required
      value={formatDateTimeInput(utcMs)}
      onText={(text) => {
        const parsed = parseLocal(text);
        if (parsed !== undefined) onTime(parsed);
      }}
    />
  );
}
