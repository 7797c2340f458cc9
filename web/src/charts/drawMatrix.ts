/** Draws the cells of a matrix on a canvas. */
import { outside } from "../base/formats";
import type { Area, Prepared } from "../base/matrix";
import { token } from "./colours";

/** Above the cells, in pixels. */
export const HEAD = 36;

/** Cells from here on have room for a gap and for marks of their own. */
const MARKS_FROM = 6;
const HATCH = 6;
/** Cells from here on have room for their values. */
export const PRINTED_FROM = { width: 20, height: 16 };

export interface Drawing {
  width: number;
  height: number;
  /** The width of the names left of the cells. */
  labels: number;
  /** How far the cells are scrolled, in pixels. */
  top: number;
  rowHeight: number;
  columnWidth: number;
  /** The columns that are seen: from this one until before the other. */
  firstColumn: number;
  endColumn: number;
  rows: readonly string[];
  columns: readonly { head: string; group: string }[];
  states: string;
  prepared: Prepared;
  /** What is chosen: rows, and a span of columns. */
  chosen: { rows: ReadonlySet<number>; columns: [number, number] } | null;
  /** What is being dragged over. */
  dragged: Area | null;
  isDark: boolean;
  /** Writes the value of a cell, where there is room for it. */
  printed?: ((index: number) => string) | undefined;
}

interface Tokens {
  heat: string[];
  text: string;
  muted: string;
  line: string;
  bad: string;
  active: string;
  sunken: string;
  surface: string;
  focus: string;
}

export function drawMatrix(target: HTMLCanvasElement, drawing: Drawing): void {
  const { width, height } = drawing;
  const ratio = Math.min(2, window.devicePixelRatio || 1);
  target.width = Math.round(width * ratio);
  target.height = Math.round(height * ratio);
  const context = target.getContext("2d", { alpha: false });
  if (!context) return;
  context.scale(ratio, ratio);
  const tokens = tokensNow();
  context.fillStyle = tokens.surface;
  context.fillRect(0, 0, width, height);
  context.font = "12px system-ui, sans-serif";
  context.textBaseline = "middle";
  drawCells(context, drawing, tokens);
  drawValues(context, drawing, tokens);
  drawChosen(context, drawing, tokens);
  drawLabels(context, drawing, tokens);
}

function tokensNow(): Tokens {
  return {
    heat: Array.from({ length: 9 }, (_, step) => token(`heat-${step + 1}`)),
    text: token("text"),
    muted: token("text-muted"),
    line: token("border-control"),
    bad: token("bad"),
    active: token("active"),
    sunken: token("sunken"),
    surface: token("surface"),
    focus: token("focus"),
  };
}

/** The parts of a colour as a token writes it: `#rrggbb`, which a built sheet shortens to `#rgb`. */
function parts(colour: string): [number, number, number] {
  const digits = colour.trim().slice(1);
  const long = digits.length === 3 ? digits.replaceAll(/./g, "$&$&") : digits;
  const value = Number.parseInt(long, 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/**
 * Cells without gaps between them: a picture with one pixel for each, drawn larger. Tens of
 * thousands of rectangles take a hundred times as long.
 */
function drawPicture(
  context: CanvasRenderingContext2D,
  {
    labels,
    top,
    rowHeight,
    columnWidth,
    firstColumn,
    endColumn,
    columns,
    states,
    prepared,
  }: Drawing,
  [first, last]: [number, number],
  tokens: Tokens,
): void {
  const [width, height] = [endColumn - firstColumn, last - first];
  if (width <= 0 || height <= 0) return;
  const heat = tokens.heat.map(parts);
  const [sunken, surface] = [parts(tokens.sunken), parts(tokens.surface)];
  const picture = new ImageData(width, height);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const index = (first + row) * columns.length + firstColumn + column;
      const step = prepared.steps[index] ?? -1;
      const state = states[index];
      const isGrey = state === "v" || state === "f" || state === "p";
      const colour = step >= 0 ? heat[step] : isGrey ? sunken : surface;
      const at = (row * width + column) * 4;
      [picture.data[at], picture.data[at + 1], picture.data[at + 2]] = colour ?? surface;
      picture.data[at + 3] = 255;
    }
  }
  const small = document.createElement("canvas");
  small.width = width;
  small.height = height;
  small.getContext("2d")?.putImageData(picture, 0, 0);
  context.imageSmoothingEnabled = false;
  const y = HEAD + first * rowHeight - top;
  context.drawImage(small, labels, y, width * columnWidth, height * rowHeight);
}

/** One path for each colour: setting a colour for each cell takes longer than filling it. */
function drawCells(context: CanvasRenderingContext2D, drawing: Drawing, tokens: Tokens): void {
  const { labels, top, height, rowHeight, columnWidth } = drawing;
  const { firstColumn, endColumn, rows, columns, states } = drawing;
  const { steps, far } = drawing.prepared;
  const first = Math.floor(top / rowHeight);
  const last = Math.min(rows.length, Math.ceil((top + height - HEAD) / rowHeight));
  const gap = columnWidth > 8 && rowHeight > 8 ? 1 : 0;
  const isPicture = gap === 0;
  if (isPicture) drawPicture(context, drawing, [first, last], tokens);
  const [w, h] = [columnWidth - gap, rowHeight - gap];
  const fills: Path2D[] = Array.from({ length: 9 }, () => new Path2D());
  const [sunken, unknown, light, dark] = [new Path2D(), new Path2D(), new Path2D(), new Path2D()];
  const [crosses, rings, dashes, points] = [new Path2D(), new Path2D(), new Path2D(), new Path2D()];
  const size = Math.max(1, Math.min(4, w / 3, h / 3));
  const dot = Math.min(2.5, h / 2);
  for (let row = first; row < last; row += 1) {
    const y = HEAD + row * rowHeight - top;
    for (let column = firstColumn; column < endColumn; column += 1) {
      const index = row * columns.length + column;
      const x = labels + (column - firstColumn) * columnWidth;
      const step = steps[index] ?? -1;
      if (step >= 0) {
        if (!isPicture) fills[step]?.rect(x, y, w, h);
        if (far[index]) {
          // Visible on light and dark cells alike.
          const path = step > 4 === drawing.isDark ? dark : light;
          if (isPicture) path.rect(x + w / 2 - 1, y + h / 2 - 1, 2, 2);
          else {
            path.moveTo(x + w / 2 + dot, y + h / 2);
            path.arc(x + w / 2, y + h / 2, dot, 0, 7);
          }
        }
        continue;
      }
      const [cx, cy] = [x + w / 2, y + h / 2];
      switch (states[index]) {
        case "v":
          if (!isPicture) sunken.rect(x, y, w, h);
          break;
        case "f":
          if (!isPicture) sunken.rect(x, y, w, h);
          crosses.moveTo(cx - size, cy - size);
          crosses.lineTo(cx + size, cy + size);
          crosses.moveTo(cx + size, cy - size);
          crosses.lineTo(cx - size, cy + size);
          break;
        case "p":
          if (!isPicture) sunken.rect(x, y, w, h);
          rings.moveTo(cx + size, cy);
          rings.arc(cx, cy, size, 0, 7);
          break;
        case "n":
          dashes.rect(cx - Math.min(4, w / 3), cy - 0.75, Math.min(8, (w * 2) / 3), 1.5);
          break;
        case "x":
          points.rect(cx - 1, cy - 1, 2, 2);
          break;
        default:
          unknown.rect(x, y, w, h);
      }
    }
  }
  const fill = (path: Path2D, style: string | CanvasPattern): void => {
    context.fillStyle = style;
    context.fill(path);
  };
  fills.forEach((path, step) => fill(path, tokens.heat[step] ?? tokens.sunken));
  fill(sunken, tokens.sunken);
  fill(unknown, hatch(context, Math.min(w, h) < MARKS_FROM, tokens) ?? tokens.sunken);
  fill(light, tokens.surface);
  fill(dark, tokens.text);
  fill(dashes, tokens.muted);
  fill(points, tokens.line);
  context.lineWidth = 1.5;
  context.strokeStyle = tokens.bad;
  context.stroke(crosses);
  context.strokeStyle = tokens.active;
  context.stroke(rings);
}

/** Values in their cells. What does not fit is not printed: a number that is cut is another number. */
function drawValues(context: CanvasRenderingContext2D, drawing: Drawing, tokens: Tokens): void {
  const { labels, top, height, rowHeight, columnWidth, firstColumn, endColumn } = drawing;
  const { rows, columns, printed, isDark } = drawing;
  const { steps, far } = drawing.prepared;
  if (!printed || rowHeight < PRINTED_FROM.height || columnWidth < PRINTED_FROM.width) return;
  context.font = "10px system-ui, sans-serif";
  context.textAlign = "center";
  const first = Math.floor(top / rowHeight);
  const last = Math.min(rows.length, Math.ceil((top + height - HEAD) / rowHeight));
  for (let row = first; row < last; row += 1) {
    const y = HEAD + (row + 0.5) * rowHeight - top;
    for (let column = firstColumn; column < endColumn; column += 1) {
      const index = row * columns.length + column;
      const step = steps[index] ?? -1;
      // The dot of an outlier stands in the middle.
      if (step < 0 || far[index]) continue;
      const text = printed(index);
      if (context.measureText(text).width > columnWidth - 4) continue;
      const onDark = isDark ? step < 4 : step > 4;
      context.fillStyle = onDark === isDark ? tokens.text : tokens.surface;
      context.fillText(text, labels + (column - firstColumn + 0.5) * columnWidth - 0.5, y);
    }
  }
  context.textAlign = "start";
  context.font = "12px system-ui, sans-serif";
}

/** The pattern of what is not known: hatching, or a checker where cells are too small for it. */
function hatch(
  context: CanvasRenderingContext2D,
  isSmall: boolean,
  tokens: Tokens,
): CanvasPattern | null {
  const tile = document.createElement("canvas");
  tile.width = tile.height = isSmall ? 4 : HATCH;
  const within = tile.getContext("2d");
  if (!within) return null;
  within.fillStyle = tokens.sunken;
  within.fillRect(0, 0, tile.width, tile.height);
  if (isSmall) {
    within.fillStyle = tokens.line;
    within.fillRect(0, 0, 2, 2);
    within.fillRect(2, 2, 2, 2);
  } else {
    within.strokeStyle = tokens.line;
    within.lineWidth = 1;
    within.beginPath();
    for (const x of [-HATCH, 0, HATCH]) {
      within.moveTo(x, HATCH);
      within.lineTo(x + HATCH, 0);
    }
    within.stroke();
  }
  return context.createPattern(tile, "repeat");
}

/** A frame around what is chosen, row by row: chosen rows need not be neighbours. */
function drawChosen(context: CanvasRenderingContext2D, drawing: Drawing, tokens: Tokens): void {
  const { labels, top, rowHeight, columnWidth, firstColumn, endColumn } = drawing;
  const { chosen, dragged, rows } = drawing;
  context.strokeStyle = tokens.focus;
  context.lineWidth = 2;
  const frame = (rowFrom: number, rowUntil: number, [from, until]: [number, number]): void => {
    const left = Math.max(from, firstColumn) - firstColumn;
    if (until < firstColumn || from >= endColumn) return;
    context.strokeRect(
      labels + left * columnWidth + 1,
      HEAD + rowFrom * rowHeight - top + 1,
      (Math.min(until, endColumn - 1) - firstColumn - left + 1) * columnWidth - 2,
      (rowUntil - rowFrom + 1) * rowHeight - 2,
    );
  };
  if (dragged) return frame(dragged.rows[0], dragged.rows[1], dragged.columns);
  if (!chosen) return;
  for (let row = 0; row < rows.length; row += 1) {
    if (!chosen.rows.has(row)) continue;
    const begin = row;
    while (chosen.rows.has(row + 1)) row += 1;
    frame(begin, row, chosen.columns);
  }
}

function drawLabels(context: CanvasRenderingContext2D, drawing: Drawing, tokens: Tokens): void {
  const { width, height, labels, top, rowHeight, columnWidth } = drawing;
  const { firstColumn, endColumn, rows, columns } = drawing;
  context.fillStyle = tokens.surface;
  context.fillRect(0, 0, width, HEAD);
  context.fillStyle = tokens.muted;
  if (rowHeight >= 12) {
    const first = Math.floor(top / rowHeight);
    const last = Math.min(rows.length, Math.ceil((top + height - HEAD) / rowHeight));
    for (let row = first; row < last; row += 1) {
      const y = HEAD + row * rowHeight - top + rowHeight / 2;
      if (y > HEAD) context.fillText(cut(context, outside(rows[row] ?? ""), labels - 12), 0, y);
    }
  }
  const shown = endColumn - firstColumn;
  const every = Math.ceil(56 / columnWidth);
  const middle = (column: number): number => labels + (column + 0.5) * columnWidth;
  context.textAlign = "center";
  for (let column = shown - 1; column >= 0; column -= every) {
    const head = columns[firstColumn + column]?.head ?? "";
    // The last one would be cut at the edge.
    const most = width - context.measureText(head).width / 2;
    context.fillText(head, Math.min(middle(column), most), HEAD / 2 - 3);
  }
  context.textAlign = "start";
  // Blocks of one height are a fork: a bracket holds them together.
  context.strokeStyle = tokens.muted;
  context.lineWidth = 1.5;
  context.beginPath();
  for (let column = 0; column < shown; column += 1) {
    const begin = column;
    const group = columns[firstColumn + column]?.group;
    while (column + 1 < shown && columns[firstColumn + column + 1]?.group === group) column += 1;
    if (column === begin) continue;
    const [left, right] = [middle(begin), middle(column)];
    context.moveTo(left, HEAD - 3);
    context.lineTo(left, HEAD - 8);
    context.lineTo(right, HEAD - 8);
    context.lineTo(right, HEAD - 3);
  }
  context.stroke();
}

/** A name that fits: its middle is left out, for names of nodes differ at their ends. */
function cut(context: CanvasRenderingContext2D, name: string, most: number): string {
  if (context.measureText(name).width <= most) return name;
  let kept = Math.min(40, name.length - 1);
  const shorter = (): string =>
    `${name.slice(0, Math.ceil(kept / 2))}…${name.slice(name.length - Math.floor(kept / 2))}`;
  while (kept > 1 && context.measureText(shorter()).width > most) kept -= 1;
  return shorter();
}
