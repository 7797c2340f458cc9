/** For what takes long to make and is not what one looks at first. */

/** Frames until a chart is seen: it learns its size, is drawn, and is brought to the screen. */
const FRAMES = 4;

/** True as soon as what the component stands beside is on the screen. */
export function afterPaint(): { readonly isPainted: boolean } {
  let isPainted = $state(false);
  $effect(() => {
    let frames = 0;
    const seen = (): void => {
      frames += 1;
      if (frames === FRAMES) isPainted = true;
      else next = requestAnimationFrame(seen);
    };
    let next = requestAnimationFrame(seen);
    return () => cancelAnimationFrame(next);
  });
  return {
    get isPainted() {
      return isPainted;
    },
  };
}
