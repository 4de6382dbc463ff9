/** Within this distance of the end the reader counts as being at the end, in CSS pixels (CHAT section 6). */
const NEAR_END = 80;

/** Keeps a scroller at its end while the reader is there, and lets go as soon as they look back. */
export interface FollowScroll {
  /** For `{@attach}` on the scroller; its first child is what grows. */
  readonly attach: (scroller: HTMLElement) => () => void;
  /** Goes to the end and follows again. */
  readonly toEnd: () => void;
  /** Stays where it is, whatever grows. */
  readonly letGo: () => void;
  /** Keeps what is in view in view while older messages are put in front. */
  readonly keepView: () => void;
}

/** @param onChange Told whether the end is in view. */
export function createFollowScroll(onChange: (isAtEnd: boolean) => void): FollowScroll {
  let scroller: HTMLElement | undefined;
  let isFollowing = true;
  let distanceFromEnd: number | undefined;

  const distance = (element: HTMLElement): number =>
    element.scrollHeight - element.scrollTop - element.clientHeight;

  function toEnd(): void {
    isFollowing = true;
    if (scroller) scroller.scrollTop = scroller.scrollHeight;
    onChange(true);
  }

  function letGo(): void {
    isFollowing = false;
  }

  return {
    toEnd,
    letGo,
    keepView() {
      distanceFromEnd = scroller && distance(scroller);
      isFollowing = false;
    },
    attach(element) {
      scroller = element;
      isFollowing = true;
      const grown = new ResizeObserver(() => {
        if (distanceFromEnd !== undefined) {
          element.scrollTop = element.scrollHeight - element.clientHeight - distanceFromEnd;
          distanceFromEnd = undefined;
        } else if (isFollowing) {
          element.scrollTop = element.scrollHeight;
        }
      });
      grown.observe(element);
      if (element.firstElementChild) grown.observe(element.firstElementChild);

      let lastTouchY = 0;
      const onWheel = (event: WheelEvent): void => {
        if (event.deltaY < 0) letGo();
      };
      const onTouchStart = (event: TouchEvent): void => {
        lastTouchY = event.touches[0]?.clientY ?? 0;
      };
      const onTouchMove = (event: TouchEvent): void => {
        const y = event.touches[0]?.clientY ?? 0;
        if (y > lastTouchY) letGo();
        lastTouchY = y;
      };
      const onKey = (event: KeyboardEvent): void => {
        if (['ArrowUp', 'PageUp', 'Home'].includes(event.key)) letGo();
      };
      // Whoever writes in the middle of it must not lose sight of that when the box grows.
      const onFocus = ({ target }: FocusEvent): void => {
        if (target instanceof HTMLTextAreaElement) letGo();
      };
      const onScroll = (): void => {
        const isAtEnd = distance(element) <= NEAR_END;
        if (isAtEnd) isFollowing = true;
        onChange(isAtEnd);
      };
      element.addEventListener('wheel', onWheel, { passive: true });
      element.addEventListener('touchstart', onTouchStart, { passive: true });
      element.addEventListener('touchmove', onTouchMove, { passive: true });
      element.addEventListener('keydown', onKey);
      element.addEventListener('focusin', onFocus);
      element.addEventListener('scroll', onScroll, { passive: true });
      return () => {
        grown.disconnect();
        element.removeEventListener('wheel', onWheel);
        element.removeEventListener('touchstart', onTouchStart);
        element.removeEventListener('touchmove', onTouchMove);
        element.removeEventListener('keydown', onKey);
        element.removeEventListener('focusin', onFocus);
        element.removeEventListener('scroll', onScroll);
        scroller = undefined;
      };
    },
  };
}
