/** Which page a path means. */

import { segments } from "./codecs";

export interface Match {
  page: string;
  parameters: Record<string, string>;
}

/** Patterns in the order in which they are tried. A segment that begins with `:` is a parameter. */
const PATTERNS: readonly (readonly [pattern: string, page: string])[] = [
  ["/", "overview"],
  ["/nodes", "nodes"],
  ["/nodes/:node", "node"],
  ["/blocks", "blocks"],
  ["/blocks/:hash", "block"],
  ["/trace/:hash/:node", "trace"],
  ["/checkpoints", "checkpoints"],
  ["/checkpoints/:name", "checkpoint"],
  ["/transactions", "transactions"],
  ["/transactions/:hash", "transaction"],
  ["/snark-work", "snark-work"],
  ["/why", "why"],
  ["/experiments", "experiments"],
  ["/experiments/new", "planner"],
  ["/experiments/compare", "compare"],
  ["/experiments/:name", "experiment"],
  ["/lab", "lab"],
  ["/lab/:page", "lab"],
  ["/login", "login"],
];

/** Pages whose addresses have nothing beside the scope, and pages of the lab that have more. */
const KEYLESS = new Set(["overview", "transaction", "missing"]);
const KEYED_LAB = new Set(["completeness", "audit"]);

/** Whether a page has no keys of its own, which it would read itself. */
export function isKeyless({ page, parameters }: Match): boolean {
  return page === "lab" ? !KEYED_LAB.has(parameters["page"] ?? "") : KEYLESS.has(page);
}

/** The page of a path; `missing` if there is none. */
export function match(pathname: string): Match {
  const path = segments(pathname);
  if (path === null) return { page: "missing", parameters: {} };
  for (const [pattern, page] of PATTERNS) {
    const wanted = pattern.split("/").filter((segment) => segment !== "");
    if (wanted.length !== path.length) continue;
    const parameters: Record<string, string> = {};
    const fits = wanted.every((segment, index) => {
      const actual = path[index] ?? "";
      if (!segment.startsWith(":")) return segment === actual;
      parameters[segment.slice(1)] = actual;
      return true;
    });
    if (fits) return { page, parameters };
  }
  return { page: "missing", parameters: {} };
}
