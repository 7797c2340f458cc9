/** What addresses hold, on every page: malformed keys, the way back, and a path before all paths. */
import { hash } from "../fixtures/data.mjs";
import { PAGES } from "./every-page.mjs";
import { equal, ok, open, settled, test, until } from "./harness.mjs";

/** Keys and values of a query, in an order of their own. Names within a list are encoded by themselves. */
const held = (search) =>
  [...new URLSearchParams(search)].map((pair) => decodeURIComponent(pair.join("="))).sort();

test("every page drops and names malformed keys, keeps the others, and logs nothing", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  const named = page.locator(".toast .outside", { hasText: "Dropped from" });
  const wrong = [];
  for (const [name, path] of [...PAGES, ["lab-missing", "/lab/no-such-page"]]) {
    opened.complaints.length = 0;
    const [pathname, search = ""] = path.split("?");
    const bad = "t=yesterday&d=0&sorted=%3Cscript%3E&r=-1";
    await opened.goto(`${pathname}?${search}${search === "" ? "" : "&"}${bad}`);
    const words = await named
      .innerText({ timeout: 3000 })
      .catch(() => "no toast, or more than one");
    if (words.trim() !== "Dropped from the address: t, sorted, r") wrong.push(`${name}: ${words}`);
    const url = new URL(page.url());
    const wanted = held(`${search}&d=0`).join();
    if (url.pathname !== pathname || held(url.search).join() !== wanted)
      wrong.push(`${name}: ${page.url()} has not ${wanted}`);
    wrong.push(...opened.complaints.map((line) => `${name}: ${line}`));
  }
  equal(wrong.join("\n"), "");
  await opened.close();
});

test("a malformed value of each page's own keys is dropped and named", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  const run = "/experiments/ramp-3";
  const trace = `/trace/${hash(1)}/node-003`;
  const own = [
    ["/nodes", "role sort order"],
    ["/nodes/node-003", "tab"],
    ["/blocks", "metric order before sel zoom shift"],
    [`/blocks/${hash(1)}`, "tab sort order"],
    [trace, "vs min own lanes cp view open fold area steps"],
    ["/checkpoints", "group view stat vs sort order"],
    ["/checkpoints/Verify_commands", "stat y group bucket"],
    ["/transactions", "fate kind sort order"],
    ["/snark-work", "sort order"],
    ["/experiments", "view status verdict sort order before metric"],
    [run, "tab sort order level"],
    ["/experiments/compare", "only"],
    ["/lab/completeness", "cells sel zoom shift"],
  ];
  const named = page.locator(".toast .outside", { hasText: "Dropped from" });
  const wrong = [];
  for (const [path, keys] of own) {
    const query = keys.split(" ").map((key) => `${key}=%3Cscript%3E`);
    await opened.goto(`${path}?${query.join("&")}`);
    const words = await named.innerText({ timeout: 3000 }).catch(() => "no toast");
    const wanted = `Dropped from the address: ${keys.replaceAll(" ", ", ")}`;
    if (words.trim() !== wanted) wrong.push(`${path}: ${words}`);
    if (page.url() !== opened.base + path) wrong.push(`${path}: ${page.url()}`);
  }
  wrong.push(...opened.complaints);
  equal(wrong.join("\n"), "");
  await opened.close();
});

test("going back asks for nothing twice, on every page", async (browser) => {
  const opened = await open(browser);
  const { page, fixture } = opened;
  const wrong = [];
  for (const [name, path] of PAGES) {
    await opened.goto(path);
    // Another page, without a reload; from there one goes back.
    const menu = page.getByRole("navigation").first();
    const other = path.startsWith("/nodes") ? "Blocks" : "Nodes";
    await menu.getByRole("link", { name: other, exact: true }).click();
    await until(() => new URL(page.url()).pathname === `/${other.toLowerCase()}`, `${name}: away`);
    await page.waitForSelector("main h1");
    await settled(page);
    fixture.asked.length = 0;
    await page.goBack();
    await until(() => page.url() === opened.base + path, `${name}: ${page.url()}`);
    await page.waitForSelector("main h1");
    await settled(page);
    await page.waitForTimeout(500);
    const counts = new Map();
    for (const each of fixture.asked) counts.set(each, (counts.get(each) ?? 0) + 1);
    for (const [asked, count] of counts)
      if (count > 1) wrong.push(`${name}: ${count} times ${asked}`);
    // The log of a run comes in anew, and then its state is asked for once more.
    let quiet = false;
    for (let second = 0; !quiet && second < 3; second += 1) {
      fixture.asked.length = 0;
      await page.waitForTimeout(second === 0 ? 700 : 1500);
      quiet = fixture.asked.length === 0;
    }
    if (!quiet) wrong.push(`${name}: does not stop asking: ${fixture.asked.join(", ")}`);
    if (page.url() !== opened.base + path) wrong.push(`${name}: left for ${page.url()}`);
  }
  equal(wrong.join("\n"), "");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("below a path of a reverse proxy, pages, data, stream, links and files stay below it", async (browser) => {
  const opened = await open(browser, { server: { prefix: "/lab/one" } });
  const { page, fixture } = opened;
  const main = page.locator("main");
  await opened.goto("/");
  await until(() => fixture.streams() === 1, "the stream");
  await main.locator(".figures").waitFor();
  // What a service says to have changed is asked for: the stream works below the path.
  const asked = () => fixture.asked.filter((line) => line.includes("/v1/overview")).length;
  const before = asked();
  fixture.tell("overview");
  await until(() => asked() > before, "asked again");
  for (const name of ["Nodes", "Blocks", "Checkpoints", "Transactions", "SNARK work", "Lab"]) {
    await page.getByRole("navigation").first().getByRole("link", { name, exact: true }).click();
    await until(async () => (await page.locator("h1").innerText()).startsWith(name), name);
    await settled(page);
    ok(page.url().startsWith(`${opened.base}/`), page.url());
  }
  // A link of a service's answer, of the palette, and one into the depth from outside.
  await page.keyboard.press("Control+k");
  await page.keyboard.type("node-003");
  await until(() => page.locator("[role=option]", { hasText: "node-003" }).count(), "a hit");
  await page.keyboard.press("Enter");
  await until(() => page.url() === `${opened.base}/nodes/node-003`, page.url());
  await opened.goto(`/trace/${hash(1)}/node-003?cp=2`);
  await page.locator("[role=treegrid] [data-row]").first().waitFor();
  await page.reload();
  await page.locator("[role=treegrid] [data-row]").first().waitFor();
  await page.getByRole("button", { name: "Download" }).click();
  for (const link of await page.locator("a[download]").all())
    ok((await link.getAttribute("href")).startsWith("/lab/one/api/"), "a file");
  await page.keyboard.press("Escape");
  await opened.goto("/experiments/ramp-3?tab=log");
  await until(() => page.locator("tr", { hasText: "request 120:" }).count(), "the log of a run");
  // Every link of every page.
  const wrong = [];
  for (const [name, path] of PAGES) {
    await opened.goto(path);
    const hrefs = await page
      .locator("a[href]")
      .evaluateAll((links) => links.map((link) => link.href));
    for (const href of new Set(hrefs)) {
      const isOurs = href.startsWith(`${opened.base}/`) || href.startsWith("http") === false;
      if (!isOurs && href.startsWith(new URL(opened.base).origin)) wrong.push(`${name}: ${href}`);
    }
  }
  equal(wrong.join("\n"), "");
  equal(fixture.outside.join("\n"), "", "requests beyond the path");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});
