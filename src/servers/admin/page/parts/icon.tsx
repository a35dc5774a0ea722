/** Line drawings on a 16 × 16 grid, in the colour of the text. */
const PATHS = {
  mark: 'M4 2.5v11M12 2.5v11M4 8h8',
  overview: 'M2.5 3.5h11M2.5 8h11M2.5 12.5h7',
  live: 'M2 4h8.5v8H2zM10.5 7l3.5-2v6l-3.5-2',
  playback: 'M2 12.5h12M4.5 3v6l5-3z',
  leave: 'M9.5 3H3v10h6.5M7 8h7M11.5 5.5L14 8l-2.5 2.5',
  add: 'M8 3v10M3 8h10',
  close: 'M4 4l8 8M12 4l-8 8',
  sound: 'M2.5 6v4h2.5l3.5 3V3L5 6zM11 6a3 3 0 0 1 0 4',
  muted: 'M2.5 6v4h2.5l3.5 3V3L5 6zM11 6.5l3 3M14 6.5l-3 3',
  enlarge: 'M9.5 3H13v3.5M6.5 13H3V9.5M13 3L9 7M3 13l4-4',
  shrink: 'M13 6.5H9.5V3M3 9.5h3.5V13M9.5 6.5L13.5 2.5M6.5 9.5l-4 4',
  play: 'M5 3l8 5-8 5z',
  pause: 'M5 3v10M11 3v10',
  stepForward: 'M4 3l6 5-6 5zM12.5 3v10',
  stepBack: 'M12 3L6 8l6 5zM3.5 3v10',
  zoomIn: 'M7 11.5a4.5 4.5 0 1 1 0-9 4.5 4.5 0 0 1 0 9zM10.5 10.5L14 14M5 7h4M7 5v4',
  zoomOut: 'M7 11.5a4.5 4.5 0 1 1 0-9 4.5 4.5 0 0 1 0 9zM10.5 10.5L14 14M5 7h4',
  left: 'M10 3L5 8l5 5',
  right: 'M6 3l5 5-5 5',
  cut: 'M3 3v10M13 3v10M5.5 8h5',
  download: 'M8 2.5v7.5M4.5 7L8 10.5 11.5 7M3 13.5h10',
  edit: 'M3 13l.5-3L11 2.5l2.5 2.5L6 12.5z',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
