/** Spans of time behind the lines of a chart, such as the rounds of a run. */
import type uPlot from "uplot";

import { token } from "./colours";

/** A span that is told apart from its neighbours, in microseconds since 1970. */
export interface Band {
  from: number;
  until: number;
  label: string;
}

const FONT = 11;
const PAD = 4;

/** Draws them by turns in two shades, each with its label where it fits. */
export function drawBands(chart: uPlot, bands: readonly Band[]): void {
  const { ctx, bbox } = chart;
  const ratio = window.devicePixelRatio || 1;
  ctx.save();
  ctx.font = `${FONT * ratio}px system-ui, sans-serif`;
  ctx.textBaseline = "top";
  ctx.textAlign = "start";
  for (const [index, band] of bands.entries()) {
    const right = bbox.left + bbox.width;
    const from = Math.max(bbox.left, chart.valToPos(band.from / 1e6, "x", true));
    const until = Math.min(right, chart.valToPos(band.until / 1e6, "x", true));
    if (!(until > from)) continue;
    ctx.fillStyle = token(index % 2 === 0 ? "sunken" : "hover");
    ctx.fillRect(from, bbox.top, until - from, bbox.height);
    if (ctx.measureText(band.label).width + 2 * PAD * ratio > until - from) continue;
    ctx.fillStyle = token("text-subtle");
    ctx.fillText(band.label, from + PAD * ratio, bbox.top + (PAD / 2) * ratio);
  }
  ctx.restore();
}

/** Lines across a chart at the bounds of thresholds. */
export function drawBounds(chart: uPlot, bounds: readonly { value: number }[]): void {
  const { ctx, bbox } = chart;
  for (const { value } of bounds) {
    const y = chart.valToPos(value, "y", true);
    ctx.save();
    ctx.strokeStyle = token("attention");
    ctx.setLineDash([6, 4]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
  }
}
