/** How much of a limit is used. `markAt` draws a second value, such as an average beside the present. */
export function Bar(props: {
  value: number;
  max: number;
  label: string;
  text: string;
  markAt?: number;
  isOver?: boolean;
}) {
  return (
    <div class={props.isOver ? 'bar is-over' : 'bar'}>
      <HiddenMeter {...props} />
      <div class="bar-fill" style={{ width: percent(props.value, props.max) }} />
      {props.markAt !== undefined && <div class="bar-mark" style={{ left: percent(props.markAt, props.max) }} />}
    </div>
  );
}

/** What screen readers get of a drawn bar: browsers draw `meter` each in their own way, and none with two values. */
export function HiddenMeter(props: { value: number; max: number; label: string; text: string }) {
  return (
    <meter
      class="visually-hidden"
      aria-label={props.label}
      aria-valuetext={props.text}
      min={0}
      max={props.max}
      value={Math.min(props.value, props.max)}
    />
  );
}

export function percent(value: number, max: number): string {
  return `${Math.min(100, Math.max(0, (value / Math.max(max, 1e-9)) * 100))}%`;
}
