import { useEffect, useState } from 'preact/hooks';
import type { ChannelChange, ChannelSettings, Status, TransportName } from '../api/types.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../parts/field.tsx';
import { Notice } from '../parts/notice.tsx';
import { SelectField } from '../parts/select-field.tsx';
import { useAction } from '../parts/use-action.ts';
import { useApp } from '../state/context.ts';
import { formatFingerprint } from '../text/fingerprint.ts';
import { formatMbps } from '../text/format.ts';

const DEFAULT_ALLOTMENT_MBPS = 4;

const TRANSPORTS: readonly { value: TransportName; text: string }[] = [
  { value: 'auto', text: 'Automatic: TCP, else UDP' },
  { value: 'tcp', text: 'TCP: nothing gets lost on the way' },
  { value: 'udp', text: 'UDP: for cameras that stutter over TCP' },
  { value: 'http', text: 'HTTP tunnel: through a firewall or proxy' },
];

/** Adds a channel (`number` undefined), changes or removes one. What the server refuses is shown in its own words. */
export function ChannelDialog(props: { number: number | undefined; status: Status; onClose: () => void }) {
  const { api } = useApp();
  const [settings, setSettings] = useState<ChannelSettings>();
  const loading = useAction();
  const { number } = props;
  useEffect(() => {
    if (number === undefined) return;
    void loading.run(async () => setSettings(await api.channel(number)));
  }, [number]);

  const title = number === undefined ? 'Add channel' : `Channel ${number}`;
  return (
    <Dialog title={title} onClose={props.onClose}>
      {loading.error && <Notice tone="bad">{loading.error}</Notice>}
      {(number === undefined || settings) && (
        <ChannelForm settings={settings} status={props.status} onClose={props.onClose} />
      )}
    </Dialog>
  );
}

function ChannelForm(props: { settings: ChannelSettings | undefined; status: Status; onClose: () => void }) {
  const { api } = useApp();
  const { settings, status } = props;
  const [name, setName] = useState(settings?.name ?? '');
  const [url, setUrl] = useState(settings?.url ?? '');
  const [username, setUsername] = useState(settings?.username ?? '');
  const [password, setPassword] = useState('');
  const [transport, setTransport] = useState<string>(settings?.transport ?? 'auto');
  const [certificate, setCertificate] = useState(formatFingerprint(settings?.certificate ?? ''));
  const [allotment, setAllotment] = useState(String(settings?.allotmentMbps ?? DEFAULT_ALLOTMENT_MBPS));
  const [isRemoving, setIsRemoving] = useState(false);
  const action = useAction();
  const freeMbps = status.rating.limitMbps - status.rating.allottedMbps + (settings?.allotmentMbps ?? 0);

  const isEncrypted = /^\s*rtsps:/i.test(url);

  async function save() {
    const wanted: Wanted = {
      name: name.trim(),
      url: url.trim(),
      username,
      transport: transport as TransportName,
      allotmentMbps: Number(allotment),
      ...(isEncrypted ? { certificate: certificate.trim() === '' ? null : certificate.trim() } : {}),
    };
    // Left empty the password stays as it is: it never comes back from the server.
    const change: ChannelChange = { ...changesOf(settings, wanted), ...(password !== '' ? { password } : {}) };
    if (settings) await api.changeChannel(settings.number, change);
    else await api.addChannel(change);
    props.onClose();
  }
  async function remove() {
    await api.removeChannel(settings!.number);
    props.onClose();
  }

  if (isRemoving && settings) {
    return (
      <div class="dialog-body">
        <p>
          Remove <strong>{settings.name}</strong>? Recording stops at once. Its footage stays on the drives until room
          is needed.
        </p>
        <div role="alert">{action.error && <Notice tone="bad">{action.error}</Notice>}</div>
        <div class="dialog-actions">
          <button type="button" onClick={() => setIsRemoving(false)}>
            Keep it
          </button>
          <button type="button" class="danger" disabled={action.isBusy} onClick={() => void action.run(remove)}>
            Remove channel
          </button>
        </div>
      </div>
    );
  }
  return (
    <form
      class="dialog-body"
      onSubmit={(event) => {
        event.preventDefault();
        void action.run(save);
      }}
    >
      <Field
        label="Name"
        name="name"
        required
        maxLength={80}
        placeholder="Loading dock"
        value={name}
        onText={setName}
      />
      <Field
        label="RTSP address"
        name="url"
        required
        inputMode="url"
        spellcheck={false}
        placeholder="rtsp://192.168.1.64:554/stream1"
        value={url}
        onText={setUrl}
      />
      <div class="field-pair">
        <Field
          label="User name"
          name="username"
          autocomplete="off"
          spellcheck={false}
          value={username}
          onText={setUsername}
        />
        <Field
          label="Password"
          name="camera-password"
          type="password"
          autocomplete="new-password"
          placeholder={settings ? 'unchanged' : ''}
          value={password}
          onText={setPassword}
        />
      </div>
      <SelectField
        label="How the media comes"
        name="transport"
        value={transport}
        choices={TRANSPORTS.map((choice) => ({ ...choice, isDisabled: isEncrypted && choice.value === 'udp' }))}
        hint={isEncrypted && transport === 'udp' && 'An encrypted stream comes in its own connection: not by UDP.'}
        onValue={setTransport}
      />
      {isEncrypted && (
        <Field
          label="Certificate of the camera (SHA-256)"
          hint="Empty: the one that the camera shows first is kept, and another one is refused."
          name="certificate"
          spellcheck={false}
          autocomplete="off"
          placeholder="the first one shown"
          value={certificate}
          onText={setCertificate}
        />
      )}
      <Field
        label="Allotment (Mbps)"
        hint={`${formatMbps(Math.max(0, freeMbps))} of ${formatMbps(status.rating.limitMbps)} Mbps are free.`}
        name="allotment"
        type="number"
        required
        min="0.1"
        step="0.1"
        value={allotment}
        onText={setAllotment}
      />
      <div role="alert">{action.error && <Notice tone="bad">{action.error}</Notice>}</div>
      <div class="dialog-actions">
        {settings && (
          <button type="button" class="danger push-left" onClick={() => setIsRemoving(true)}>
            Remove…
          </button>
        )}
        <button type="button" onClick={props.onClose}>
          Cancel
        </button>
        <button type="submit" class="primary" disabled={action.isBusy}>
          {settings ? 'Save' : 'Add channel'}
        </button>
      </div>
    </form>
  );
}

type Wanted = Required<Pick<ChannelChange, 'name' | 'url' | 'username' | 'transport' | 'allotmentMbps'>> &
  Pick<ChannelChange, 'certificate'>;

/** Of a channel that is there only what differs: what is sent is checked, and an address that is sent connects anew. */
function changesOf(settings: ChannelSettings | undefined, wanted: Wanted): ChannelChange {
  if (!settings) return wanted;
  const before = { ...settings, certificate: settings.certificate && formatFingerprint(settings.certificate) };
  const entries = Object.entries(wanted).filter(([key, value]) => before[key as keyof Wanted] !== value);
  return Object.fromEntries(entries);
}
