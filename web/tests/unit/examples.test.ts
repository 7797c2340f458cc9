import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { read, type Described } from "../../src/base/draft";
import { EXAMPLES, withOwn } from "../../src/pages/planner/examples";

const { parameters } = JSON.parse(
  readFileSync(new URL("../fixtures/parameters.json", import.meta.url), "utf8"),
) as { parameters: (Described & { group: string; choices: string[] })[] };

describe("examples of plans", () => {
  it.each(EXAMPLES)("$key has values that its parameters take", ({ typed }) => {
    for (const [key, text] of Object.entries(typed)) {
      const found = parameters.find((each) => each.key === key);
      expect(found, key).toBeDefined();
      if (!found) continue;
      expect(read(found, text).message, key).toBeUndefined();
      if (found.type === "choice") expect(found.choices).toContain(text);
    }
  });

  it("take the place of all but the name and who pays", () => {
    const typed = { ExperimentName: "mine", Privkeys: "/keys/a", Gap: "60", BaseTps: "9" };
    expect(withOwn({ ExperimentName: "ramp", BaseTps: "1" }, typed, parameters)).toEqual({
      ExperimentName: "mine",
      Privkeys: "/keys/a",
      BaseTps: "1",
    });
  });
});
