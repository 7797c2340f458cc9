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

const said = (key, value, unit) =>
  console.log(`${key.padEnd(36)} ${value.toFixed(1).padStart(8)} ${unit}`);

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
  said(
    "long_tasks_over_50ms_scrolling",
    await page.evaluate(() => globalThis.longTasks.length),
    "",
  );
});
await over({ nodes: 1000, blocks: 200 }, async (page, server) => {
  await page.addInitScript(() => {
    const { json, text } = Response.prototype;
    void json;
    Response.prototype.text = async function () {
      const made = await text.call(this);
      if (this.url.includes("/blocks/matrix")) globalThis.dataAt = performance.now();
      return made;
    };
  });
  await page.goto(`${server.address}/blocks`);
  await page.waitForSelector("[role=application] canvas");
  said(
    "matrix_1000x200_ms",
    await page.evaluate(
      () =>
        new Promise((resolve) =>
          requestAnimationFrame(() =>
            requestAnimationFrame(() => resolve(performance.now() - globalThis.dataAt)),
          ),
        ),
    ),
    "ms",
  );
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
await browser.close();
