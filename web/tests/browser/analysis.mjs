/** Causes, checkpoints, comparisons, transactions. */
import { PAGES } from "./every-page.mjs";
import { hash } from "../fixtures/data.mjs";
import { equal, NARROW, ok, open, settled, shot, test, until } from "./harness.mjs";

const text = (page, where = "main") => page.locator(where).first().innerText();

test("cells are chosen by mouse and by keys, and Why slow? names the checkpoint", async (browser) => {
  const opened = await open(browser, { server: { nodes: 40 } });
  const { page } = opened;
  await opened.goto("/blocks?order=name");
  const matrix = page.getByRole("application");
  const box = await matrix.boundingBox();
  const at = (column, row) => [box.x + 132 + column * 28 + 10, box.y + 36 + row * 14 + 6];
  await page.mouse.move(...at(30, 2));
  await page.mouse.down();
  await page.mouse.move(...at(33, 5), { steps: 4 });
  await page.mouse.up();
  await until(() => page.url().includes("sel="), "the selection in the address");
  ok(/\d blocks × 4 nodes/.test(await text(page, ".chosen")), await text(page, ".chosen"));
  await page.reload();
  await settled(page);
  ok((await text(page, ".chosen")).includes("4 nodes"), "the selection after a reload");
  await matrix.focus();
  await page.keyboard.press("Escape");
  await until(() => !page.url().includes("sel="), "cleared");
  for (const key of ["Shift+ArrowLeft", "Shift+ArrowDown"]) await page.keyboard.press(key);
  await until(
    () => decodeURIComponent(page.url()).includes("sel=870..871@node-000,node-001"),
    page.url(),
  );
  await page.getByRole("link", { name: "Why slow?" }).click();
  await until(() => page.url().includes("/why?"), "Why slow?");
  await page.waitForSelector("ol[aria-label^='Checkpoints that are slower']");
  equal(
    await page.getByLabel("Slow traces").inputValue(),
    "blocks:870..871;nodes:node-000,node-001",
  );
  const first = page.locator("ol[aria-label^='Checkpoints that are slower'] li").first();
  const words = await first.innerText();
  ok(words.includes("Synchronize persistent frontier") && words.includes("70.0"), words);
  ok((await text(page)).includes("Faster than the base"), "what is faster stands apart");
  const pair = await first.getByRole("link", { name: "slow ⇄ typical" }).getAttribute("href");
  ok(pair.includes("/node-001?vs=") && pair.includes("node-000"), pair);
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("the matrix says what does not apply, and its legend has the mark", async (browser) => {
  const opened = await open(browser, { server: { nodes: 40 } });
  const { page } = opened;
  await opened.goto("/blocks?order=name");
  ok((await text(page, ".legend")).includes("does not apply"), "the legend");
  await page.getByRole("application").focus();
  const seen = new Set();
  for (let column = 0; column < 12; column += 1) {
    seen.add((await page.locator("#matrix-cell").textContent()).split(": ")[1]);
    await page.keyboard.press("ArrowLeft");
  }
  ok(
    [...seen].some((words) => words?.startsWith("does not apply")),
    [...seen].join(" | "),
  );
  await opened.close();
});

test("too few traces are not enough data, and the page says what is missing", async (browser) => {
  const opened = await open(browser);
  await opened.goto("/why?set=blocks:1;nodes:node-001");
  const words = await text(opened.page);
  ok(words.includes("Not enough data") && words.includes("Fewer than five traces"), words);
  ok(!words.includes("100"), "no share is made up");
  await opened.close();
});

test("the causes say which traces they rest on, where the bar names another time", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  const other = "; the time in the bar does not count here";
  for (const [path, words] of [
    ["/why", `chosen from all traces of the deployment${other}`],
    ["/why?d=6&t=15m&set=blocks:868..870", `chosen from all traces of the deployment${other}`],
    [
      "/why?set=run:ramp-3;round:0;slower:p95",
      `chosen from all traces of run ramp-3, round 0${other}`,
    ],
    ["/why?x=ramp-3&r=0", "chosen from all traces of run ramp-3, round 0"],
    ["/why?x=ramp-3", "chosen from all traces of run ramp-3"],
    ["/why?x=ramp-3&set=slower:p95", `chosen from all traces of the deployment${other}`],
  ]) {
    await opened.goto(path);
    const hint = page.getByRole("region", { name: "Causes" }).locator(".hint");
    equal(await hint.innerText(), words, path);
  }
  await shot(page, "why-all-traces");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("checkpoints are sorted, found, grouped and opened", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/checkpoints");
  await page.getByRole("button", { name: /^p99/ }).click();
  await until(() => page.url().includes("sort=p99"), "the order in the address");
  await settled(page);
  await page.getByRole("searchbox").fill("verify");
  await until(() => page.url().includes("q=verify"), "the filter in the address");
  await settled(page);
  equal(await page.locator("tbody tr").count(), 2);
  await page.getByRole("button", { name: "By node" }).click();
  await until(() => page.url().includes("group=node"), "the group in the address");
  await settled(page);
  ok((await page.locator("tbody tr").count()) > 5, "a row for each node");
  await page.getByRole("link", { name: "Verify commands" }).first().click();
  await until(() => page.url().includes("/checkpoints/Verify_commands"), "its page");
  for (const each of ["p50", "p99", "node-004", "Compared"])
    await until(async () => (await text(page)).includes(each), each);
  await opened.close();
});

test("checkpoints are held against another deployment; groups are those of a run", async (browser) => {
  const opened = await open(browser);
  const { page, fixture } = opened;
  await opened.goto("/checkpoints");
  equal(await page.getByRole("button", { name: "By round" }).count(), 0, "rounds without a run");
  await page.getByRole("button", { name: "Hold against…" }).click();
  await page.getByRole("button", { name: /^6/ }).click();
  await until(() => page.url().includes("vs=d6"), page.url());
  await settled(page);
  const grid = page.getByRole("grid", { name: "Checkpoints" });
  // The made-up data are the same in both: no change is made up.
  await until(async () => (await grid.innerText()).includes("±0"), "no change");
  const asked = fixture.asked.findLast((line) => line.includes("deployment=6"));
  ok(asked.includes("/v1/checkpoints?") && !asked.includes("from="), asked);
  await page.getByRole("button", { name: "With parts" }).click();
  await until(() => page.url().includes("stat=total"), page.url());
  await opened.goto("/checkpoints?x=ramp-3");
  await page.getByRole("button", { name: "By round" }).click();
  await until(() => page.url().includes("group=round"), page.url());
  await settled(page);
  ok((await grid.innerText()).includes("Round"), "a column for the round");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

const CHARTS = "section:has(h2:text-matches('by (node|round|deployment)$')) ul > li";

test("groups of a checkpoint are small charts on the same axes; each narrows the page", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/checkpoints");
  equal(await page.locator(CHARTS).count(), 0, "without groups");
  await page.getByRole("button", { name: "By node" }).click();
  const panel = page.getByRole("region", { name: / by node$/ });
  await until(async () => (await page.locator(CHARTS).count()) === 5, "a chart for each node");
  const charts = (await page.locator(CHARTS).allInnerTexts()).map((words) =>
    words.replaceAll("\u202f", " "),
  );
  for (const words of charts) ok(/^node-00\d\n+\d+ calls · p95 \d+/.test(words), words);
  const calls = charts.map((words) => Number(/(\d+) calls/.exec(words)[1]));
  equal(calls.join(), [...calls].sort((a, b) => b - a).join(), "most calls first");
  const axes = await page
    .locator(CHARTS)
    .evaluateAll((all) => all.map((each) => each.querySelector(".axis").textContent));
  equal(new Set(axes).size, 1, "one axis");
  // The distribution of a row leads there, by keys too.
  const grid = page.getByRole("grid", { name: "Checkpoints" });
  await grid.getByRole("button", { name: "Calls" }).focus();
  for (const key of ["ArrowDown", "ArrowDown", "End", "Enter"]) await page.keyboard.press(key);
  await until(() => page.url().includes("of="), "the checkpoint in the address");
  const name = new URL(page.url()).searchParams.get("of");
  equal(await panel.getByRole("combobox").inputValue(), name);
  ok((await panel.innerText()).startsWith(name.replaceAll("_", " ")), name);
  await panel.getByRole("button", { name: /^Take away/ }).click();
  await panel.getByText(/^Save CSV \(190 rows\)/).waitFor();
  await page.keyboard.press("Escape");
  await panel.getByRole("link", { name: "node-003" }).click();
  await until(() => page.url().endsWith("/checkpoints?nodes=node-003"), page.url());
  await settled(page);
  equal(await page.locator(CHARTS).count(), 0, "one node has no groups");
  await page.getByRole("button", { name: "1 node: show all" }).click();
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("of a thousand nodes eight have a chart and the others one; rounds stand in their order", async (browser) => {
  const opened = await open(browser, { server: { nodes: 1000, rounds: 9 } });
  const { page, fixture } = opened;
  await opened.goto("/checkpoints?group=node&of=Apply_diff");
  ok((await text(page)).includes("500 of 9\u202f570 rows"), "what is not shown is said");
  await until(async () => (await page.locator(CHARTS).count()) === 9, "eight and the others");
  const others = (await page.locator(CHARTS).last().innerText()).replaceAll("\u202f", " ");
  ok(/^949 other nodes\n+\d+ \d+ calls · p95 [\d.]+ m?s to [\d.]+ m?s/.test(others), others);
  const whole = fixture.asked.findLast((line) => line.includes("/v1/checkpoints/Apply_diff"));
  const asked = fixture.asked.findLast((line) => line.includes("q=Apply_diff"));
  ok(whole && /nodes=(node-\d+(,|%2C)){7}node-\d+/.test(asked), asked);
  const answer = async (path) => (await fetch(opened.base + path)).json();
  const all = (await answer(whole)).calls;
  const texts = await page.locator(CHARTS).allInnerTexts();
  const calls = texts.map((words) =>
    Number(/([\d\u202f]+) calls/.exec(words)[1].replace("\u202f", "")),
  );
  equal(
    calls.reduce((sum, count) => sum + count),
    all,
    "no call is lost",
  );
  await opened.goto("/checkpoints?group=round&x=ramp-3");
  const titles = await page.locator(`${CHARTS} h3`).allInnerTexts();
  equal(
    titles.join(),
    `${[0, 1, 2, 3, 4, 5, 6, 7].map((at) => `Round ${at}`).join()},2 other rounds`,
  );
  await page.getByRole("link", { name: "Round 3" }).click();
  await until(() => page.url().endsWith("/checkpoints?x=ramp-3&r=3"), page.url());
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("checkpoints stand below what they are parts of, where the address says so", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/checkpoints");
  await page.getByRole("button", { name: "Tree" }).click();
  await until(() => page.url().includes("view=tree"), "the order in the address");
  const tree = page.getByRole("treegrid", { name: "Checkpoints" });
  const outline = () =>
    tree
      .locator("tbody tr[aria-level]")
      .evaluateAll((rows) =>
        rows.map((row) => `${row.ariaLevel} ${row.cells[0].innerText.trim()}`),
      );
  const rows = await outline();
  equal(rows.length, 10, "no checkpoint is lost");
  const at = rows.indexOf("3 Apply diff");
  equal(rows[at + 1], "4 Update coinbase stack");
  equal(
    rows.slice(0, at).findLast((row) => row.startsWith("2")),
    "2 Build breadcrumb",
  );
  // Parts of one checkpoint stand in the order of the column.
  await tree.getByRole("button", { name: /^Checkpoint/ }).click();
  await until(() => page.url().includes("sort=name"), page.url());
  await settled(page);
  const sorted = await outline();
  equal(
    sorted.filter((row) => row.startsWith("1")).join(),
    "1 Add and finalize,1 Begin external block processing,1 To verify",
  );
  await page.reload();
  await settled(page);
  equal((await outline()).join(), sorted.join(), "after a reload");
  // What they are parts of is said where the filter leaves it out.
  await page.getByRole("searchbox").fill("coinbase");
  await until(
    async () => (await outline()).join() === "1 Update coinbase stack in Apply diff",
    "alone",
  );
  await tree.getByRole("link").focus();
  await page.keyboard.press("Enter");
  await until(() => page.url().includes("/checkpoints/Update_coinbase_stack"), page.url());
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("what was lost leads to those transactions; lists are sorted by the service", async (browser) => {
  const opened = await open(browser);
  const { page, fixture } = opened;
  await opened.goto("/transactions");
  await page.getByRole("link", { name: "missed", exact: true }).click();
  await until(() => page.url().includes("fate=missed"), page.url());
  await settled(page);
  const fates = await page.locator("tbody tr[aria-rowindex] td:nth-child(3)").allInnerTexts();
  ok(fates.length > 5 && fates.every((fate) => fate.trim() === "Missed"), fates.join());
  await page.getByRole("button", { name: /^Nodes/ }).click();
  await until(() => page.url().includes("sort=nodes"), page.url());
  ok(
    fixture.asked.some((line) => /transactions\?.*sort=nodes&order=asc/.test(line)),
    "sorted by the service",
  );
  // A step of the flow leads to its transactions, and each of them to its block.
  await page.getByRole("link", { name: "in blocks", exact: true }).click();
  await until(() => page.url().includes("fate=included"), page.url());
  await settled(page);
  const included = await page.locator("tbody tr[aria-rowindex] td:nth-child(3)").allInnerTexts();
  ok(new Set(included).size === 2, `applied and failed: ${included.join()}`);
  await shot(page, "transactions-included");
  await page.locator("tbody tr[aria-rowindex]").first().locator("a[href*='/blocks/3N']").click();
  await until(() => page.url().includes("/blocks/3N"), page.url());
  await opened.goto("/transactions?fate=failed");
  await page
    .locator("tbody")
    .getByRole("link", { name: /^Amount_insufficient/ })
    .first()
    .click();
  await until(() => page.url().includes("reason=Amount"), page.url());
  await page.getByRole("button", { name: /show all$/ }).click();
  await until(() => !page.url().includes("reason="), page.url());
  await opened.goto("/snark-work");
  await page.getByRole("button", { name: "Merge" }).click();
  await until(() => page.url().includes("kind=merge"), page.url());
  await settled(page);
  const kinds = await page.locator("tbody tr[aria-rowindex] td:nth-child(2)").allInnerTexts();
  ok(
    kinds.every((kind) => kind.includes("merge")),
    kinds.join(),
  );
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("transactions have fates, pages and a page each", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/transactions");
  ok((await text(page)).includes("intended"), "the flow");
  // Without a run nobody knows how many were intended: that is no zero.
  ok((await page.locator("ol li").first().textContent()).includes("unknown"), "intended");
  await page.getByRole("button", { name: "Next page" }).click();
  await settled(page);
  await page.getByRole("button", { name: "First page" }).click();
  await page.getByRole("button", { name: "Failed", exact: true }).click();
  await until(() => page.url().includes("fate=failed"), "the fate in the address");
  await settled(page);
  ok(
    (await text(page, "tbody")).includes("Amount_insufficient_to_create_account"),
    "why it failed",
  );
  await page.locator("tbody tr a").first().click();
  await until(() => page.url().includes("/transactions/5J"), "one transaction");
  for (const each of ["Rejected", "Overloaded", "its own user"])
    await until(async () => (await text(page)).includes(each), each);
  await opened.goto("/transactions?x=ramp-3");
  ok((await page.locator("ol li").first().innerText()).includes("12\u202f000"), "with a run");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("runs are marked and compared; of equal ones none is worse", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/experiments");
  for (const name of ["ramp-3", "ramp-2"])
    await page.locator("tr", { hasText: name }).first().getByRole("checkbox").check();
  await page.getByRole("button", { name: "Compare 2" }).click();
  await until(() => page.url().includes("runs=ramp-2,ramp-3"), page.url());
  await until(async () => (await text(page)).includes("2 worse"), "the verdicts");
  let words = await text(page);
  ok(words.includes("1 better"), words);
  const rows = await page.locator("tbody").first().innerText();
  ok(rows.includes("checkpoint: Verify commands"), "the checkpoint that became slower");
  ok(!rows.includes("restarts"), "what is the same is hidden");
  ok(words.includes("6 metrics are hidden: 5 same, 1 without enough data."), words);
  await page.getByRole("button", { name: "Worse", exact: true }).click();
  await until(
    async () => (await text(page)).includes("hidden: 1 better, 5 same, 1 without enough data."),
    "what is hidden by another choice",
  );
  ok(words.includes("BaseTps"), "the setup that differs");
  await page.getByRole("button", { name: "All", exact: true }).click();
  await until(() => page.url().includes("only=all"), "the choice in the address");
  const compared = page.locator("tbody").first();
  await until(async () => (await compared.textContent()).includes("unknown: fewer"), "unknown");
  await page.getByRole("link", { name: "latency.p95" }).click();
  await until(() => page.url().includes("metric=latency.p95"), "the metric in the address");
  const rounds = page.getByRole("region", { name: "Round by round" });
  const differences = rounds.locator("tbody tr[aria-rowindex] td:last-child");
  await until(() => differences.count().then((count) => count === 3), "its rounds");
  equal(
    (await differences.allInnerTexts()).map((each) => each.trim()).join(),
    "±0,+4\u202fmin 40\u202fs,±0",
  );
  await rounds.getByRole("button", { name: "Close" }).click();
  const slower = page.getByRole("region", { name: "What made the last run slower?" });
  ok(
    opened.fixture.asked.some((line) =>
      /attribution\?.*set=run%3Aramp-3&base=run%3Aramp-2/.test(line),
    ),
    "the last run against the base",
  );
  const causes = slower.getByRole("list").first().getByRole("listitem");
  ok((await causes.first().innerText()).startsWith("1"), "ranked");
  const pair = await causes.first().getByRole("link", { name: "slow ⇄ typical" });
  ok(/\/trace\/3N.*vs=3N/.test(await pair.getAttribute("href")), "two traces that show it");
  const all = slower.getByRole("link", { name: /other sets/i });
  ok((await all.getAttribute("href")).includes("run%3Aramp-3"), "the page of causes");
  await shot(page, "compare-slower");
  await page.getByRole("button", { name: "Swap" }).click();
  await until(() => page.url().includes("runs=ramp-3,ramp-2"), page.url());
  await opened.goto("/experiments/compare?runs=ramp-3,night-soak");
  words = await text(page);
  ok(words.includes("0 worse") && words.includes("0 better"), words);
  ok(words.includes("No difference beyond chance in the 8 metrics with enough data, of 9"), words);
  await opened.close();
  // Of what was not measured nobody knows whether it differs.
  const bare = await open(browser, { server: { unmeasured: true } });
  await bare.goto("/experiments/compare?runs=ramp-2,ramp-3&only=all");
  words = await text(bare.page);
  ok(words.includes("Not enough data to compare"), words);
  ok(!words.includes("No difference beyond chance"), words);
  ok(words.includes("9 without enough data") && words.includes("0 within chance"), words);
  await bare.close();
});

test("two traces are compared step by step; swapped, the signs turn", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto(`/trace/${hash(1)}/node-001`);
  await page.getByRole("button", { name: "Compare with…" }).click();
  await page.getByRole("button", { name: /fastest node/ }).click();
  await until(() => page.url().includes("vs="), "the other trace in the address");
  await settled(page);
  const sum = async () => (await text(page, ".sides")).match(/[+−][\d.]+\u202f\w+/)[0];
  const before = await sum();
  const table = page.getByRole("grid", { name: "Steps of both traces" });
  ok((await table.textContent()).includes("does not apply"), "a step of one trace only");
  await page.getByRole("link", { name: "Swap" }).click();
  await settled(page);
  const after = await sum();
  equal(after.slice(1), before.slice(1));
  ok(after[0] !== before[0], `${before} and ${after}`);
  await page.getByRole("button", { name: "All", exact: true }).last().click();
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("axes name their clock where the network's is another", async (browser) => {
  const opened = await open(browser, { server: { scale: 60 } });
  const { page } = opened;
  await opened.goto("/");
  equal(await page.getByText("network time ×60").count(), 4, "one for each chart");
  ok((await text(page, "header")).includes("network ×60"), "the header");
  await opened.goto("/snark-work");
  equal(await page.getByText("network time ×60").count(), 1);
  await opened.goto("/experiments/ramp-3");
  ok((await text(page)).includes("in lab time"), "steps are in lab time");
  const link = page.getByRole("link", { name: "round 1" }).first();
  ok((await link.getAttribute("href")).includes("/blocks?x=ramp-3&r=1"), "a round's blocks");
  // Every chart over time on any page.
  let charts = 0;
  for (const [, path] of PAGES) {
    await opened.goto(path);
    const found = await page.locator("main .uplot").count();
    equal(await page.locator("main .clock").count(), found, `${path}: clocks of ${found} charts`);
    charts += found;
  }
  ok(charts > 6, `${charts} charts`);
  const plain = await open(browser);
  await plain.goto("/");
  equal(await plain.page.getByText("network time").count(), 0, "no word of it at ×1");
  await plain.close();
  await opened.close();
});

test("one name in two deployments is two rows, and what was only recorded says so", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/experiments");
  await page.getByRole("link", { name: "Outcomes" }).click();
  await until(() => page.url().includes("view=outcomes"), "the view in the address");
  const rows = page.locator("tbody tr", { hasText: "ramp-2" });
  await until(() => rows.count().then((count) => count === 2), "two rows");
  ok((await rows.nth(0).innerText()).includes("Pass"), "deployment 7");
  ok((await rows.nth(1).innerText()).includes("Fail"), "deployment 6");
  const recorded = page.locator("tbody tr", { hasText: "night-soak" });
  const words = (await recorded.textContent()) ?? "";
  ok(words.includes("Recorded, not started here"), words);
  ok(words.includes("unknown: Known from traces only") && words.includes("no data"), words);
  await opened.close();
});

test("a checkpoint has its times, calls over time, slowest calls and groups, all in the address", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/checkpoints/Verify_commands");
  const calls = page.getByRole("grid", { name: "10 calls" });
  equal(await calls.locator("tbody tr[aria-rowindex]").count(), 10);
  await page
    .getByRole("region", { name: "Own time" })
    .getByRole("button", { name: /–/ })
    .nth(2)
    .click();
  await until(() => page.url().includes("bucket="), "the bucket in the address");
  ok(
    (await page.getByRole("region", { name: "Slowest calls" }).innerText()).includes("those of"),
    "which",
  );
  await page.getByRole("button", { name: "All calls" }).click();
  await until(() => !page.url().includes("bucket="), "all again");
  const axis = await page.getByRole("region", { name: "Over time" }).innerText();
  ok(axis.includes("316\u202fms") && !/\d\.\d{3}/.test(axis), `digits nobody reads: ${axis}`);
  const heat = page.getByRole("slider", { name: /by time and duration/ });
  await heat.focus();
  await page.keyboard.press("ArrowRight");
  ok(/call.* of /.test(await heat.getAttribute("aria-valuetext")), "a cell is said");
  equal(await page.getByRole("button", { name: "Rounds" }).count(), 0, "rounds without a run");
  await opened.goto("/checkpoints/Verify_commands?x=ramp-3");
  await page.getByRole("button", { name: "Rounds" }).click();
  await until(() => page.url().includes("group=round"), "the group in the address");
  await page.getByRole("grid", { name: "2 rounds" }).waitFor();
  await page.getByRole("button", { name: "With its parts" }).click();
  await until(() => page.url().includes("stat=total"), "the time in the address");
  await calls
    .getByRole("link", { name: /^Open trace/ })
    .first()
    .click();
  await page.waitForSelector("[role=treegrid] [aria-selected=true][data-row='3']");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("the results of a run are drawn round by round, with the bound as a line", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/experiments/ramp-3?tab=results");
  const latency = page.getByRole("figure", { name: /^Latency, 95 %/ });
  ok((await latency.innerText()).includes("bound < 13\u202fmin"), await latency.innerText());
  const bars = latency.locator("li:not(.bound)");
  equal(await bars.count(), 3);
  equal(await bars.nth(1).locator(".hatch").count(), 1, "what was not measured is hatched");
  ok((await bars.nth(1).textContent()).includes("unknown"), "and said");
  const line = await latency.locator(".bound").boundingBox();
  const top = async (at) => (await bars.nth(at).locator(".bar").boundingBox()).y;
  ok(
    (await top(2)) < line.y && (await top(0)) > line.y,
    "round 2 is over the bound, round 0 is not",
  );
  equal(
    await page
      .getByRole("figure", { name: /^Included/ })
      .locator(".bound")
      .count(),
    0,
  );
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("a node shows its checkpoints beside all nodes, and its restarts", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/nodes/node-002");
  await page.getByRole("link", { name: "Checkpoints", exact: true }).last().click();
  const table = page.getByRole("grid", { name: "Checkpoints of node-002" });
  await table.waitFor();
  ok(
    opened.fixture.asked.some(
      (path) => path.includes("/v1/checkpoints?") && path.includes("nodes=node-002"),
    ),
    "asked for this node",
  );
  ok(/\d\.\d×/.test(await table.innerText()), "compared with all nodes");
  await page.getByRole("link", { name: "Restarts" }).click();
  const restarts = await page.getByRole("grid", { name: "Restarts of node-002" }).innerText();
  for (const text of ["OOMKilled", "137", "reported by what runs the node", "another process"])
    ok(restarts.includes(text), `${text} in ${restarts}`);
  await opened.goto("/nodes/node-000?tab=restarts");
  ok((await page.locator("main").innerText()).includes("was not restarted"), "none");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("a run shows its plan behind what came, its rounds as bands, its latencies as a heat map", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/experiments/ramp-3");
  const live = page.getByRole("region", { name: "Transactions per minute", exact: true });
  const plot = live.getByRole("img");
  await plot.waitFor();
  await until(async () => {
    const label = await plot.getAttribute("aria-label");
    return label.includes("planned") && label.includes("Bands: round 0, round 1, round 2.");
  }, "the plan and the rounds");
  // The plan of six rounds goes on beyond what has come.
  const [from, until_] = await plot.evaluate((each) => [
    Number(each.dataset.from),
    Number(each.dataset.until),
  ]);
  ok(until_ - from > 1.8 * 3_600_000_000, `${(until_ - from) / 60e6} min`);
  await live.getByRole("button", { name: "as table" }).click();
  const rows = await live.locator("tbody tr").allInnerTexts();
  ok(rows[0].includes("42.0\u202f/min"), rows[0]);
  ok(/\?\s+\?\s+\?/.test(rows.at(-1)), `what is to come is not known: ${rows.at(-1)}`);
  await opened.goto("/experiments/ramp-3?tab=results");
  const heat = page.getByRole("slider", { name: /Latency of ramp-3/ });
  await heat.focus();
  await page.keyboard.press("ArrowRight");
  ok(/transactions? of/.test(await heat.getAttribute("aria-valuetext")), "a cell is said");
  await shot(page, "experiment-latency");
  await opened.goto("/?x=ramp-3");
  const chart = page.getByRole("region", { name: "Transactions", exact: true }).getByRole("img");
  await until(async () => (await chart.getAttribute("data-bands")) === "3", "bands");
  await shot(page, "overview-rounds");
  await page.getByRole("button", { name: "Rounds in the charts" }).click();
  await until(async () => (await chart.getAttribute("data-bands")) === "0", "without bands");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("of nothing there are no shares", async (browser) => {
  const opened = await open(browser, { server: { nodes: 0, kind: "empty" } });
  await opened.goto("/transactions");
  const flow = opened.page.getByRole("list", { name: "From intended to applied" });
  ok(!(await flow.innerText()).includes("%"), await flow.innerText());
  await opened.close();
});

test("in a narrow panel the menu stays beside its title", async (browser) => {
  const opened = await open(browser, { size: NARROW });
  for (const [path, title] of [
    ["/", "Data"],
    ["/lab/services", "Leases"],
  ]) {
    await opened.goto(path);
    const panel = opened.page.getByRole("region", { name: title, exact: true });
    const head = await panel.getByRole("heading", { name: title, exact: true }).boundingBox();
    const menu = await panel.locator("button[title^='Take away']").boundingBox();
    const [a, b] = [head.y + head.height / 2, menu.y + menu.height / 2];
    ok(Math.abs(a - b) < 8 && menu.x > 300, `${title}: ${a} and ${b}, ${menu.x}`);
  }
  await opened.close();
});
