/** One block: how it went through the network, what it holds, and its forks. */
import { hash } from "../fixtures/data.mjs";
import { equal, ok, open, settled, shot, test, until } from "./harness.mjs";

test("a block shows which part of the nodes had it when, by the way in which they got it", async (browser) => {
  const opened = await open(browser, { server: { nodes: 40 } });
  const { page } = opened;
  await opened.goto(`/blocks/${hash(1)}`);
  const panel = page.getByRole("region", { name: "Propagation" });
  const label = await panel.getByRole("figure").getAttribute("aria-label");
  ok(/^Part of \d+ nodes that had the block: External half after/.test(label), label);
  ok(label.includes("Catchup half after"), label);
  equal(await panel.locator(".plot path").count(), 2, "a line for each");
  const words = await panel.innerText();
  ok(words.includes("1 node has made it") && words.includes("wrong clock"), words);
  await shot(page, "block-propagation");
  await opened.close();
});

test("traces of a block are sorted, and the address says so", async (browser) => {
  const opened = await open(browser, { server: { nodes: 12 } });
  const { page } = opened;
  await opened.goto(`/blocks/${hash(1)}`);
  await page.getByRole("button", { name: /^Application/ }).click();
  await until(() => page.url().includes("sort=total&order=asc"), page.url());
  await page.getByRole("button", { name: /^Application/ }).click();
  await until(() => page.url().includes("order=desc"), page.url());
  const cells = await page.locator("tbody tr[aria-rowindex] td:nth-child(7)").allInnerTexts();
  const times = cells.map(Number);
  equal(times.join(), [...times].sort((a, b) => b - a).join());
  await opened.close();
});

test("a trace of a block whose loss nobody knows has lost no 0 entries", async (browser) => {
  // Node 3 has lost entries, node 6 has a gap of unknown size.
  const opened = await open(browser, { server: { nodes: 10 } });
  const { page } = opened;
  await opened.goto(`/blocks/${hash(1)}?sort=lost&order=desc`);
  const rows = page.getByRole("grid", { name: "Traces of this block" }).locator("tbody tr");
  const lost = async (node) => {
    const cell = rows.filter({ hasText: node }).locator("td").nth(8);
    return [(await cell.innerText()).replaceAll(/\s+/g, " "), (await cell.textContent()) ?? ""];
  };
  equal((await lost("node-000"))[0], "0");
  equal((await lost("node-003"))[0], "2");
  const [seen, read] = await lost("node-006");
  ok(/^\? .*1 gap$/.test(seen), seen);
  ok(read.includes("unknown: 1 gap of unknown size"), read);
  const nodes = await rows.locator("td:first-child").allInnerTexts();
  ok(nodes[0].startsWith("node-003"), "the greatest known loss is first");
  ok(
    nodes
      .filter((node) => node.startsWith("node"))
      .at(-1)
      .startsWith("node-006"),
    "? is last",
  );
  await shot(page, "block-lost");
  await opened.close();
});

test("a block has its transactions, with what became of each in it", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto(`/blocks/${hash(1)}`);
  const facts = await page.getByRole("region", { name: "Facts" }).innerText();
  const [, payments, zkapps] = facts.match(/Payments\s+(\d+)\s+zkApps\s+(\d+)/).map(Number);
  await page.getByRole("link", { name: "Content", exact: true }).click();
  await until(() => page.url().endsWith("?tab=content"), page.url());
  await settled(page);
  const grid = page.getByRole("grid");
  equal(Number(await grid.getAttribute("aria-rowcount")), payments + zkapps + 1);
  const words = await grid.innerText();
  ok(words.includes("Failed") && words.includes("Overflow"), "what failed, and why");
  ok(!words.includes("coinbase"), "no rewards");
  await page.locator("tbody a").first().click();
  await until(() => page.url().includes("/transactions/5J"), "the transaction's page");
  await opened.close();
});

test("a fork says which node has which of its blocks; without one that is said", async (browser) => {
  const opened = await open(browser, { server: { nodes: 12 } });
  const { page, fixture } = opened;
  await opened.goto(`/blocks/${hash(2)}?tab=forks`);
  const which = page.getByRole("region", { name: "Which node has which" }).getByRole("grid");
  await which.waitFor();
  equal(Number(await which.getAttribute("aria-colcount")), 3, "the node and both blocks");
  equal(await which.locator("tbody tr[aria-rowindex]").count(), 12);
  ok(
    fixture.asked.some((line) => /matrix\?.*blocks=2/.test(line)),
    "both blocks and no more",
  );
  const blocks = page.getByRole("region", { name: "Blocks of this height" });
  const words = await blocks.innerText();
  ok(words.includes("Canonical") && words.includes("Orphan"), words);
  await blocks.locator("tbody a").click();
  await until(() => page.url().includes(`/blocks/${hash(100_002)}?tab=forks`), page.url());
  await opened.goto(`/blocks/${hash(1)}?tab=forks`);
  ok((await page.locator("main").innerText()).includes("no fork here"), "none");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});
