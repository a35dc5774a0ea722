import { useEffect, useState } from 'preact/hooks';
import { Icon } from '../parts/icon.tsx';
import { useApp } from '../state/context.ts';
import { useStore } from '../state/store.ts';
import { replaceRoute } from '../state/use-route.ts';
import { defaultTiles, onScreen, screenCount, TILE_COUNTS } from './layout.ts';
import { Tile } from './tile.tsx';

export function LivePage(props: { tiles: number | undefined; screen: number }) {
  const { poll } = useApp();
  const { status } = useStore(poll.view);
  const [sound, setSound] = useState<number>();
  const [big, setBig] = useState<number>();

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => event.key === 'Escape' && setBig(undefined);
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);

  if (!status) return <p class="loading">Loading…</p>;
  const channels = status.channels.filter((channel) => channel.state !== 'off');
  if (channels.length === 0) return <p class="empty">No channel to show. Add a camera on the overview page.</p>;

  const tiles =
    props.tiles && TILE_COUNTS.some((count) => count === props.tiles) ? props.tiles : defaultTiles(channels.length);
  const screens = screenCount(channels.length, tiles);
  const screen = Math.min(props.screen, screens);
  const bigChannel = channels.find((channel) => channel.number === big);
  const shown = bigChannel ? [bigChannel] : onScreen(channels, tiles, screen);
  const go = (change: { tiles?: number; screen?: number }) => {
    setBig(undefined);
    replaceRoute({ page: 'live', tiles, screen, ...change });
  };

  return (
    <>
      <h1 class="visually-hidden">Live</h1>
      <div class="toolbar">
        <fieldset class="choice">
          <legend class="visually-hidden">Tiles on the screen</legend>
          {TILE_COUNTS.map((count) => (
            <button
              key={count}
              type="button"
              aria-pressed={!bigChannel && count === tiles}
              onClick={() => go({ tiles: count, screen: 1 })}
            >
              {count}
            </button>
          ))}
        </fieldset>
        {screens > 1 && (
          <div class="pager">
            <button
              type="button"
              class="square"
              aria-label="Previous screen"
              disabled={screen === 1}
              onClick={() => go({ screen: screen - 1 })}
            >
              <Icon name="left" />
            </button>
            <span>
              {screen} / {screens}
            </span>
            <button
              type="button"
              class="square"
              aria-label="Next screen"
              disabled={screen === screens}
              onClick={() => go({ screen: screen + 1 })}
            >
              <Icon name="right" />
            </button>
          </div>
        )}
        <p class="muted push-right wide-only">Click a picture for its sound, double-click to enlarge it.</p>
      </div>
      <div class={`grid grid-${bigChannel ? 1 : tiles}`}>
        {shown.map((channel) => (
          <Tile
            key={channel.id}
            channel={channel}
            isRecorderConnected={status.recorder.isConnected}
            hasSound={sound === channel.number}
            isBig={bigChannel !== undefined}
            onSound={() => setSound(sound === channel.number ? undefined : channel.number)}
            onBig={() => setBig(bigChannel ? undefined : channel.number)}
          />
        ))}
      </div>
    </>
  );
}
