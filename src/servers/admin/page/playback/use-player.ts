import { useEffect, useRef, useState } from 'preact/hooks';
import { useApp } from '../state/context.ts';
import { type Player, type PlayerState, startPlayer } from './player.ts';

/** Long enough to read it twice. */
const JUMP_SHOWN_MS = 12_000;

export interface Playback {
  readonly state: PlayerState;
  readonly cursorMs: number | undefined;
  /** A hole that was jumped over last. */
  readonly jump: { readonly fromMs: number; readonly toMs: number } | undefined;
  seek(timeMs: number): void;
}

/** The player of a channel, and where it is. */
export function usePlayer(
  video: HTMLVideoElement | null,
  channel: number | undefined,
  startMs: number | undefined,
): Playback {
  const { api, poll } = useApp();
  const [state, setState] = useState<PlayerState>({ kind: 'idle' });
  const [cursorMs, setCursorMs] = useState<number | undefined>(startMs);
  const [jump, setJump] = useState<Playback['jump']>();
  const player = useRef<Player | undefined>(undefined);
  const wanted = useRef(startMs);

  useEffect(() => {
    if (!video || channel === undefined) return;
    player.current = startPlayer({
      api,
      video,
      channel,
      nowUtcMs: poll.nowUtcMs,
      onState: (next) =>
        setState((previous) => (previous.kind === next.kind && next.kind !== 'fault' ? previous : next)),
      onPosition: setCursorMs,
      onJump: (fromMs, toMs) => setJump({ fromMs, toMs }),
    });
    setState({ kind: 'idle' });
    // Another channel is looked at for the same moment.
    if (wanted.current !== undefined) player.current.seek(wanted.current);
    return () => {
      player.current?.stop();
      player.current = undefined;
    };
  }, [api, poll, video, channel]);

  useEffect(() => {
    if (!jump) return;
    const timer = window.setTimeout(() => setJump(undefined), JUMP_SHOWN_MS);
    return () => window.clearTimeout(timer);
  }, [jump]);

  useEffect(() => {
    wanted.current = cursorMs;
  }, [cursorMs]);

  return {
    state,
    cursorMs,
    jump,
    seek(timeMs) {
      setJump(undefined);
      setCursorMs(timeMs);
      player.current?.seek(timeMs);
    },
  };
}
