import type { ComponentChildren } from 'preact';
import type { Tone } from '../text/words.ts';

export function Notice({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return (
    <p class={`notice tone-${tone}`}>
      <Mark tone={tone} />
      <span>{children}</span>
    </p>
  );
}

/** Each tone has a shape of its own, for those who do not see the colours apart. */
const SHAPES: Readonly<Record<Tone, string>> = {
  good: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2z',
  wait: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zm0 2.5v7a3.5 3.5 0 0 0 0-7z',
  bad: 'M8 1.5l7 12.5H1z',
  idle: 'M3 3h10v10H3z',
};

export function Mark({ tone }: { tone: Tone }) {
  return (
    <svg class={`mark tone-${tone}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path fill-rule="evenodd" d={SHAPES[tone]} />
    </svg>
  );
}

export function StateLabel({ tone, text }: { tone: Tone; text: string }) {
  return (
    <span class={`state tone-${tone}`}>
      <Mark tone={tone} />
      {text}
    </span>
  );
}
