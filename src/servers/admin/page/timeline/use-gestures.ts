import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { pan, spanMs, timeAt, type View, zoom } from './view.ts';

/** A pointer that moved less than this has clicked. */
const CLICK_MAX_PX = 5;
const WHEEL_FACTOR_PER_PX = 1.0018;

/** Wheel and pinch zoom, drag pans, click chooses a time, a pointer that rests points at one. */
export function useGestures(
  ref: RefObject<HTMLElement | null>,
  handlers: {
    readonly view: View;
    readonly onView: (view: View) => void;
    readonly onClick: (timeMs: number) => void;
    /** Pixels from the left edge. */
    readonly onPoint: (x: number | undefined) => void;
  },
): void {
  const latest = useRef(handlers);
  latest.current = handlers;

  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const pointers = new Map<number, number>();
    let startX = 0;
    let hasMoved = false;
    const place = (event: MouseEvent) => event.clientX - element.getBoundingClientRect().left;
    const time = (x: number) => timeAt(latest.current.view, x, element.clientWidth);

    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const { view, onView } = latest.current;
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        onView(pan(view, (event.deltaX / element.clientWidth) * spanMs(view)));
      } else {
        onView(zoom(view, WHEEL_FACTOR_PER_PX ** event.deltaY, time(place(event))));
      }
    };
    const onDown = (event: PointerEvent) => {
      if (event.button !== 0) return;
      element.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, place(event));
      startX = place(event);
      hasMoved = pointers.size > 1;
    };
    const onMove = (event: PointerEvent) => {
      const x = place(event);
      const previousX = pointers.get(event.pointerId);
      if (previousX === undefined) return latest.current.onPoint(x);
      if (!hasMoved && Math.abs(x - startX) < CLICK_MAX_PX) return;
      hasMoved = true;
      const { view, onView } = latest.current;
      const otherX = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
      if (otherX === undefined) {
        onView(pan(view, ((previousX - x) / element.clientWidth) * spanMs(view)));
      } else {
        // The time below the resting finger stays below it.
        onView(zoom(view, Math.max(1, Math.abs(previousX - otherX)) / Math.max(1, Math.abs(x - otherX)), time(otherX)));
      }
      pointers.set(event.pointerId, x);
    };
    const onUp = (event: PointerEvent) => {
      if (!pointers.delete(event.pointerId) || hasMoved) return;
      latest.current.onPoint(place(event));
      latest.current.onClick(time(place(event)));
    };
    const onCancel = (event: PointerEvent) => void pointers.delete(event.pointerId);
    const onLeave = (event: PointerEvent) => {
      if (event.pointerType === 'mouse') latest.current.onPoint(undefined);
    };

    // The browser takes wheel listeners for passive unless told otherwise, and would scroll the page.
    element.addEventListener('wheel', onWheel, { passive: false });
    element.addEventListener('pointerdown', onDown);
    element.addEventListener('pointermove', onMove);
    element.addEventListener('pointerup', onUp);
    element.addEventListener('pointercancel', onCancel);
    element.addEventListener('pointerleave', onLeave);
    return () => {
      element.removeEventListener('wheel', onWheel);
      element.removeEventListener('pointerdown', onDown);
      element.removeEventListener('pointermove', onMove);
      element.removeEventListener('pointerup', onUp);
      element.removeEventListener('pointercancel', onCancel);
      element.removeEventListener('pointerleave', onLeave);
    };
  }, [ref]);
}
