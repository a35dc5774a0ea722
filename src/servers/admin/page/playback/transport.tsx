import { useEffect, useState } from 'preact/hooks';
import { Icon } from '../parts/icon.tsx';

const SPEEDS = [1, 2, 4] as const;
/** Until two pictures have told how far apart they are. */
const FRAME_DEFAULT_S = 0.04;

/** Play, pause, step, speed and sound of a video element. */
export function Transport({ video }: { video: HTMLVideoElement }) {
  const [, setVersion] = useState(0);
  const frameS = useFrameDuration(video);
  useEffect(() => {
    const refresh = () => setVersion((version) => version + 1);
    const events = ['play', 'pause', 'ratechange', 'volumechange'] as const;
    for (const event of events) video.addEventListener(event, refresh);
    return () => {
      for (const event of events) video.removeEventListener(event, refresh);
    };
  }, [video]);

  function step(frames: number) {
    video.pause();
    video.currentTime = Math.max(0, video.currentTime + frames * frameS());
  }
  function setSpeed(speed: number) {
    video.playbackRate = speed;
    // A new source begins at this rate; without it a jump in time would fall back to normal speed.
    video.defaultPlaybackRate = speed;
  }

  return (
    <fieldset class="transport">
      <legend class="visually-hidden">Playback</legend>
      <button type="button" class="square" aria-label="One frame back" onClick={() => step(-1)}>
        <Icon name="stepBack" />
      </button>
      <button
        type="button"
        class="square primary"
        aria-label={video.paused ? 'Play' : 'Pause'}
        onClick={() => (video.paused ? video.play().catch(() => undefined) : video.pause())}
      >
        <Icon name={video.paused ? 'play' : 'pause'} />
      </button>
      <button type="button" class="square" aria-label="One frame forward" onClick={() => step(1)}>
        <Icon name="stepForward" />
      </button>
      <fieldset class="choice">
        <legend class="visually-hidden">Speed</legend>
        {SPEEDS.map((speed) => (
          <button key={speed} type="button" aria-pressed={video.playbackRate === speed} onClick={() => setSpeed(speed)}>
            {speed}×
          </button>
        ))}
      </fieldset>
      <button
        type="button"
        class="square"
        aria-label="Sound"
        aria-pressed={!video.muted}
        onClick={() => {
          video.muted = !video.muted;
        }}
      >
        <Icon name={video.muted ? 'muted' : 'sound'} />
      </button>
    </fieldset>
  );
}

/** Time between the last two pictures that were shown in a row. */
function useFrameDuration(video: HTMLVideoElement): () => number {
  const [measured] = useState({ frameS: FRAME_DEFAULT_S });
  useEffect(() => {
    let handle = 0;
    let previous: VideoFrameCallbackMetadata | undefined;
    const onFrame: VideoFrameRequestCallback = (_now, frame) => {
      const deltaS = previous ? frame.mediaTime - previous.mediaTime : 0;
      const isNext = previous && frame.presentedFrames === previous.presentedFrames + 1;
      if (isNext && deltaS > 0.005 && deltaS < 1) measured.frameS = deltaS;
      previous = frame;
      handle = video.requestVideoFrameCallback(onFrame);
    };
    handle = video.requestVideoFrameCallback(onFrame);
    return () => video.cancelVideoFrameCallback(handle);
  }, [video, measured]);
  return () => measured.frameS;
}
