import { useState } from 'preact/hooks';
import { Icon } from '../parts/icon.tsx';
import { useApp } from '../state/context.ts';
import { useStore } from '../state/store.ts';
import { replaceRoute } from '../state/use-route.ts';
import { StreamDialog } from '../stream/stream-dialog.tsx';
import { Bays } from './bays.tsx';
import { ChannelDialog } from './channel-dialog.tsx';
import { ChannelTable } from './channel-table.tsx';
import { GapSummary } from './gap-summary.tsx';
import { Summary } from './summary.tsx';

/** Which channel the dialog is about; `new` for one that is not there yet. */
type Editing = number | 'new' | undefined;

export function Overview({ stream }: { stream: number | undefined }) {
  const { poll } = useApp();
  const { status } = useStore(poll.view);
  const [editing, setEditing] = useState<Editing>();
  if (!status) return <p class="loading">Loading…</p>;

  const close = () => {
    setEditing(undefined);
    poll.refresh();
  };
  const streamChannel = status.channels.find((channel) => channel.number === stream);
  const closeStream = () => {
    replaceRoute({ page: 'overview', stream: undefined });
    poll.refresh();
  };
  return (
    <>
      <h1 class="visually-hidden">Overview</h1>
      <Summary status={status} />
      <section class="panel" aria-labelledby="channels-title">
        <header class="panel-head">
          <h2 id="channels-title">Channels</h2>
          <span class="muted">
            {status.channels.length} of {status.channelLimit}
          </span>
          <button type="button" class="push-right" onClick={() => setEditing('new')}>
            <Icon name="add" /> Add channel
          </button>
        </header>
        <ChannelTable status={status} onEdit={setEditing} />
      </section>
      <div class="columns">
        <Bays bays={status.bays} />
        <GapSummary channels={status.channels} />
      </div>
      {editing !== undefined && (
        <ChannelDialog number={editing === 'new' ? undefined : editing} status={status} onClose={close} />
      )}
      {streamChannel && (
        <StreamDialog
          channel={streamChannel}
          onClose={closeStream}
          onEdit={() => {
            closeStream();
            setEditing(streamChannel.number);
          }}
        />
      )}
    </>
  );
}
