/** Shapes of a small line. Whole tenths of a pixel, and little garbage: tables make one by the row. */

/** Room above and below the line, in tenths of a pixel. */
const PAD = 20;

/**
 * SVG paths in a box of `width` × `height` tenths of a pixel: the line, and a mark for each value
 * that is not known. Values that cannot be (negative, not finite) break the line.
 */
export function sparkOf(
  values: readonly (number | null)[],
  width: number,
  height: number,
): { line: string; gaps: string } {
  let top = 1e-9;
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at] ?? 0;
    if (value > top && value < Infinity) top = value;
  }
  const step = width / Math.max(1, values.length);
  const wide = Math.round(Math.max(10, step - 5));
  let line = "";
  let gaps = "";
  let isJoined = false;
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at] ?? null;
    if (value === null) gaps += `M${Math.round(at * step)} ${height - 30}h${wide}v20h-${wide}z`;
    const isShown = value !== null && value >= 0 && value < Infinity;
    if (isShown) {
      const x = Math.round((at + 0.5) * step);
      const y = Math.round(height - PAD - (value / top) * (height - 2 * PAD));
      line += `${isJoined ? "L" : "M"}${x} ${y}`;
      // A value alone is a dot.
      if (!isJoined && (values[at + 1] ?? null) === null) line += "h5";
    }
    isJoined = isShown;
  }
  return { line, gaps };
}
