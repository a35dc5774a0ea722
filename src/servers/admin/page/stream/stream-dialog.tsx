import { useEffect, useState } from 'preact/hooks';
import type { ChannelStatus, StreamReply } from '../api/types.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Fingerprint } from '../parts/fingerprint.tsx';
import { Mark, Notice } from '../parts/notice.tsx';
import { useAction } from '../parts/use-action.ts';
import { useApp } from '../state/context.ts';
import { formatDateTime, formatLength } from '../text/format.ts';
import { SEVERITY_TONES } from '../text/words.ts';
import { measuredRows } from './measured-rows.ts';

/** The recorder measures on, and tells it every few seconds. */
const REFRESH_MS = 2_000;
/** The recorder reports every few seconds while something comes. */
const OLD_AFTER_MS = 30_000;

/** What was measured of a camera's stream, what that means, and what to do about it. */
export function StreamDialog(props: { channel: ChannelStatus; onEdit: () => void; onClose: () => void }) {
  const { channel } = props;
  const { reply, error, ask } = useStreamReport(channel.number);
  return (
    <Dialog title={`Stream of ${channel.name}`} isWide onClose={props.onClose}>
      <div class="dialog-body stream">
        {error && <Notice tone="bad">{error}</Notice>}
        {reply && <Findings reply={reply} />}
        {reply?.presentedCertificate && (
          <RefusedCertificate channel={channel.number} certificate={reply.presentedCertificate} onAccepted={ask} />
        )}
        {reply?.report && <Measured report={reply.report} allotmentMbps={channel.allotmentMbps} />}
        <div class="dialog-actions">
          <button type="button" onClick={props.onEdit}>
            Change channel…
          </button>
          <button type="button" class="primary" onClick={props.onClose}>
            Close
          </button>
        </div>
      </div>
    </Dialog>
  );
}

function useStreamReport(channel: number) {
  const { api } = useApp();
  const [reply, setReply] = useState<StreamReply>();
  const [error, setError] = useState('');
  function ask() {
    if (document.hidden) return;
    api.streamReport(channel).then(
      (answer) => {
        setReply(answer);
        setError('');
      },
      (caught: Error) => setError(caught.message),
    );
  }
  useEffect(() => {
    ask();
    const timer = window.setInterval(ask, REFRESH_MS);
    return () => window.clearInterval(timer);
  }, [api, channel]);
  return { reply, error, ask };
}

function Findings({ reply }: { reply: StreamReply }) {
  if (reply.findings.length === 0) {
    return (
      <p class="muted">
        {reply.report ? 'Nothing to improve: the camera is set up well.' : 'Nothing was measured yet.'}
      </p>
    );
  }
  return (
    <ul class="findings" aria-label="Findings">
      {reply.findings.map(({ code, severity, title, sentence, advice }) => (
        <li key={code} data-code={code}>
          <Mark tone={SEVERITY_TONES[severity]} />
          <div>
            <strong>{title}</strong>
            <p>{sentence}</p>
            {advice && <p class="muted">{advice}</p>}
          </div>
        </li>
      ))}
    </ul>
  );
}

/** Accepts exactly the fingerprint that the person has seen, whatever the camera shows by then. */
function RefusedCertificate(props: { channel: number; certificate: string; onAccepted: () => void }) {
  const { api } = useApp();
  const action = useAction();
  async function accept() {
    await api.changeChannel(props.channel, { certificate: props.certificate });
    props.onAccepted();
  }
  return (
    <div class="certificate">
      <p class="muted">Fingerprint (SHA-256) that the camera shows now</p>
      <Fingerprint hex={props.certificate} />
      <div role="alert">{action.error && <Notice tone="bad">{action.error}</Notice>}</div>
      <button type="button" class="primary" disabled={action.isBusy} onClick={() => void action.run(accept)}>
        Accept the new certificate
      </button>
    </div>
  );
}

function Measured({ report, allotmentMbps }: { report: NonNullable<StreamReply['report']>; allotmentMbps: number }) {
  const { poll } = useApp();
  const isOld = poll.nowUtcMs() - report.atUtcMs > OLD_AFTER_MS;
  return (
    <section aria-label="Measured">
      <p class="muted">
        Measured over {formatLength(report.measuredMs)}
        {isOld && `, until ${formatDateTime(report.atUtcMs)}; nothing was measured since`}
      </p>
      <dl class="measured">
        {measuredRows(report, allotmentMbps).map(({ label, text }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{text}</dd>
          </div>
        ))}
        {report.certificate && (
          <div class="whole-row">
            <dt>Certificate (SHA-256)</dt>
            <dd>
              <Fingerprint hex={report.certificate} />
            </dd>
          </div>
        )}
      </dl>
    </section>
  );
}
