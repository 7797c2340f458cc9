/** Live data: one stream, loss and return of services, frozen fetching. */
import { hash } from "../fixtures/data.mjs";
import { equal, ok, open, settled, shot, test, until } from "./harness.mjs";

test("ten tabs use one stream", async (browser) => {
  const opened = await open(browser);
  await opened.goto("/");
  const context = opened.page.context();
  for (let tab = 0; tab < 9; tab += 1) {
    const page = await context.newPage();
    await page.goto(opened.base + (tab % 2 ? "/nodes" : "/lab/services"));
    await page.waitForSelector("main h1");
  }
  await until(() => opened.fixture.streams() === 1, `one stream, not ${opened.fixture.streams()}`);
  await opened.close();
});

test("a change is seen within a second, and not while paused", async (browser) => {
  const opened = await open(browser);
  const { page, fixture } = opened;
  await opened.goto("/");
  await until(() => fixture.streams() === 1, "the stream");
  const asked = () => fixture.requests.filter((line) => line.includes("/v1/overview")).length;
  let before = asked();
  const begin = Date.now();
  fixture.tell("overview");
  await until(() => asked() > before, "asked again");
  ok(Date.now() - begin < 2000, "soon");
  await settled(page);
  await page.keyboard.press(".");
  await page.waitForTimeout(1200);
  before = asked();
  fixture.tell("overview");
  await page.waitForTimeout(1500);
  equal(asked(), before, "paused");
  await page.keyboard.press(".");
  await until(() => asked() > before, "asked after the pause");
  await opened.close();
});

test("a lost connection is said and comes back without loading the page again", async (browser) => {
  const opened = await open(browser);
  const { page, fixture, expected } = opened;
  await opened.goto("/");
  await until(() => page.locator(".live", { hasText: "live" }).count(), "live");
  expected.failures = true;
  fixture.cut();
  await until(() => page.locator(".live.reconnecting").count(), "reconnecting");
  await until(() => page.locator(".live.live").count(), "live again", 15_000);
  await opened.close();
});

/** Services, pages that need them, and the panels that say so; all others show their data. Without
 * the database no service answers. */
const AWAY = [
  ["results", "/lab/completeness", ["Nodes by minutes", "Gaps"]],
  ["fetcher", "/lab/completeness", ["By node"]],
  ["traces", `/blocks/${hash(1)}?tab=content`, ["Transactions"]],
  ["runs", "/experiments/ramp-3", ["State", "Time line", "Transactions", "Steps"]],
  ["results", "/experiments/ramp-3", ["Transactions per minute"]],
  ["lab", "/lab/services", ["Services"]],
  ["results", "/lab/services", ["Leases"]],
  ["all", "/lab/completeness", ["Nodes by minutes", "By node", "Gaps"]],
];

test("a service that is away costs its own panels only, and they come back", async (browser) => {
  const opened = await open(browser);
  const { page, fixture, expected } = opened;
  expected.failures = true;
  const panels = () =>
    page
      .locator("main section[aria-label]")
      .evaluateAll((sections) =>
        sections.map((section) => [
          section.getAttribute("aria-label"),
          section.innerText.includes("does not answer") ? "away" : "there",
          section.innerText.replace(section.querySelector("header")?.innerText ?? "", "").trim(),
        ]),
      );
  for (const [service, path, needing] of AWAY) {
    const place = `${service}: ${path}`;
    fixture.settings.away = service;
    await page.goto(opened.base + path);
    await until(async () => (await panels()).some(([, state]) => state === "away"), place);
    await until(
      async () => (await page.locator("main .skeleton").count()) === 0,
      `${place}: all is said`,
    );
    const now = await panels();
    const away = now.filter(([, state]) => state === "away").map(([name]) => name);
    equal(away.join(), needing.join(), place);
    ok(service === "all" || now.length > away.length, `${place}: others stay`);
    ok(
      now.every(([, , text]) => text !== ""),
      `${place}: ${JSON.stringify(now)}`,
    );
    if (service === "results") await shot(page, "service-away");
    fixture.settings.away = "";
    await until(
      async () => (await panels()).every(([, state, text]) => state === "there" && text !== ""),
      `${place} is back`,
      20_000,
    );
  }
  await opened.close();
});

test("values stay, with their age, when a service goes", async (browser) => {
  const opened = await open(browser);
  const { page, fixture, expected } = opened;
  await opened.goto("/nodes");
  expected.failures = true;
  fixture.settings.away = "results";
  fixture.tell("nodes");
  await until(() => page.locator(".stale").count(), "the age is said");
  ok((await page.locator("main").innerText()).includes("node-004"), "former rows stay");
  fixture.settings.away = "";
  await until(async () => (await page.locator(".stale").count()) === 0, "it is back", 20_000);
  await opened.close();
});

test("freezing is asked for, done, and seen on all pages", async (browser) => {
  const opened = await open(browser);
  const { page, fixture } = opened;
  const other = await page.context().newPage();
  await other.goto(opened.base + "/nodes");
  await opened.goto("/lab/cycle");
  ok((await page.locator("main").innerText()).includes("4 sessions are open"), "of 5 nodes");
  fixture.settings.open = 5;
  await page.getByRole("button", { name: "Freeze…", exact: true }).click();
  await page.getByRole("button", { name: "Freeze", exact: true }).click();
  await until(
    () => page.locator(".banner", { hasText: "Fetching is frozen" }).count(),
    "the banner",
  );
  await until(
    () => other.locator(".banner", { hasText: "Fetching is frozen" }).count(),
    "the banner on another page",
    2000,
  );
  // Sessions end one after the other.
  for (const open of [3, 1, 0]) {
    fixture.settings.open = open;
    fixture.tell("lab");
    const words = ["No session is open", "1 session is open", "", "3 sessions are open"][open];
    await until(async () => (await page.locator("main").innerText()).includes(words), words);
  }
  const cycle = await page.locator("main").innerText();
  for (const part of [
    "loadlab tracing freeze",
    "The newest is 7, with entries of 5 nodes",
    "Deployment 7 has traces of 7 runs",
    "No session is open",
  ])
    ok(cycle.includes(part), part);
  await shot(page, "frozen");
  await page.getByRole("button", { name: "Unfreeze…" }).click();
  await page.getByRole("button", { name: "Unfreeze", exact: true }).click();
  await until(
    async () => (await other.locator(".banner").count()) === 0,
    "gone without loading again",
    2000,
  );
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("the log of a run goes on after a reload without gap or repetition", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  for (let time = 0; time < 2; time += 1) {
    await opened.goto("/experiments/ramp-3?tab=log");
    await until(() => page.locator("tr", { hasText: "request 120:" }).count(), "the newest line");
    const rows = await page.locator("table").getAttribute("aria-rowcount");
    equal(rows, "121", "each line once");
  }
  await opened.close();
});

test("a reload while lines come in loses none of the log of a run and repeats none", async (browser) => {
  const opened = await open(browser);
  const { page, fixture } = opened;
  const coming = setInterval(() => fixture.log(), 60);
  for (let time = 0; time < 3; time += 1) {
    await opened.goto("/experiments/ramp-3?tab=log&order=asc");
    await page.waitForTimeout(900);
  }
  const before = fixture.settings.lines;
  await until(() => fixture.settings.lines > before + 10, "lines after the reload");
  clearInterval(coming);
  const { lines } = fixture.settings;
  const table = page.locator("table[role=grid]");
  const said = () => table.getAttribute("aria-rowcount").then(Number);
  await until(async () => (await said()) > lines, `${await said()} of ${lines} lines`);
  await page.waitForTimeout(400);
  equal(await said(), lines + 1, "each line once");
  const found = new Map();
  for (let top = 0; found.size < lines && top < lines * 40; top += 160) {
    await page
      .locator("div:has(> table[role=grid])")
      .evaluate((box, y) => (box.scrollTop = y), top);
    await settled(page);
    for (const [row, text] of await page
      .locator("tbody tr[aria-rowindex]")
      .evaluateAll((rows) => rows.map((row) => [Number(row.ariaRowIndex), row.innerText])))
      found.set(row, Number(/request (\d+):/.exec(text)?.[1]));
  }
  const numbers = [...found].sort(([a], [b]) => a - b).map(([, number]) => number);
  equal(numbers.length, lines, "rows");
  for (const [at, number] of numbers.entries()) equal(number, at + 1, `row ${at}`);
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("steps of a run are the same after a reload and when the orchestrator is back, each once", async (browser) => {
  const opened = await open(browser, { server: { nodes: 40 } });
  const { page, fixture, expected } = opened;
  await opened.goto("/experiments/ramp-3?tab=journal");
  const numbers = async () => {
    await settled(page);
    const rows = await page
      .locator("main [aria-rowindex]")
      .evaluateAll((all) =>
        all.map((row) => row.getAttribute("aria-rowindex") + row.innerText.split("\n")[0]),
      );
    equal(new Set(rows).size, rows.length, "each step once");
    return rows.join();
  };
  const before = await numbers();
  ok(before.split(",").length > 10, before);
  await page.reload();
  equal(await numbers(), before, "after a reload");
  expected.failures = true;
  fixture.settings.away = "runs";
  fixture.tell("runs");
  await page.waitForTimeout(1500);
  fixture.settings.away = undefined;
  fixture.tell("runs");
  await page.waitForTimeout(1500);
  equal(await numbers(), before, "when the orchestrator is back");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("a log stays where one reads, says what is new, and is followed again", async (browser) => {
  const opened = await open(browser);
  const { page, fixture } = opened;
  for (const order of ["", "&order=asc"]) {
    const last = () => fixture.settings.lines ?? 120;
    const newest = () => page.locator("tr", { hasText: `request ${last()}:` });
    await opened.goto(`/experiments/ramp-3?tab=log${order}`);
    await until(() => newest().count(), "the newest line is seen");
    fixture.log(5);
    await until(() => newest().count(), "a followed log shows what comes");
    const scroller = page.locator(".scroller", { has: page.getByRole("grid", { name: "Log" }) });
    await scroller.evaluate((box) => (box.scrollTop = 1000));
    await page.getByText("Paused, 0 new").waitFor();
    const rows = await page.getByRole("grid").getAttribute("aria-rowcount");
    fixture.log(128);
    await page.getByText("Paused, 128 new").waitFor();
    await shot(page, `log-paused${order === "" ? "" : "-asc"}`);
    equal(await page.getByRole("grid").getAttribute("aria-rowcount"), rows, "it stays as it is");
    equal(await scroller.evaluate((box) => box.scrollTop), 1000, "where one reads");
    equal(await page.getByRole("log").count(), 0, "nothing is read out unless it is wanted");
    await page.getByRole("button", { name: "Read out" }).click();
    await page.getByRole("button", { name: "Follow", exact: true }).click();
    await until(() => newest().count(), "the newest line again");
    fixture.log(1);
    await until(() => newest().count(), "it is followed");
    const spoken = page.getByRole("log", { name: "Newest lines" });
    await until(async () => (await spoken.innerText()).includes(`request ${last()}:`), "read out");
    equal(await page.getByText("Paused").count(), 0);
  }
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("long text from outside is cut, and shown when it is asked for", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  const note = "<b>x</b>".repeat(131_072);
  await page.route(/\/v1\/experiments\/ramp-3$/, async (route) => {
    const answer = await (await route.fetch()).json();
    await route.fulfill({ json: { ...answer, setup: { note } } });
  });
  await opened.goto("/experiments/ramp-3?tab=setup");
  const value = page.locator(".leaf", { hasText: "note" }).locator(".outside").last();
  equal((await value.innerText()).length, 2001, "2,000 characters and a sign for the others");
  await shot(page, "long-text");
  await page.getByRole("button", { name: /^show all \(1\.0.*MB\)$/ }).click();
  equal((await value.textContent()).length, note.length);
  await page.getByRole("button", { name: "show less" }).click();
  equal((await value.innerText()).length, 2001, "cut again");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("a new version of the page is said where a page cannot be loaded", async (browser) => {
  const opened = await open(browser);
  const { page, expected } = opened;
  await opened.goto("/");
  expected.failures = true;
  await page.route("**/assets/Page-*.js", (route) => route.fulfill({ status: 404, body: "" }));
  await page.getByRole("link", { name: "Experiments", exact: true }).click();
  await until(() => page.locator(".banner", { hasText: "new version" }).count(), "the banner");
  await opened.close();
});

test("a node that is stopped shows within ten seconds in its row, the next block and the Overview", async (browser) => {
  const opened = await open(browser);
  const { page, fixture } = opened;
  const context = page.context();
  await opened.goto("/nodes");
  const [overview, blocks] = [await context.newPage(), await context.newPage()];
  await overview.goto(opened.base);
  await blocks.goto(`${opened.base}/blocks?order=name`);
  for (const other of [overview, blocks]) await other.waitForSelector("main h1");
  const row = page.locator("tbody tr[aria-rowindex]").filter({ hasText: "node-001" });
  ok((await row.innerText()).includes("Fetching"), "it is up");
  await overview.getByText("4/5").waitFor();
  const matrix = blocks.locator("[role=application]");
  await matrix.waitFor();
  await until(() => fixture.streams() === 1, "the stream");
  fixture.settings.stopped = "node-001";
  for (const topic of ["nodes", "overview", "blocks"]) fixture.tell(topic);
  const begin = Date.now();
  await until(async () => (await row.innerText()).includes("Failing"), "the row");
  await overview.bringToFront();
  await overview.getByText("3/5").waitFor();
  await blocks.bringToFront();
  await matrix.focus();
  await blocks.keyboard.press("ArrowDown");
  const said = () => blocks.locator("#matrix-cell").textContent();
  await until(
    async () => /^node-001, block 871.*not measured/s.test(await said()),
    "the cell of the next block",
  );
  ok(Date.now() - begin < 10_000, "within ten seconds");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("a node whose clock is wrong is marked in its row and on the block", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  for (const path of ["/nodes", `/blocks/${hash(1)}`]) {
    await opened.goto(path);
    const row = page.locator("tbody tr[aria-rowindex]").filter({ hasText: "node-003" });
    ok((await row.innerText()).includes("clock?"), path);
    equal(await page.getByText("clock?", { exact: true }).count(), 1, `${path}: others`);
  }
  await opened.close();
});

test("a killed orchestrator is said, and the log goes on without gap or repetition when it is back", async (browser) => {
  const opened = await open(browser);
  const { page, fixture, expected } = opened;
  await opened.goto("/experiments/ramp-3?tab=log");
  const rows = () => page.locator("table").getAttribute("aria-rowcount");
  await until(async () => (await rows()) === "121", "the log");
  expected.failures = true;
  fixture.settings.away = "runs";
  fixture.cutRuns();
  fixture.tell("runs");
  fixture.tell("run:ramp-3");
  await until(
    () => page.getByText("The runs service does not answer").count(),
    "the page says so",
    15_000,
  );
  ok(await page.locator("tr", { hasText: "request 120:" }).count(), "the log stays");
  // While it was away, the browser was refused: it does not ask again by itself.
  await page.waitForTimeout(1500);
  fixture.settings.lines = 130;
  fixture.settings.away = "";
  await until(() => page.locator("tr", { hasText: "request 130:" }).count(), "it goes on", 20_000);
  equal(await rows(), "131", "each line once");
  await until(
    async () => (await page.getByText("The runs service does not answer").count()) === 0,
    "it is back",
    20_000,
  );
  await opened.close();
});

test("the right edge of a chart is the clock, also when nothing comes any more", async (browser) => {
  const opened = await open(browser, { server: { kind: "silent" } });
  const { page } = opened;
  await opened.goto("/");
  const plot = page.locator(".plot").first();
  await plot.locator("canvas").waitFor();
  await page.waitForTimeout(300);
  const until_ = async () => Number(await plot.getAttribute("data-until")) / 1e6;
  const [begin, wall] = [await until_(), Date.now() / 1000];
  ok(Math.abs(begin - Date.UTC(2026, 10, 29, 6) / 1000) < 20, `the edge is at ${begin}`);
  await page.waitForTimeout(2500);
  const [end, passed] = [await until_(), Date.now() / 1000 - wall];
  ok(Math.abs(end - begin - passed) < 1.5, `${end - begin} s in ${passed} s`);
  // Entries ended half an hour ago: the right part of the chart has no line.
  const coloured = await plot.locator("canvas").evaluate((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const count = [0, 0];
    for (let at = 0; at < data.length; at += 4) {
      const [red, green, blue, alpha] = data.slice(at, at + 4);
      if (alpha < 200 || Math.max(red, green, blue) - Math.min(red, green, blue) < 60) continue;
      const x = ((at / 4) % canvas.width) / canvas.width;
      if (x < 0.5) count[0] += 1;
      if (x > 0.6) count[1] += 1;
    }
    return count;
  });
  ok(coloured[0] > 300, `lines on the left: ${coloured[0]}`);
  equal(coloured[1], 0, "lines on the right");
  await opened.close();
});

test("rows keep their order while they are read; the new one is taken on request", async (browser) => {
  const opened = await open(browser);
  const { page, fixture } = opened;
  await opened.goto("/nodes?sort=lag&order=desc");
  await until(() => fixture.streams() === 1, "the stream");
  const first = () => page.locator("tbody tr[aria-rowindex] a").first().innerText();
  const before = await first();
  const late = before === "node-004" ? 3 : 4;
  await page.locator("tbody tr[aria-rowindex] td").nth(3).hover();
  fixture.settings.late = late;
  fixture.tell("nodes");
  const apply = page.getByRole("button", { name: "Order has changed: apply" });
  await apply.waitFor();
  equal(await first(), before, "nothing has moved");
  ok(/\t9\.\d/.test(await page.locator("tbody").innerText()), "its value is the new one");
  await apply.click();
  await until(async () => (await first()) === `node-00${late}`, "the new order");
  await until(async () => (await apply.count()) === 0, "nothing more to apply");
  // Sorting by hand holds at once, with the pointer in the table.
  await page.getByRole("button", { name: "Node", exact: true }).click();
  await until(async () => (await first()) === "node-000", "by name");
  equal(await apply.count(), 0, "what was asked for is no change");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});
