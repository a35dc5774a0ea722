import { beforeEach, describe, expect, it } from 'vitest';
import { LiveHub } from '../../src/channels/live-hub.ts';
import type { LiveWatcher } from '../../src/channels/live-source.ts';
import type { Command, Fact, LiveUnit } from '../../src/link/messages.ts';

let sent: Command[];
let hub: LiveHub;

beforeEach(() => {
  sent = [];
  hub = new LiveHub({
    send: (command) => sent.push(command) > 0,
    stateOf: () => ({ state: 'recording', cause: null, detail: '' }),
  });
});

function recording(): LiveWatcher & { seen: string[] } {
  const seen: string[] = [];
  return {
    seen,
    onFormat: (format) => void seen.push(`format ${format.video?.codec}`),
    onUnit: (unit) => void seen.push(`${unit.isKey ? 'K' : 'P'}${unit.rtpTime}`),
    onState: (state) => void seen.push(state.state),
  };
}

const format = (watchId: number): Fact => ({
  kind: 'live-format',
  watchId,
  channelId: 'dock',
  video: {
    codec: 'h264',
    codecString: 'avc1.42C01E',
    width: 640,
    height: 360,
    clockRate: 90_000,
    reorderDepth: 0,
    vps: [],
    sps: ['Z0LA'],
    pps: ['aM4'],
  },
  audio: null,
});

function unit(watchId: number, rtpTime: number, isKey: boolean, sizeBytes = 10): LiveUnit {
  return { watchId, kind: 'video', isKey, rtpTime, dtsTicks: rtpTime, wallUtcMs: 0, data: Buffer.alloc(sizeBytes) };
}

describe('live media of a channel', () => {
  it('crosses the link once for any number of watchers, and no longer than somebody watches', () => {
    const stops = [recording(), recording(), recording()].map((watcher) => hub.watch('dock', watcher));
    expect(sent).toEqual([{ kind: 'watch', watchId: 1, channelId: 'dock' }]);
    for (const stop of stops) stop();
    stops[0]!();
    expect(sent.slice(1)).toEqual([{ kind: 'unwatch', watchId: 1 }]);
  });

  it('begins for who joins later with the present group of pictures', () => {
    const first = recording();
    hub.watch('dock', first);
    hub.onFact(format(1));
    for (const [time, isKey] of [
      [1, true],
      [2, false],
      [3, true],
      [4, false],
    ] as const)
      hub.onUnit(unit(1, time, isKey));
    const late = recording();
    hub.watch('dock', late);
    hub.onUnit(unit(1, 5, false));
    expect(first.seen).toEqual(['recording', 'format h264', 'K1', 'P2', 'K3', 'P4', 'P5']);
    expect(late.seen).toEqual(['recording', 'format h264', 'K3', 'P4', 'P5']);
  });

  it('waits for the next key frame when the present group is too large to keep', () => {
    hub.watch('dock', recording());
    hub.onFact(format(1));
    hub.onUnit(unit(1, 1, true, 9 * 1024 * 1024));
    hub.onUnit(unit(1, 2, false));
    const late = recording();
    hub.watch('dock', late);
    hub.onUnit(unit(1, 3, false));
    hub.onUnit(unit(1, 4, true));
    expect(late.seen).toEqual(['recording', 'format h264', 'K4']);
  });

  it('is asked for again when the recorder comes back, and begins anew with the format', () => {
    const watcher = recording();
    hub.watch('dock', watcher);
    hub.onFact(format(1));
    hub.onUnit(unit(1, 1, true));
    hub.onDisconnected();
    hub.onUnit(unit(1, 2, false));
    hub.onConnected();
    expect(sent.at(-1)).toEqual({ kind: 'watch', watchId: 2, channelId: 'dock' });
    hub.onFact(format(2));
    hub.onUnit(unit(2, 9, true));
    expect(watcher.seen).toEqual(['recording', 'format h264', 'K1', 'recording', 'format h264', 'K9']);
  });

  it('goes on with a new format from its own key frame', () => {
    const watcher = recording();
    hub.watch('dock', watcher);
    hub.onFact(format(1));
    hub.onUnit(unit(1, 1, true));
    hub.onFact(format(1));
    hub.onUnit(unit(1, 2, false));
    hub.onUnit(unit(1, 3, true));
    expect(watcher.seen).toEqual(['recording', 'format h264', 'K1', 'format h264', 'K3']);
  });
});
