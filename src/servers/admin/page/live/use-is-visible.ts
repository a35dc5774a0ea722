import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** False while the element is scrolled away or the tab is hidden: nobody watches, so nothing need be sent. */
export function useIsVisible(ref: RefObject<Element | null>): boolean {
  const [isOnScreen, setIsOnScreen] = useState(false);
  const [isTabVisible, setIsTabVisible] = useState(!document.hidden);
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => setIsOnScreen(entries.at(-1)?.isIntersecting ?? false));
    if (ref.current) observer.observe(ref.current);
    const onVisibility = () => setIsTabVisible(!document.hidden);
    document.addEventListener('visibilitychange', onVisibility);
    return () => {
      observer.disconnect();
      document.removeEventListener('visibilitychange', onVisibility);
    };
  }, [ref]);
  return isOnScreen && isTabVisible;
}
