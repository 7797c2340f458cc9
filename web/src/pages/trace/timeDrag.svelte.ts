/** A stretch of time of a trace that is chosen by Shift and dragging over its bars. */
import type { Area } from "../../base/area";

interface Settings {
  /** What part of the trace the bars show. */
  view: () => Area;
  length: () => number;
  onchoose: (area: Area) => void;
}

/** Shorter than this part of what is shown is a click. */
const LEAST = 1 / 200;

export function timeDrag({ view, length, onchoose }: Settings) {
  let over = $state.raw<Area>();
  let began: { box: DOMRect; at: number } | undefined;

  function secondAt(box: DOMRect, event: PointerEvent): number {
    const [from, until] = view();
    const second = from + ((event.clientX - box.left) / box.width) * (until - from);
    return Math.max(0, Math.min(length(), second));
  }
  function pressed(event: PointerEvent): void {
    const lane = (event.target as Element).closest(".time");
    if (!lane || !event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    // From here on it is a drag: the pointer may leave the bars and come back.
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    const box = lane.getBoundingClientRect();
    began = { box, at: secondAt(box, event) };
  }
  function moved(event: PointerEvent): void {
    if (!began) return;
    const second = secondAt(began.box, event);
    over = [Math.min(began.at, second), Math.max(began.at, second)];
  }
  function ended(): void {
    const area = over;
    over = undefined;
    began = undefined;
    const [from, until] = view();
    if (area && area[1] - area[0] > (until - from) * LEAST) onchoose(area);
  }
  function cancelled(): void {
    over = undefined;
    began = undefined;
  }

  return {
    /** What is dragged over just now. */
    get over(): Area | undefined {
      return over;
    },
    pressed,
    moved,
    ended,
    cancelled,
  };
}
