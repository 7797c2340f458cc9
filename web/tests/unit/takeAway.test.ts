import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { waysOf } from "../../src/base/takeAway";

describe("what is taken from a panel", () => {
  it("is asked of the database by names and the deployment of the question", () => {
    const ways = waysOf({
      service: "results",
      path: "/v1/blocks/3N%27x",
      parameters: { deployment: 7 },
    });
    expect(ways?.sql).toContain("deployment_id = 7 AND block_id = '3N''x'");
    expect(ways?.command).toBe(`loadlab trace show '3N'\\''x'`);
    const newest = waysOf({ service: "results", path: "/v1/transactions" });
    expect(newest?.sql).toContain("deployment_id = (SELECT max(deployment_id) FROM deployment)");
    expect(newest?.command).toBe(
      `loadlab db psql -- -c '${newest?.sql?.replaceAll("'", "'\\''")}'`,
    );
    const wrong = waysOf({
      service: "results",
      path: "/v1/transactions",
      parameters: { deployment: "1; DROP TABLE data" },
    });
    expect(wrong?.sql).toBe(newest?.sql);
  });

  it("has commands with lists, and with parts that need a value", () => {
    const compared = { service: "results", path: "/v1/comparison" };
    expect(waysOf({ ...compared, parameters: { runs: "ramp-2,a b" } })?.command).toBe(
      "loadlab experiment compare ramp-2 'a b'",
    );
    const audit = { service: "results", path: "/v1/audit" };
    expect(waysOf(audit)?.command).toBe("loadlab audit --limit 200");
    expect(waysOf({ ...audit, parameters: { q: "a b" } })?.command).toBe(
      "loadlab audit --limit 200 --contains 'a b'",
    );
    const plan = waysOf({ service: "runs", path: "/v1/parameters" });
    expect(plan).toEqual({ command: "loadlab experiment plan setup.json" });
  });

  it("is nothing for a question that no panel asks", () => {
    expect(waysOf({ service: "results", path: "/v1/nodes/a/b" })).toBeUndefined();
    expect(waysOf({ service: "fetcher", path: "/v1/nodes" })).toBeUndefined();
  });
});

describe("panels", () => {
  it("never write SQL of their own, which no test would run", () => {
    const pages = fileURLToPath(new URL("../../src/pages", import.meta.url));
    const files = readdirSync(pages, { recursive: true, encoding: "utf8" });
    const wrong = files.filter(
      (file) =>
        /\.(svelte|ts)$/.test(file) &&
        /SELECT .* FROM/.test(readFileSync(join(pages, file), "utf8")),
    );
    expect(wrong).toEqual([]);
  });
});
