import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/clock.ts';
import { RecorderView } from '../../src/channels/recorder-view.ts';
import type { ChannelState } from '../../src/link/messages.ts';
import { healthyReport } from './healthy-report.ts';

const STATE: ChannelState = {
  kind: 'channel-state',
  channelId: 'aaaaaaaa',
  state: 'recording',
  cause: null,
  detail: '',
  sinceUtcMs: 0,
  video: null,
  audio: null,
};

describe('what is known of the recorder', () => {
  it('is what it said last', () => {
    const view = new RecorderView({ clock: new ManualClock(0) });
    view.onFact(STATE);
    expect(view.channel('aaaaaaaa')?.state).toBe('recording');
    expect(view.channel('bbbbbbbb')).toBeUndefined();
  });

  it('is nothing once it has been silent for 5 s, and comes back with its next word', async () => {
    const clock = new ManualClock(0);
    const view = new RecorderView({ clock });
    view.onFact(STATE);
    await clock.advance(5_000);
    expect(view.channel('aaaaaaaa')).toBeDefined();
    await clock.advance(1);
    expect(view.channel('aaaaaaaa')).toBeUndefined();
    view.onFact({ kind: 'rates', atUtcMs: 0, channels: [], drives: [], tailBytes: 0 });
    expect(view.channel('aaaaaaaa')?.state).toBe('recording');
  });

  it('holds on to a stream report, which says of when it is, while the recorder is silent', async () => {
    const clock = new ManualClock(0);
    const view = new RecorderView({ clock });
    view.onFact({ ...healthyReport(), channelId: 'aaaaaaaa' });
    await clock.advance(60_000);
    expect(view.streamReport('aaaaaaaa')?.measuredMs).toBe(600_000);
    view.onDisconnected();
    expect(view.streamReport('aaaaaaaa')).toBeUndefined();
  });

  it('is nothing after the connection is lost', () => {
    const view = new RecorderView({ clock: new ManualClock(0) });
    view.onFact(STATE);
    view.onDisconnected();
    expect(view.channel('aaaaaaaa')).toBeUndefined();
    expect(view.rates).toBeUndefined();
  });
});
