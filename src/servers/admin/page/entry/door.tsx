import type { ComponentChildren } from 'preact';
import { Icon } from '../parts/icon.tsx';
import { Notice } from '../parts/notice.tsx';

/** The form in front of everything else. */
export function Door(props: {
  title: string;
  intro?: ComponentChildren;
  action: string;
  isBusy: boolean;
  error: string;
  onSubmit: () => void;
  children: ComponentChildren;
}) {
  return (
    <main class="door">
      <form
        class="door-card"
        onSubmit={(event) => {
          event.preventDefault();
          props.onSubmit();
        }}
      >
        <div class="brand">
          <Icon name="mark" />
          <span class="brand-name">Holdfast</span>
        </div>
        <h1>{props.title}</h1>
        {props.intro && <p class="muted">{props.intro}</p>}
        {props.children}
        <div role="alert">{props.error && <Notice tone="bad">{props.error}</Notice>}</div>
        <button type="submit" class="primary" disabled={props.isBusy}>
          {props.action}
        </button>
      </form>
    </main>
  );
}
