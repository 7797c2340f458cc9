/** Blocks, one block, one trace. */
import { hash } from "../fixtures/data.mjs";
import { equal, ok, open, settled, test, until } from "./harness.mjs";

test("the matrix is worked by keyboard, says each cell, and opens its trace", async (browser) => {
  const opened = await open(browser, { server: { nodes: 40 } });
  const { page } = opened;
  await opened.goto("/blocks?order=name");
  const matrix = page.getByRole("application");
  await matrix.focus();
  const said = async () => (await page.locator("#matrix-cell").textContent()) ?? "";
  ok((await said()).startsWith("node-000, block 871"), await said());
  for (let step = 0; step < 11; step += 1) await page.keyboard.press("ArrowDown");
  ok((await said()).includes("node-011") && (await said()).includes("not measured"), await said());
  const states = new Set();
  for (const [down, row] of [["ArrowUp", 3]]) {
    for (let step = 0; step < 11 - row; step += 1) await page.keyboard.press(down);
    for (let column = 0; column < 39; column += 1) {
      await page.keyboard.press("ArrowLeft");
      if ((await said()).includes("entries of this node are lost")) states.add("unknown");
    }
  }
  ok(states.has("unknown"), "lost entries make a cell unknown");
  await page.keyboard.press("Enter");
  await until(
    () => page.url().includes("/trace/") && page.url().includes("/node-003"),
    "the trace",
  );
  await opened.close();
});

test("a fork is two columns, an orphan in the list, and a sibling of its block", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/blocks");
  const orphan = page.locator("tr", { hasText: "Orphan" });
  equal(await orphan.count(), 1);
  equal(await page.locator("tbody tr", { hasText: "869" }).count(), 2);
  await orphan.getByRole("link").click();
  await until(() => page.url().includes("/blocks/3N"), "the orphan's page");
  await settled(page);
  ok((await page.locator("main").innerText()).includes("At the same height"), "its sibling");
  await opened.close();
});

test("from the Overview to the slowest checkpoint in three clicks", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/");
  await page.getByRole("link", { name: "Blocks", exact: true }).click();
  await page.waitForSelector("[role=application] canvas");
  await settled(page);
  const box = await page.getByRole("application").boundingBox();
  // The slow cell of the made-up data: the last block but one on the node whose name ends in 1.
  await page.mouse.click(box.x + box.width - 40, box.y + 36 + 4 * 24 + 10);
  await until(() => page.url().includes("/trace/"), "the trace of a cell");
  await page.waitForSelector("[role=treegrid] [data-row]");
  await page.locator("[role=treegrid] [data-row]").first().click();
  ok((await page.locator("aside").innerText()).includes("own"), "the checkpoint's own time");
  await opened.close();
});

test("a trace is folded, zoomed, filtered and searched, and the address says so", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto(`/trace/${hash(1)}/node-003`);
  const rows = () => page.locator("[role=treegrid]").getAttribute("aria-rowcount").then(Number);
  const folded = await rows();
  await page.locator("[data-row='0']").click();
  await page.keyboard.press("ArrowRight");
  equal(await rows(), folded + 5, "unfolded");
  await page.keyboard.press("ArrowLeft");
  equal(await rows(), folded, "folded");
  const before = await page.locator(".bar").first().getAttribute("style");
  await page.keyboard.press("w");
  ok((await page.locator(".bar").first().getAttribute("style")) !== before, "zoomed");
  await page.keyboard.press("0");
  await page.getByRole("searchbox").fill("coinbase");
  await until(() => page.url().includes("q=coinbase"), "the address");
  await page.getByRole("button", { name: "Next" }).click();
  ok((await page.locator("aside h3").innerText()).includes("coinbase"), "the next match");
  await page.getByRole("button", { name: "≥ 5 %" }).click();
  await until(() => page.url().includes("min=5"), "the address");
  ok((await rows()) < folded + 10, "short ones are gone");
  await opened.close();
});

test("50,000 checkpoints are opened, unfolded and scrolled", async (browser) => {
  const opened = await open(browser, { server: { checkpoints: 50_000 } });
  const { page } = opened;
  await opened.goto(`/trace/${hash(1)}/node-003`);
  await page.getByRole("button", { name: "Unfold all" }).click();
  const rows = Number(await page.locator("[role=treegrid]").getAttribute("aria-rowcount"));
  ok(rows > 49_000, `${rows} rows`);
  ok((await page.locator("[data-row]").count()) < 80, "only what is seen is there");
  await page.locator("[data-row='0']").click();
  await page.keyboard.press("End");
  await until(() => page.locator(`[aria-rowindex='${rows}']`).count(), "the last row");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});
