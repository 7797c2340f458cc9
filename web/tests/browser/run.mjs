/** All browser tests; an argument chooses those whose name holds it. */
import { existsSync } from "node:fs";

import { run } from "./harness.mjs";
import "./access.mjs";
import "./addresses.mjs";
import "./analysis.mjs";
import "./block-page.mjs";
import "./blocks.mjs";
import "./graphiql.mjs";
import "./lab-pages.mjs";
import "./pages.mjs";
import "./planner.mjs";
import "./strips.mjs";
import "./experiments.mjs";
import "./focus.mjs";
import "./frame.mjs";
import "./history.mjs";
import "./links.mjs";
import "./live.mjs";
import "./take-away.mjs";
import "./trace.mjs";
import "./zoom.mjs";

const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";
if (!existsSync(chromium)) {
  console.log(`browser tests: SKIPPED: there is no ${chromium}`);
  process.exit(0);
}
await run(process.argv[2]);
