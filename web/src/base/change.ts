/** How a value differs from another one, as people read it. */
import { finite, NOT_APPLICABLE, signed, UNKNOWN } from "./formats";

/** From so many times on, the factor says more than a percentage. */
const TIMES_FROM = 10;

/**
 * The change of a time against another one: `▲ +24.0 %`, `▼ −8.1 %`, `▲ 31×`, `±0`. Unknown where one
 * is not known; where the other is zero there is nothing to be a part of.
 */
export function change(here: number | null | undefined, there: number | null | undefined): string {
  const [a, b] = [finite(here), finite(there)];
  if (a === null || b === null || a < 0 || b < 0) return UNKNOWN;
  if (b === 0) return a === 0 ? "±0" : NOT_APPLICABLE;
  const ratio = a / b;
  // Less than the last digit shows is no change.
  const percent = Math.round((ratio - 1) * 1000) / 10;
  if (percent === 0) return "±0";
  const mark = ratio > 1 ? "▲" : "▼";
  return ratio >= TIMES_FROM ? `${mark} ${Math.round(ratio)}×` : `${mark} ${signed(percent, "%")}`;
}
