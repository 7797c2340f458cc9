/** Lab: completeness by minutes; and the time line of a run. */
import { equal, ok, open, settled, shot, test, until } from "./harness.mjs";

test("nodes by minutes: cells say what is lost, are added up, and lead to the node", async (browser) => {
  const opened = await open(browser, { server: { nodes: 40 } });
  const { page, fixture } = opened;
  await opened.goto("/lab/completeness");
  const matrix = page.getByRole("application", { name: /^Lost part of 40 nodes in 60 spans/ });
  await matrix.focus();
  const cell = page.locator("#matrix-cell");
  ok(/node-000, .*: complete/.test(await cell.innerText()), "the newest minute is complete");
  // Node 3 has lost entries in the middle of the hour, node 6 has a gap of unknown size.
  for (let row = 0; row < 3; row += 1) await page.keyboard.press("ArrowDown");
  for (let column = 0; column < 37; column += 1) await page.keyboard.press("ArrowLeft");
  ok(/node-003, .* % lost/.test((await cell.innerText()).replaceAll("\u202f", " ")), "a loss");
  await page.keyboard.down("Shift");
  for (let column = 0; column < 3; column += 1) await page.keyboard.press("ArrowRight");
  await page.keyboard.up("Shift");
  const sum = page.locator(".chosen");
  await until(async () => /1 node \(node-003\), 4/.test(await sum.innerText()), "what is chosen");
  ok(/[\d\u202f]+ stored, [1-9]\d* lost/.test(await sum.innerText()), "is added up");
  const address = page.url();
  await page.goto(address);
  await settled(page);
  ok((await sum.innerText()).includes("node-003"), "what is chosen is in the address");
  await page.getByRole("button", { name: "Show this time only" }).click();
  await until(() => new URL(page.url()).searchParams.get("t")?.includes(".."), "the time");
  await until(
    () => fixture.asked.some((each) => /minutes\?.*from=\d+.*until=\d+.*steps=200/.test(each)),
    "only that time is asked for",
  );
  const byNode = page.getByRole("grid", { name: "Completeness by node" });
  for (const head of ["Malformed", "Sessions"])
    equal(await byNode.locator("th", { hasText: head }).count(), 1, head);
  const cells = byNode.locator("tr", { hasText: "node-001" }).locator("td");
  equal(await cells.nth(5).innerText(), "3", "malformed entries");
  await opened.goto("/lab/completeness?t=24h&cells=stored");
  ok((await page.locator("main").innerText()).includes("8\u202fmin a column"), "longer columns");
  await page.getByRole("application", { name: /^Stored entries/ }).focus();
  ok(/stored$/.test(await cell.innerText()), "stored entries");
  await page.keyboard.press("Enter");
  await until(() => /\/nodes\/node-000\?.*tab=gaps/.test(page.url()), "the gaps of the node");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("a list of gaps says how many there are, goes on page by page, and leads to nodes", async (browser) => {
  for (const [gaps, words] of [
    [198, "newest first"],
    [1100, "the newest 200 of 1\u202f102, newest first"],
  ]) {
    const opened = await open(browser, { server: { gaps } });
    await opened.goto("/lab/completeness");
    const panel = opened.page.getByRole("region", { name: "Gaps", exact: true });
    await until(() => panel.locator("tbody tr").count(), "gaps");
    equal(await panel.locator(".hint").innerText(), words, `${gaps} older ones`);
    await panel.scrollIntoViewIfNeeded();
    await shot(opened.page, "gaps-cut");
    const node = panel.locator("tbody a").first();
    ok((await node.getAttribute("href")).includes("?tab=gaps"), "a gap leads to those of its node");
    if (gaps > 200) {
      const first = await panel.locator("tbody tr[aria-rowindex]").first().innerText();
      await panel.getByRole("button", { name: "Next page" }).click();
      await until(() => opened.page.url().includes("cursor="), "the page in the address");
      await until(
        async () => (await panel.locator("tbody tr[aria-rowindex]").first().innerText()) !== first,
        "other gaps",
      );
      equal(await panel.locator(".hint").innerText(), "200 of 1\u202f102, newest first");
    }
    equal(opened.complaints.join("\n"), "");
    await opened.close();
  }
});

test("the time line of a run has plan, rounds, stops, what is late, and now", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/experiments/ramp-3");
  const line = page.getByRole("group", { name: /^Time line of ramp-3/ });
  await line.waitFor();
  equal(await line.locator("[data-planned]").count(), 6, "planned rounds");
  equal(await line.locator("[data-round]").count(), 3, "rounds that have begun");
  ok((await line.locator(".going[data-round]").count()) === 1, "one goes on");
  ok((await line.locator("[data-late]").count()) >= 1, "what is behind its plan is hatched");
  equal(await line.locator(".ghost-mark").count(), 6, "planned stops");
  ok((await line.locator(".mark.stop").count()) >= 2, "stops that have happened");
  ok((await line.locator(".event").getAttribute("title")).includes("2 of 50 nodes refused"));
  const left = async (part) => (await line.locator(part).first().boundingBox()).x;
  const [now, begun, ahead] = [
    await left(".now"),
    await left("[data-round='2']"),
    await left("[data-planned='3']"),
  ];
  ok(begun < now && now < ahead, "now stands between what has begun and what is to come");
  const thresholds = page.getByRole("grid", { name: "Thresholds" });
  ok(
    /% (within|beyond)/.test((await thresholds.innerText()).replaceAll("\u202f", " ")),
    "distance",
  );
  await page.getByRole("button", { name: "Fold waits" }).click();
  ok((await line.locator(".fold").count()) > 0, "long waits are folded");
  ok((await left("[data-planned='3']")) !== ahead, "and give room to the rest");
  await page.getByRole("button", { name: "As list" }).click();
  const list = page.getByRole("grid", { name: "Rounds, pauses and stops" });
  const text = await list.innerText();
  for (const part of ["round 0", "pause after round 0", "stop-daemon in round 1", "round 5"])
    ok(text.includes(part), part);
  await list.locator("tr", { hasText: "round 0" }).first().waitFor();
  await opened.goto("/experiments/ramp-3?tab=results");
  await line.waitFor();
  equal(await line.locator("[data-planned]").count(), 6, "results have the time line, too");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("the note of a deployment is changed, and old traces go after it is said which", async (browser) => {
  const opened = await open(browser);
  const { page, fixture } = opened;
  await opened.goto("/lab/deployments");
  await page.getByRole("button", { name: /^Add….*the note of deployment 7$/ }).click();
  await page.getByLabel("Note", { exact: true }).fill("with the patch");
  await page.getByRole("button", { name: "Save" }).click();
  await until(
    () => page.getByRole("button", { name: /^with the patch/ }).count(),
    "the note in its row",
  );
  // What is counted of a deployment is a link to it.
  const row = page.locator("tbody tr[aria-rowindex]", { hasText: "before the ledger patch" });
  for (const [at, address] of [
    [5, "/nodes?d=6&t=all"],
    [6, "/blocks?d=6&t=all"],
    [10, "/experiments?d=6&t=all&view=outcomes"],
  ]) {
    const href = await row.locator("td").nth(at).getByRole("link").getAttribute("href");
    equal(href, address);
  }
  await opened.goto("/lab/database");
  await page.getByRole("button", { name: "Clean up old traces…" }).click();
  const dialog = page.getByRole("dialog");
  ok(
    /17 traces with 4\D210 checkpoints of 2 deployments/.test(await dialog.innerText()),
    "what goes",
  );
  ok(!fixture.settings.cleaned, "nothing has gone yet");
  await dialog.getByRole("button", { name: "Delete them" }).click();
  await until(() => fixture.settings.cleaned, "they are deleted");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});
