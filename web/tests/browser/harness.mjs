/** Runs named tests in headless browsers, two at a time, and keeps what they have seen. */
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromium } from "playwright-core";

import { start } from "../fixtures/server.mjs";

const require = createRequire(import.meta.url);
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
/** Where screenshots go: an artefact of the run, no part of the repository. */
export const SHOTS = process.env.LOADLAB_SCREENSHOTS ?? join(tmpdir(), "loadlab-screenshots");
export const WIDE = { width: 1440, height: 900 };
export const NARROW = { width: 390, height: 844 };

const tests = [];

/** Declares a test. */
export function test(name, run) {
  tests.push({ name, run });
}

export function equal(actual, expected, what = "") {
  if (actual !== expected)
    throw new Error(`${what} ${JSON.stringify(actual)} is not ${JSON.stringify(expected)}`);
}

export function ok(value, what) {
  if (!value) throw new Error(what);
}

/** Waits until `look` gives something that counts as true. */
export async function until(look, what, limit = 10_000) {
  const end = Date.now() + limit;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > end) throw new Error(`not within ${limit} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A page over a server of its own. What the browser complains about is in `complaints`. */
export async function open(browser, { server = {}, theme = "light", size = WIDE, address } = {}) {
  const fixture = address ? undefined : await start(server);
  const context = await browser.newContext({
    viewport: size,
    colorScheme: theme,
    reducedMotion: "reduce",
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const page = await context.newPage();
  const base = address ?? fixture.address;
  const complaints = [];
  /** Set while a test takes services away: failed requests are what it wants to see. */
  const expected = { failures: false };
  page.on("console", (message) => {
    if (!(expected.failures && /Failed to load resource/.test(message.text())))
      complaints.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("requestfailed", (request) => {
    const text = request.failure()?.errorText ?? "";
    // What a page no longer wants is aborted by the page, and streams end with it.
    if (text !== "net::ERR_ABORTED" && !expected.failures)
      complaints.push(`failed: ${request.url()} ${text}`);
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(base) && !url.startsWith("data:") && !url.startsWith("blob:"))
      complaints.push(`left the origin: ${url}`);
  });
  return {
    page,
    base,
    fixture,
    complaints,
    expected,
    async goto(path) {
      await page.goto(base + path);
      await page.waitForSelector("main h1");
      await settled(page);
    },
    async close() {
      await context.close();
      await fixture?.close();
    },
  };
}

/** Waits until nothing is loading any more. */
export async function settled(page) {
  await page.waitForFunction(
    () => !document.querySelector(".skeleton, [aria-busy=true]"),
    undefined,
    { timeout: 10_000 },
  );
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  );
}

/** Texts that are cut and do not say their whole when the pointer rests on them. */
export function cutTexts(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll("main *")].flatMap((element) => {
      const isCut =
        getComputedStyle(element).textOverflow === "ellipsis" &&
        element.scrollWidth > element.clientWidth + 1 &&
        element.clientWidth > 1;
      // A line that is read out says its whole there.
      if (!isCut || element.closest("[aria-live]")) return [];
      element.dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
      const isSaid = element.closest("[title]") ?? element.querySelector("[title]");
      return isSaid ? [] : [`cut, without a title: ${element.textContent.trim().slice(0, 60)}`];
    }),
  );
}

/** What axe has to say about a page, as one line each. */
export async function axe(page) {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
    const { violations } = await globalThis.axe.run(document, {
      runOnly: { type: "tag", values: tags },
    });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ""}`),
    );
  });
}

export async function shot(page, name) {
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** Tests that run at the same time, each in a browser of its own: a browser has one clipboard. */
const TOGETHER = 2;

/** Runs all tests whose name holds the text given; the exit code says whether all have passed. */
export async function run(filter = "") {
  const waiting = tests.filter((each) => each.name.includes(filter));
  let failed = 0;
  const worker = async () => {
    const browser = await launch();
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const begin = Date.now();
      const took = () => `${String(Date.now() - begin).padStart(6)} ms  ${next.name}`;
      try {
        await next.run(browser);
        console.log(`passed  ${took()}`);
      } catch (error) {
        failed += 1;
        const lines = String(error.message).split("\n").slice(0, 12);
        console.log(`FAILED  ${took()}\n        ${lines.join("\n        ")}`);
      }
    }
    await browser.close();
  };
  await Promise.all(Array.from({ length: TOGETHER }, worker));
  console.log(failed === 0 ? `all passed; screenshots are in ${SHOTS}` : `${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}
