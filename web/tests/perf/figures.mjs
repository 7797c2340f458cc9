/** How fast the page is, as `key value unit` lines. Machines differ: compare runs of one machine. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

import { chromium } from "playwright-core";

import { hash } from "../fixtures/data.mjs";
import { start } from "../fixtures/server.mjs";

const dist = fileURLToPath(new URL("../../dist", import.meta.url));

/** Scripts of the first page, compressed. */
function entryKilobytes() {
  const manifest = JSON.parse(readFileSync(join(dist, ".vite/manifest.json"), "utf8"));
  const seen = new Set();
  const add = (key) => {
    if (seen.has(key)) return;
    seen.add(key);
    (manifest[key].imports ?? []).forEach(add);
  };
  add("index.html");
  const sizes = [...seen].map(
    (key) => gzipSync(readFileSync(join(dist, manifest[key].file))).length,
  );
  return sizes.reduce((sum, size) => sum + size, 0) / 1000;
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});

/** A fresh browser context over made-up services of this size. */
async function over(settings, work) {
  const server = await start(settings);
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  await page.addInitScript(() => {
    globalThis.longTasks = [];
    new PerformanceObserver((list) =>
      globalThis.longTasks.push(...list.getEntries().map((entry) => entry.duration)),
    ).observe({ type: "longtask", buffered: true });
  });
  const figure = await work(page, server);
  await context.close();
  await server.close();
  return figure;
}

/** The most that each figure may be, on the machine that the limits were made for. */
const LIMITS = {
  entry_kilobytes_gzip: 120,
  overview_first_paint_ms: 1000,
  nodes_1000_interactive_ms: 1500,
  long_tasks_over_50ms_scrolling: 0,
  matrix_1000x200_ms: 300,
  trace_50000_open_ms: 2000,
  trace_fold_ms: 50,
  history_200_runs_ms: 1500,
  planner_preview_ms: 500,
  live_hour_heap_growth_mib: 5,
};
const asJson = process.argv.slice(2).join(" ").includes("--format json");
const found = {};
let overLimits = 0;
function said(key, value, unit) {
  const limit = LIMITS[key];
  const isOver = !(value <= limit);
  if (isOver) overLimits += 1;
  found[key] = Number(value.toFixed(1));
  if (asJson) return;
  console.log(
    `${key.padEnd(32)} ${value.toFixed(1).padStart(8)} ${unit.padEnd(4)} of ${limit}${isOver ? "  OVER" : ""}`,
  );
}

said("entry_kilobytes_gzip", entryKilobytes(), "kB");
said(
  "overview_first_paint_ms",
  await over({}, async (page, server) => {
    await page.goto(server.address);
    await page.waitForSelector(".figures");
    return page.evaluate(
      () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN,
    );
  }),
  "ms",
);
/** Over 50 ms, while 1,000 rows are scrolled, and while a matrix of them is moved. */
let longTasks = 0;
await over({ nodes: 1000 }, async (page, server) => {
  await page.goto(`${server.address}/nodes`);
  await page.waitForSelector("tbody tr[aria-rowindex] a");
  said("nodes_1000_interactive_ms", await page.evaluate(() => performance.now()), "ms");
  await page.waitForTimeout(500);
  await page.evaluate(() => (globalThis.longTasks.length = 0));
  for (let step = 0; step < 40; step += 1) {
    await page.evaluate(() => document.querySelector(".scroller").scrollBy(0, 240));
    await page.waitForTimeout(30);
  }
  longTasks += await page.evaluate(() => globalThis.longTasks.length);
});
await over({ nodes: 1000, blocks: 200 }, async (page, server) => {
  await page.addInitScript(() => {
    const { text } = Response.prototype;
    Response.prototype.text = async function () {
      const made = await text.call(this);
      if (this.url.includes("/blocks/matrix")) globalThis.dataAt = performance.now();
      return made;
    };
  });
  await page.addInitScript(() => {
    // Two frames after the canvas has its size, its cells are on the screen. Seen from within the
    // page: a question from outside takes as long as the drawing.
    const look = new MutationObserver(() => {
      const canvas = document.querySelector("[role=application] canvas");
      if (!canvas || canvas.width <= 300) return;
      look.disconnect();
      requestAnimationFrame(() =>
        requestAnimationFrame(() => (globalThis.drawnAt = performance.now())),
      );
    });
    look.observe(document, { childList: true, subtree: true, attributes: true });
  });
  await page.goto(`${server.address}/blocks`);
  await page.waitForFunction(() => globalThis.drawnAt !== undefined);
  said(
    "matrix_1000x200_ms",
    await page.evaluate(() => globalThis.drawnAt - globalThis.dataAt),
    "ms",
  );
  await page.waitForTimeout(500);
  const matrix = page.getByRole("application");
  await matrix.focus();
  for (const key of ["w", "w"]) await page.keyboard.press(key);
  await page.waitForTimeout(500);
  await page.evaluate(() => (globalThis.longTasks.length = 0));
  for (let step = 0; step < 40; step += 1) {
    await matrix.evaluate((box, by) => box.scrollBy(0, by), step < 20 ? 240 : -240);
    await page.keyboard.press(step % 20 < 10 ? "a" : "d");
    await page.waitForTimeout(30);
  }
  longTasks += await page.evaluate(() => globalThis.longTasks.length);
  said("long_tasks_over_50ms_scrolling", longTasks, "");
});
await over({ checkpoints: 50_000 }, async (page, server) => {
  await page.goto(`${server.address}/trace/${hash(1)}/node-003`);
  await page.waitForSelector("[role=treegrid] [data-row]");
  said("trace_50000_open_ms", await page.evaluate(() => performance.now()), "ms");
  await page.getByRole("button", { name: "Unfold all" }).click();
  await page.waitForTimeout(1000);
  said(
    "trace_fold_ms",
    await page.evaluate(async () => {
      const begin = performance.now();
      document.querySelector("[role=row] button").click();
      await new Promise((resolve) => requestAnimationFrame(resolve));
      return performance.now() - begin;
    }),
    "ms",
  );
});
await over({ history: 204 }, async (page, server) => {
  await page.goto(`${server.address}/experiments?view=history`);
  await page.waitForFunction(() => document.querySelectorAll("figure li a").length === 200);
  said("history_200_runs_ms", await page.evaluate(() => performance.now()), "ms");
});
await over({}, async (page, server) => {
  await page.goto(`${server.address}/experiments/new?draft=figures`);
  await page.fill("#field-ExperimentName", "figures");
  await page.fill("#field-Privkeys", "/keys/plain1");
  await page.waitForSelector("section[aria-label=Preview] dl");
  // From a key to the plan of what was typed: "Rounds" is a digit more.
  const rounds = page.locator("section[aria-label=Preview] tbody tr");
  const begin = Date.now();
  await page.type("#field-Rounds", "7");
  while ((await rounds.count()) !== 7) await page.waitForTimeout(5);
  said("planner_preview_ms", Date.now() - begin, "ms");
});
await over({ nodes: 200 }, async (page, server) => {
  const session = await page.context().newCDPSession(page);
  const heap = async () => {
    await session.send("HeapProfiler.enable");
    for (let turn = 0; turn < 3; turn += 1) await session.send("HeapProfiler.collectGarbage");
    const { usedSize } = await session.send("Runtime.getHeapUsage");
    return usedSize / 2 ** 20;
  };
  const live = async (times) => {
    // A topic is asked for once a second at most: an hour of them in a few minutes is not possible,
    // so the events of an hour of nodes (one each ten seconds) are told as fast as they are taken.
    for (let event = 0; event < times; event += 1) {
      for (const topic of ["overview", "incidents", "nodes"]) server.tell(topic);
      await page.waitForTimeout(100);
    }
  };
  // The page that grows more.
  let growth = -Infinity;
  for (const [path, there] of [
    ["/", ".figures"],
    ["/nodes", "tbody tr[aria-rowindex] a"],
  ]) {
    await page.goto(server.address + path);
    await page.waitForSelector(there);
    await live(20);
    const before = await heap();
    await live(360);
    growth = Math.max(growth, (await heap()) - before);
  }
  said("live_hour_heap_growth_mib", growth, "MiB");
});
await browser.close();
if (asJson) console.log(JSON.stringify(found, null, 2));
else
  console.log(
    overLimits === 0
      ? "all figures are within their limits"
      : `${overLimits} figures are over their limits`,
  );
process.exit(overLimits === 0 ? 0 : 1);
