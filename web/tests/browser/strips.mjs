/** What is drawn in one row: the last blocks, and the states of a node. */
import { equal, ok, open, test, until } from "./harness.mjs";

test("the last blocks are dots by height, with forks and empty slots; each opens its block", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/");
  const panel = page.getByRole("region", { name: "Last blocks" });
  const dots = panel.getByRole("link");
  await until(() => dots.count(), "dots");
  const names = await dots.evaluateAll((all) => all.map((dot) => dot.getAttribute("aria-label")));
  ok(names.at(-1).startsWith("Block 871, slot"), "the newest at the end");
  equal(names.filter((name) => name.includes("beside the best chain")).length, 1, "one fork");
  const gaps = await panel.locator(".missed").evaluateAll((all) => all.map((gap) => gap.title));
  ok(
    gaps.some((gap) => /^2 slots without a block before block \d+$/.test(gap)),
    gaps.join(),
  );
  // One stop of the Tab key; arrow keys lead on.
  equal(await panel.locator("a[tabindex='0']").count(), 1, "one stop");
  await panel.locator("a[tabindex='0']").focus();
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Enter");
  await until(() => /\/blocks\/3N/.test(page.url()), "the block");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
  const none = await open(browser, { server: { nodes: 0, kind: "empty" } });
  await none.goto("/");
  ok(
    (await none.page.getByRole("region", { name: "Last blocks" }).innerText()).includes("No block"),
  );
  // Of nothing there are no figures, and no zero.
  const figures = await none.page.getByRole("region", { name: "Key figures" }).innerText();
  for (const words of [
    "nothing is stored",
    "none was found",
    "no block applied",
    "nothing recorded",
  ])
    ok(figures.includes(words), `${words} in ${figures}`);
  ok(!/0\s?\/min/.test(figures), figures);
  await none.close();
});

test("the states of a node are a strip: how long each lasted, and when nothing was read", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/nodes/node-002");
  const strip = page.getByRole("slider", { name: "States of node-002 over time" });
  await strip.focus();
  const said = async () => (await strip.getAttribute("aria-valuetext")).replaceAll("\u202f", " ");
  ok((await said()).includes("still so"), "the newest");
  await page.keyboard.press("ArrowLeft");
  ok((await said()).includes("10 min 20 s, ended: the node has restarted"), await said());
  await page.keyboard.press("ArrowLeft");
  ok((await said()).startsWith("Not read from"), await said());
  const sums = page.getByRole("list", { name: "Time in each state" });
  ok(/Not read\s+15\smin/.test(await sums.innerText()), await sums.innerText());
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});
