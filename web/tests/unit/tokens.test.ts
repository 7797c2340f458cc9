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
});
