import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

const textOf = (path: string): string =>
  readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");

/** The colours of a sheet by name: the light ones, then the dark ones. */
function colours(text: string): Map<string, string>[] {
  const [light = "", dark = ""] = text.split(/data-theme="dark"|prefers-color-scheme: dark/);
  return [light, dark].map(
    (part) =>
      new Map(
        [...part.matchAll(/--([a-z0-9-]+):\s*(#[0-9a-f]{6})/g)].map(([, name = "", value = ""]) => [
          name,
          value,
        ]),
      ),
  );
}

/** The contrast of two colours by WCAG 2.2. */
function contrast(first: string, second: string): number {
  const luminance = (colour: string): number => {
    const [red = NaN, green = NaN, blue = NaN] = [1, 3, 5].map((at) => {
      const part = parseInt(colour.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [dark = NaN, bright = NaN] = [luminance(first), luminance(second)].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}

describe("tokens", () => {
  test("the page of the simulated network has the dashboard's colours", () => {
    const own = colours(textOf("web/src/tokens.css"));
    const simnet = colours(textOf("crates/simnet/src/status/page.html"));
    const names: Record<string, string> = { muted: "text-muted", subtle: "text-subtle" };
    for (const [theme, found] of simnet.entries()) {
      expect(found.size).toBeGreaterThan(10);
      for (const [name, value] of found)
        expect([name, value]).toEqual([name, own[theme]?.get(names[name] ?? name)]);
    }
  });

  test("text has a contrast of 4.5, marks, lines and controls one of 3", () => {
    for (const [theme, found] of colours(textOf("web/src/tokens.css")).entries()) {
      const of = (front: string, back: string): number =>
        contrast(found.get(front) ?? "", found.get(back) ?? "");
      const low = (pairs: [string, string][], least: number): string[] =>
        pairs
          .filter(([front, back]) => !(of(front, back) >= least))
          .map(([front, back]) => `${theme}: ${front} on ${back} ${of(front, back).toFixed(2)}`);
      const grounds = ["canvas", "surface", "raised", "sunken", "hover", "selected"];
      const states = ["good", "attention", "bad", "active", "incomplete", "unknown", "paused"];
      const on = (fronts: string[], backs: string[]): [string, string][] =>
        fronts.flatMap((front) => backs.map((back): [string, string] => [front, back]));
      const texts = on(["text", "text-muted", "text-subtle"], grounds)
        .concat(on(["accent", ...states], ["canvas", "surface", "raised"]))
        .concat(states.map((state): [string, string] => [state, `${state}-tint`]))
        .concat([["on-accent", "accent"]]);
      expect(low(texts, 4.5)).toEqual([]);
      const series = Array.from({ length: 8 }, (_, at) => `series-${at + 1}`);
      const marks = on(["border-control", "focus", ...states], grounds).concat(
        on(series, ["surface"]),
      );
      expect(low(marks, 3)).toEqual([]);
    }
  });
});
