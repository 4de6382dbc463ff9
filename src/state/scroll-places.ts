/** An element that is not rendered while it is out of sight, and stands in for itself by a size. */
interface StandIn {
  readonly element: HTMLElement;
  readonly height: number;
}

/**
 * Notes where everything on the page is scrolled to: out of the document an element forgets it.
 * @returns what scrolls it there again, once it is back
 */
export function keepPlaces(): () => void {
  const places = [...document.querySelectorAll('*')].flatMap((element) =>
    element.scrollTop > 0 ? [{ element, top: element.scrollTop }] : [],
  );
  const standIns = places.flatMap(({ element }) => readStandIns(element));
  return () => {
    // Its size is forgotten too, and what is further down would be somewhere else.
    for (const { element, height } of standIns) {
      element.style.containIntrinsicBlockSize = `auto ${height}px`;
    }
    for (const { element, top } of places) element.scrollTop = top;
  };
}

function readStandIns(scroller: Element): StandIn[] {
  return [...scroller.querySelectorAll<HTMLElement>('article, li')].flatMap((element) => {
    const { contentVisibility, paddingTop, paddingBottom } = getComputedStyle(element);
    if (contentVisibility !== 'auto') return [];
    const padding = Number.parseFloat(paddingTop) + Number.parseFloat(paddingBottom);
    return [{ element, height: element.getBoundingClientRect().height - padding }];
  });
}
