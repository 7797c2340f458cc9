/** Links, the way back, the palette: what one sees is where one left it, and elsewhere the same. */
import { hash } from "../fixtures/data.mjs";
import { PAGES } from "./every-page.mjs";
import { equal, ok, open, settled, shot, test, until } from "./harness.mjs";

const COPIED = `/trace/${hash(1)}/node-003`;

/** What a page shows once nothing comes any more, without ages, which go on. */
async function seen(page) {
  let before;
  for (;;) {
    await settled(page);
    const text = (await page.locator("main").innerText()).replaceAll(/\d+\u202f(s|min) ago/g, "");
    if (text === before) return text;
    before = text;
    await page.waitForTimeout(500);
  }
}

test("a pinned link shows the same in another window, hours later", async (browser) => {
  const pages = [
    "/",
    "/nodes?q=node-00&sort=lag&order=desc",
    "/blocks?order=name&sel=868..870@node-001,node-002",
    `${COPIED}?cp=3&open=all&min=1`,
    "/checkpoints?q=verify",
    "/transactions?fate=missed",
    "/transactions?x=ramp-3&fate=failed",
    "/why?set=slower:p95",
  ];
  const here = await open(browser, { server: { nodes: 12 } });
  const later = await open(browser, { server: { nodes: 12, now: "2026-11-29T09:30:00Z" } });
  for (const path of pages) {
    const pinned = await pinnedAt(here, path);
    // A run has its own time, which is longer than the last hour.
    const begin = path.includes("x=") ? 3 : 5;
    equal(
      pinned.searchParams.get("t")?.replaceAll(/:\d\d\.\d{3}Z/g, ":00Z"),
      `2026-11-29T0${begin}:00:00Z..2026-11-29T06:00:00Z`,
      path,
    );
    later.fixture.asked.length = 0;
    await later.goto(pinned.pathname + pinned.search);
    const [there, wanted] = (await Promise.all([seen(later.page), seen(here.page)])).map((text) =>
      text.split("\n"),
    );
    const other = wanted.findIndex((line, at) => line !== there[at]);
    equal(there[other], wanted[other], `${path}: line ${other}`);
    equal(there.length, wanted.length, path);
    const filtered = later.fixture.asked.filter((line) => /deployment=/.test(line));
    for (const line of filtered) {
      const query = new URL(line, later.base).searchParams;
      if (!query.has("from")) continue;
      equal(query.get("deployment"), "7", line);
      const [from, until] = ["from", "until"].map((key) => Number(query.get(key)) / 1e6);
      equal(from, Date.UTC(2026, 10, 29, begin) / 1000, `${line}: from`);
      const end = Date.UTC(2026, 10, 29, 6) / 1000;
      ok(until >= end && until < end + 60, `${line}: until`);
    }
  }
  equal(here.complaints.join("\n") + later.complaints.join("\n"), "");
  await here.close();
  await later.close();
});

/** A link that `Shift Y` has copied. */
async function pinnedAt(opened, path) {
  await opened.goto(path);
  await opened.page.locator("h1").click();
  await opened.page.evaluate(() => navigator.clipboard.writeText(""));
  await opened.page.keyboard.press("Shift+Y");
  const link = await until(
    () => opened.page.evaluate(() => navigator.clipboard.readText()),
    `${path}: the link`,
  );
  return new URL(link);
}

test("a pinned link of every page with a scope shows the same, hours later", async (browser) => {
  const here = await open(browser);
  const later = await open(browser, { server: { now: "2026-11-29T09:30:00Z" } });
  for (const [name, path] of PAGES) {
    // These are of the present, whatever the scope: the lab's, with times of a run that goes on.
    if (/^(lab-|login|missing|planner|experiment|node(-restarts|-sessions|)$)/.test(name)) continue;
    const pinned = await pinnedAt(here, path);
    await later.goto(pinned.pathname + pinned.search);
    equal(await seen(later.page), await seen(here.page), path);
  }
  equal(here.complaints.join("\n") + later.complaints.join("\n"), "");
  await here.close();
  await later.close();
});

test("where time means all, a pinned link has the time of what is there", async (browser) => {
  const here = await open(browser, { server: { scale: 60 } });
  const now = "2026-11-29T09:30:00Z";
  const later = await open(browser, { server: { scale: 60, now, newer: 60 } });
  const path = "/transactions?fate=applied";
  const pinned = await pinnedAt(here, path);
  equal(
    pinned.searchParams.get("t"),
    "2026-11-29T03:00:00.000Z..2026-11-29T06:00:00.000Z",
    "the time of the data",
  );
  await later.goto(path);
  const before = await seen(here.page);
  ok((await seen(later.page)) !== before, "more has come since");
  await later.goto(pinned.pathname + pinned.search);
  equal(await seen(later.page), before, "the pinned link shows what was there");
  await here.close();
  await later.close();
});

test("the time of a run is its own, and the bar says so", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  const time = page.locator("header button[title=Time]");
  for (const [path, words] of [
    ["/transactions", "last 60 min"],
    ["/transactions?x=ramp-3", "time of the run"],
    ["/transactions?x=ramp-3&t=1d", "time of the run"],
    ["/transactions?x=ramp-3&r=0", "time of the round"],
    [
      "/transactions?x=ramp-3&t=2026-11-29T05:00:00Z..2026-11-29T05:30:00Z",
      "11-29 05:00 – 11-29 05:30Z",
    ],
  ]) {
    await opened.goto(path);
    equal((await time.innerText()).trim(), words, path);
  }
  await time.click();
  const menu = page.getByRole("group", { name: "Time", exact: true });
  equal(await menu.getByRole("button", { name: "last day" }).count(), 0, "it would change nothing");
  await shot(page, "time-of-a-run");
  await menu.getByRole("button", { name: "Time of the run" }).click();
  await until(() => page.url().endsWith("/transactions?x=ramp-3"), "the time of the run again");
  const round = (await pinnedAt(opened, "/transactions?x=ramp-3&r=0")).searchParams.get("t");
  equal(round, "2026-11-29T05:00:00.000Z..2026-11-29T05:15:00.000Z", "a round has its own, too");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("the page of a list is in the address: after a reload, and by the way back", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  const first = page.locator("tbody tr[aria-rowindex]").first();
  // Times of made-up changes count from now.
  const row = async () => (await first.innerText()).replaceAll(/\d\d:\d\d:\d\dZ/g, "");
  for (const path of ["/transactions", "/snark-work", "/lab/audit"]) {
    await opened.goto(path);
    const rows = [await row()];
    await page.getByRole("button", { name: "Next page" }).click();
    await until(() => page.url().includes("cursor="), `${path}: the address`);
    await until(async () => (await row()) !== rows[0], `${path}: the second page`);
    await settled(page);
    rows.push(await row());
    await page.reload();
    await page.waitForSelector("main h1");
    await settled(page);
    equal(await row(), rows[1], `${path}: after a reload`);
    await page.goBack();
    await until(async () => (await row()) === rows[0], `${path}: the way back`);
    await page.goForward();
    await until(async () => (await row()) === rows[1], `${path}: and forth`);
    // Another filter, and another scope, begin with the first page.
    await page.locator("main [data-filter]").fill("a");
    await until(() => page.url().endsWith("?q=a"), `${path}: ${page.url()}`);
    await opened.goto(`${path}?cursor=100`);
    await page.getByRole("button", { name: "current deployment" }).click();
    await page
      .getByRole("group", { name: "Deployment" })
      .getByRole("button", { name: "6" })
      .click();
    await until(() => page.url().endsWith(`${path}?d=6`), `${path}: ${page.url()}`);
  }
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("what is searched in the log of a run is in the address", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/experiments/ramp-3?tab=log");
  const rows = page.locator("tbody tr[aria-rowindex]");
  await until(() => rows.count(), "lines");
  await page.getByRole("searchbox", { name: "Search the log" }).fill("request 1");
  await page.getByRole("button", { name: "Warnings and errors" }).click();
  await page.getByRole("button", { name: "Newest first" }).click();
  const address = `${opened.base}/experiments/ramp-3?tab=log&q=request%201&order=asc&level=warning`;
  await until(() => page.url() === address, page.url());
  const shown = async () =>
    (await rows.allInnerTexts()).map((line) => /request \d+/.exec(line)?.[0]);
  // Every 17th line is a warning; the oldest stands first.
  const wanted = "request 17,request 102,request 119";
  await until(async () => (await shown()).join() === wanted, "three lines");
  await page.reload();
  await page.waitForSelector("main h1");
  await until(async () => (await shown()).join() === wanted, "the same after a reload");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("back restores scroll, zoom and selection of the matrix, and of a list", async (browser) => {
  const opened = await open(browser, { server: { nodes: 1000, blocks: 200 } });
  const { page, fixture } = opened;
  await opened.goto("/blocks?order=name&sel=868..870@node-990");
  const matrix = page.getByRole("application");
  await matrix.focus();
  for (const key of ["w", "w", "a"]) await page.keyboard.press(key);
  await until(
    () => /zoom=2/.test(page.url()) && /shift=\d/.test(page.url()),
    "zoom in the address",
  );
  await matrix.evaluate((box) => (box.scrollTop = 5000));
  await page.waitForTimeout(100);
  const address = page.url();
  const box = await matrix.boundingBox();
  await page.mouse.click(box.x + 300, box.y + 200);
  await until(() => page.url().includes("/trace/"), "the trace");
  const node = decodeURIComponent(new URL(page.url()).pathname.split("/").at(-1));
  equal(node, `node-${String(Math.floor((5000 + 200 - 36) / 16)).padStart(3, "0")}`, "the cell");
  await page.goBack();
  await until(() => page.url() === address, "the address");
  await settled(page);
  equal(await matrix.evaluate((box) => box.scrollTop), 5000, "scrolled as before");
  await page.mouse.move(box.x + 300, box.y + 200);
  await until(
    async () => (await page.locator("#matrix-cell").textContent()).startsWith(node),
    "the same cell under the pointer",
  );
  ok((await page.locator(".chosen").innerText()).includes("1 node"), "the selection");

  await opened.goto("/nodes");
  const list = page.locator(".scroller");
  await list.evaluate((scroller) => (scroller.scrollTop = 1400));
  await page.getByRole("link", { name: "node-052", exact: true }).click();
  await until(() => page.url().endsWith("/nodes/node-052"), "the node");
  await page.goBack();
  await page.waitForSelector(".scroller");
  await until(() => list.evaluate((scroller) => scroller.scrollTop === 1400), "the list as before");
  await settled(page);
  const asked = fixture.requests.length;
  await page.waitForTimeout(1500);
  ok(fixture.requests.length - asked < 4, "no loop of requests");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("the palette opens blocks by hash and height, runs and transactions, as soon as they are found", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/");
  const transaction = `5J${hash(900).slice(2)}`;
  for (const [typed, path] of [
    [hash(3).slice(0, 8), `/blocks/${hash(3)}`],
    ["868", `/blocks/${hash(3)}`],
    ["ramp-2", "/experiments/ramp-2"],
    ["b%2F#", `/experiments/${encodeURIComponent("a b%2F#ü")}`],
    [transaction, `/transactions/${transaction}`],
  ]) {
    await page.keyboard.press("Control+k");
    await page.locator("dialog input").fill(typed);
    // At once: what is typed last is what is opened.
    await page.keyboard.press("Enter");
    await until(async () => (await page.locator("dialog").count()) === 0, `${typed}: chosen`);
    await until(() => new URL(page.url()).pathname === path, `${typed} leads to ${path}`);
    await settled(page);
  }
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("two blocks of one height stand under one bracket", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/blocks?order=name");
  await page.waitForSelector("[role=application] canvas");
  await page.waitForTimeout(200);
  // The row of pixels in which brackets lie: drawn ones differ from the background beside them.
  const drawn = await page.locator("[role=application] canvas").evaluate((canvas) => {
    const ratio = canvas.width / canvas.clientWidth;
    const [x, y] = [Math.round(132 * ratio), Math.round(28 * ratio)];
    const { data, width } = canvas.getContext("2d").getImageData(x, y, canvas.width - x, 1);
    const spans = [];
    for (let at = 0; at < width; at += 1) {
      const isDrawn = [0, 1, 2].some((part) => data[at * 4 + part] !== data[part]);
      if (!isDrawn) continue;
      const last = spans.at(-1);
      if (last && last[1] === at - 1) last[1] = at;
      else spans.push([at, at]);
    }
    return { spans: spans.map((span) => span.map((at) => at / ratio)), width: width / ratio };
  });
  equal(drawn.spans.length, 1, "brackets");
  // The blocks of height 869 are the fourth and the third of 40 columns from the end.
  const column = Math.floor((await page.getByRole("application").boundingBox()).width - 132) / 40;
  const [from, to] = drawn.spans[0];
  const whole = Math.floor(column);
  ok(Math.abs(from - 36.5 * whole) < 3 && Math.abs(to - 37.5 * whole) < 3, `${from} to ${to}`);
  await opened.close();
});

test("an archived deployment says so, where it is and how to bring it back", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/lab/deployments");
  const row = page.locator("tbody tr[aria-rowindex]").filter({ hasText: "Archived" });
  equal(await row.count(), 1);
  ok((await row.innerText()).startsWith("5"), "deployment 5");
  ok((await row.innerText()).includes("100\u202f%"), "its completeness is listed");
  const command = "loadlab archive restore 5";
  const words = await page.getByRole("region", { name: "Archived deployments" }).innerText();
  ok(words.includes("s3://traces/lab-a") && words.includes(command), words);
  await shot(page, "archived");
  for (const path of ["/blocks?d=5", "/experiments?d=5&view=outcomes"]) {
    await opened.goto(path);
    const banner = page.locator(".banner", { hasText: "Deployment 5 is archived" });
    await until(() => banner.count(), `${path}: the banner`);
    const said = await banner.innerText();
    ok(said.includes("s3://traces/lab-a") && said.includes(command), said);
  }
  ok((await page.locator("tbody tr[aria-rowindex]").count()) > 0, "outcomes stay listed");
  // Pages of traces say it in their place, and not that there was no block.
  opened.expected.failures = true;
  const hash = COPIED.split("/")[2];
  for (const [path, panels] of [
    ["/blocks?d=5", ["Nodes by blocks"]],
    [`/blocks/${hash}?d=5`, ["Facts", "Application", "Propagation", "On all nodes"]],
    ["/why?d=5&set=slower:p95", ["Causes"]],
    ["/checkpoints?d=5", ["Checkpoints"]],
    ["/checkpoints/Verify_commands?d=5", ["Own time", "Over time", "Slowest calls"]],
    [`${COPIED}?d=5`, ["Checkpoints"]],
    ["/nodes/node-003?d=5&tab=blocks", ["Blocks"]],
    ["/nodes/node-003?d=5&tab=checkpoints", ["Checkpoints"]],
  ]) {
    await opened.goto(path);
    for (const title of panels) {
      const panel = page.getByRole("region", { name: title, exact: true });
      await until(async () => (await panel.innerText()).includes(command), `${path}: ${title}`);
      const said = await panel.innerText();
      ok(said.includes("archived in s3://traces/lab-a"), said);
      ok(!/longer time|Try now/.test(said), said);
    }
    await shot(page, `archived${path.replaceAll(/\W+/g, "-").slice(0, 40)}`);
  }
  opened.expected.failures = false;
  opened.expected.failures = true;
  await page.goto(`${opened.base}${COPIED}?d=5`);
  await until(
    async () => (await page.locator("main").innerText()).includes(command),
    "the trace says how",
  );
  opened.expected.failures = false;
  await opened.goto("/blocks?d=6");
  await page.waitForTimeout(300);
  equal(await page.locator(".banner").count(), 0, "others say nothing");
  await opened.close();
});

test("two runs of one name in two deployments are compared", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/experiments?view=outcomes");
  for (const deployment of [7, 6])
    await page.getByRole("checkbox", { name: `Mark ramp-2@${deployment}` }).check();
  await page.getByRole("button", { name: "Compare 2" }).click();
  await until(() => page.url().includes("/experiments/compare"), "the comparison");
  await settled(page);
  const runs = decodeURIComponent(new URL(page.url()).searchParams.get("runs"));
  equal(runs, "ramp-2@6,ramp-2@7");
  const heads = (await page.locator("th").allInnerTexts()).join(" ");
  for (const deployment of [6, 7]) ok(heads.includes(`ramp-2, deployment ${deployment}`), heads);
  const verdicts = await page.locator("main").innerText();
  ok(verdicts.includes("base · deployment 6"), verdicts);
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});
