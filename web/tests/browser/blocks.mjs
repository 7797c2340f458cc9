/** Blocks, one block, one trace. */
import { hash } from "../fixtures/data.mjs";
import { axe, equal, ok, open, settled, shot, test, until } from "./harness.mjs";

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

test("outliers of the matrix are found, cells marked and compared, rows held at the top, by key", async (browser) => {
  const opened = await open(browser, { server: { nodes: 40 } });
  const { page } = opened;
  await opened.goto("/blocks?order=name");
  const matrix = page.getByRole("application");
  await matrix.focus();
  const said = async () => (await page.locator("#matrix-cell").textContent()) ?? "";
  await page.keyboard.press("n");
  const first = await said();
  ok(first.endsWith("an outlier"), first);
  await page.keyboard.press("n");
  const second = await said();
  ok(second.endsWith("an outlier") && second !== first, second);
  await page.keyboard.press("Shift+N");
  equal(await said(), first, "back again");
  await page.keyboard.press("Space");
  equal(await said(), `${first}, marked`);
  await page.keyboard.press("n");
  await page.keyboard.press("Space");
  await page.getByText("2 traces marked").waitFor();
  // A row that is held is the first one, also after a reload.
  await page.keyboard.press("p");
  const node = second.split(",")[0];
  await until(() => page.url().includes(`pin=${node}`), "the node in the address");
  await page.keyboard.press("End");
  for (let step = 0; step < 6; step += 1) await page.keyboard.press("PageUp");
  ok((await said()).startsWith(node), await said());
  // What is chosen fills the view, and is a table.
  await page.keyboard.press("Shift+ArrowLeft");
  await page.keyboard.press("f");
  await until(() => page.url().includes("zoom="), "zoomed");
  await page.getByRole("button", { name: "as table" }).last().click();
  const cells = page.getByRole("region", { name: /chosen cells as table/ }).locator("tbody tr");
  equal(await cells.count(), 2);
  ok((await cells.first().innerText()).startsWith(node), await cells.first().innerText());
  await shot(page, "matrix-marks");
  await matrix.focus();
  await page.keyboard.press("Shift+?");
  await page.getByRole("dialog").getByText("Next and previous outlier").waitFor();
  await page.keyboard.press("Escape");
  await matrix.focus();
  await page.keyboard.press("c");
  await until(() => /\/trace\/.+vs=/.test(page.url()), "the comparison");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("charts can be read as tables", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  for (const [path, panel, head] of [
    [`/blocks/${hash(1)}`, /application/i, "From Until Values"],
    ["/checkpoints/Verify_commands", /over time/i, "Time Duration calls"],
    ["/experiments?view=history", /./, "Value Data"],
  ]) {
    await opened.goto(path);
    const section = page.locator("main section").filter({
      has: page.getByRole("button", { name: "as table" }),
      hasText: panel,
    });
    const button = section.getByRole("button", { name: "as table" }).first();
    await button.focus();
    await page.keyboard.press("Enter");
    const table = page.getByRole("region", { name: / as table$/ });
    await table.waitFor();
    equal((await table.locator("thead").innerText()).trim().replaceAll(/\s+/g, " "), head, path);
    ok((await table.locator("tbody tr").count()) > 0, `${path}: rows`);
    await shot(page, `as-table-${head.replaceAll(" ", "-")}`);
    equal((await axe(page)).join("\n"), "", path);
    await button.click();
    equal(await table.count(), 0, `${path}: the chart again`);
  }
  equal(opened.complaints.join("\n"), "");
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
  await page.getByText("At the same height").waitFor();
  await opened.close();
});

test("from the Overview to the slowest checkpoint in three clicks", async (browser) => {
  const opened = await open(browser, { server: { checkpoints: 12 } });
  const { page } = opened;
  await opened.goto("/");
  const answer = async (pattern) =>
    (await page.waitForResponse((response) => pattern.test(response.url()))).json();
  const matrix = answer(/\/blocks\/matrix/);
  await page.getByRole("link", { name: "Blocks", exact: true }).click();
  const { blocks, nodes, values } = (await matrix).matrix;
  await page.waitForSelector("[role=application] canvas");
  await settled(page);
  // The slowest cell is the last block but one on the node whose name ends in 1.
  const slowest = values.indexOf(Math.max(...values));
  const node = nodes[Math.floor(slowest / blocks.length)];
  const block = blocks[slowest % blocks.length];
  equal(`${node} ${blocks.indexOf(block)}`, `node-001 ${blocks.length - 2}`);
  const box = await page.getByRole("application").boundingBox();
  const y = box.y + 36 + nodes.indexOf(node) * 24 + 10;
  const said = async () => (await page.locator("#matrix-cell").textContent()) ?? "";
  let x = box.x + box.width - 4;
  const isThere = (text) =>
    text.startsWith(node) && text.replaceAll("\u202f", "").includes(`block ${block.height} `);
  for (; x > box.x; x -= 6) {
    await page.mouse.move(x, y);
    if (isThere(await said())) break;
  }
  ok(x > box.x, "the pointer finds the cell");
  const coming = answer(new RegExp(`/traces/7/${node}/${block.hash}$`));
  await page.mouse.click(x, y);
  const { names, columns } = (await coming).trace;
  await until(() => page.url().includes(`/trace/${block.hash}/${node}`), "the trace of the cell");
  const longest = columns.own_us.indexOf(Math.max(...columns.own_us));
  const row = page.locator(`[role=treegrid] [data-row='${longest}']`);
  await row.click();
  const aside = page.locator("aside");
  const name = names[columns.name[longest]].replaceAll("_", " ");
  equal((await aside.locator("h3").first().innerText()).trim(), name);
  const own = (await row.getByRole("gridcell").nth(3).innerText()).trim();
  const words = (await aside.innerText()).replaceAll(/\s+/g, " ");
  ok(words.includes(`Own ${own.replaceAll(/\s+/g, " ")}`), `${words}: ${own}`);
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
  ok((await page.locator("aside h3").first().innerText()).includes("coinbase"), "the next match");
  await page.getByRole("button", { name: "≥ 5 %" }).click();
  await until(() => page.url().includes("min=5"), "the address");
  ok((await rows()) < folded + 10, "short ones are gone");
  await opened.close();
});

test("50,000 checkpoints are opened, unfolded, scrolled and zoomed", async (browser) => {
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
  // It is zoomed as a short one is.
  const view = () => new URL(page.url()).searchParams.get("view");
  let before = view();
  const zooms = async (what) => {
    await until(() => view() !== before, what);
    before = view();
  };
  await page.keyboard.press("Home");
  await page.keyboard.press("w");
  await zooms("the key");
  await page.getByRole("button", { name: "Whole trace" }).click();
  await zooms("the button");
  const map = await page.locator(".map").boundingBox();
  await page.mouse.move(map.x + map.width * 0.25, map.y + 20);
  await page.mouse.down();
  await page.mouse.move(map.x + map.width * 0.5, map.y + 20, { steps: 4 });
  await page.mouse.up();
  await zooms("the minimap");
  await page.mouse.wheel(0, -100);
  await zooms("the wheel");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("lanes, the share, a name and n work together, and the address carries them", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto(`/trace/${hash(1)}/node-003?open=all`);
  const grid = page.locator("[role=treegrid]");
  const rows = () => grid.getAttribute("aria-rowcount").then(Number);
  equal(await rows(), 64, "60 checkpoints, three after success, the header");
  await page.getByRole("button", { name: "Lanes" }).click();
  await page.getByLabel("Prover").uncheck();
  await page.getByLabel("Verifier").uncheck();
  await page.keyboard.press("Escape");
  await until(() => page.url().includes("lanes=MA"), "the lanes in the address");
  equal(await rows(), 44, "without two of five parts");
  await page.getByRole("button", { name: "≥ 2 %" }).click();
  await until(() => page.url().includes("min=2"), "the share in the address");
  const longer = await rows();
  ok(longer < 44, "short ones are gone");
  await page.getByRole("searchbox").fill("verify");
  await until(() => page.url().includes("q=verify"), "the name in the address");
  await page.locator("[data-row='0']").focus();
  await page.keyboard.press("n");
  await until(() => page.url().includes("cp="), "the checkpoint in the address");
  const title = await page.locator("aside h3").first().innerText();
  ok(title.includes("Verify"), title);
  // The same address shows the same.
  await opened.goto(page.url().slice(opened.base.length));
  equal(await rows(), longer, "rows after loading again");
  equal(await page.locator("aside h3").first().innerText(), title);
  equal(await page.locator("[role=row][aria-selected=true]").count(), 1);
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("a trace is zoomed by wheel, keys, buttons and minimap; gaps are hatched", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto(`/trace/${hash(1)}/node-003?open=none`);
  const view = () => new URL(page.url()).searchParams.get("view");
  const bar = page.locator(".bar").first();
  equal(view(), null);
  await bar.hover();
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -100);
  await page.keyboard.up("Control");
  await until(() => view() !== null, "zoomed by the wheel");
  const handle = page.getByRole("slider", { name: "End of what is shown" });
  const end = async () => Number(await handle.getAttribute("aria-valuenow"));
  const before = await end();
  await handle.focus();
  await page.keyboard.press("ArrowLeft");
  ok((await end()) < before, "the handle");
  await page.getByRole("button", { name: "Whole trace" }).click();
  await until(() => view() === null, "whole again");
  const box = await page.locator(".map").boundingBox();
  await page.mouse.move(box.x + box.width * 0.25, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 20, { steps: 4 });
  await page.mouse.up();
  const [from, to] = (await until(() => view(), "dragged")).split("..").map(Number);
  ok(Math.abs(from - 1_073_000) < 60_000 && Math.abs(to - 2_146_000) < 60_000, `${from}..${to}`);
  await page.mouse.move(box.x + box.width * 0.3, box.y + 20);
  await page.mouse.wheel(0, -100);
  await until(async () => view() !== `${from}..${to}`, "the wheel over the minimap");
  ok((await page.locator(".gap").count()) > 0, "the gap");
  ok((await page.locator(".gap").first().innerText()).includes("2 entries lost"), "its words");
  await shot(page, "trace-zoomed");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("a pending trace fills in while it is open; the selected row stays where it is", async (browser) => {
  const opened = await open(browser, { server: { pending: 4 } });
  const { page, fixture } = opened;
  await opened.goto(`/trace/${hash(1)}/node-003?open=all`);
  const rows = () => page.locator("[role=treegrid]").getAttribute("aria-rowcount").then(Number);
  equal(await rows(), 25);
  ok((await page.locator("main").innerText()).includes("Pending"), "it says so");
  await page.locator("[data-row='13']").click();
  const place = () => page.locator("[data-row='13']").boundingBox();
  const name = await page.locator("aside h3").first().innerText();
  const before = await place();
  fixture.settings.pending = 7;
  await until(async () => (await rows()) === 43, "more of it");
  equal(JSON.stringify(await place()), JSON.stringify(before), "the row has moved");
  equal(await page.locator("aside h3").first().innerText(), name);
  delete fixture.settings.pending;
  await until(async () => (await rows()) === 64, "all of it");
  equal(JSON.stringify(await place()), JSON.stringify(before), "the row has moved");
  const asked = () => fixture.requests.filter((line) => line.includes("/v1/traces/")).length;
  const after = asked();
  await page.waitForTimeout(2500);
  equal(asked(), after, "what has ended is not asked for again");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("a node without the block says so and leads to one that has it", async (browser) => {
  const opened = await open(browser, { server: { without: "node-003" } });
  const { page } = opened;
  opened.expected.failures = true;
  await page.goto(`${opened.base}/trace/${hash(1)}/node-003`);
  const link = page.getByRole("link", { name: /The trace of node-/ });
  await link.click();
  await page.waitForSelector("[role=treegrid] [data-row]");
  await opened.close();
});

test("a trace is downloaded for Perfetto, for OpenTelemetry, or as JSON", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto(`/trace/${hash(1)}/node-003`);
  await page.getByRole("button", { name: "Download" }).click();
  const links = page.locator("a[download]");
  const wanted = `/api/traces/v1/traces/7/node-003/${hash(1)}/export?format=`;
  equal(
    (await links.evaluateAll((all) => all.map((link) => link.getAttribute("href")))).join(),
    ["perfetto", "otlp", "json"].map((format) => wanted + format).join(),
  );
  await opened.close();
});

test("a node has its lag and application beside all nodes, and its blocks lead to traces", async (browser) => {
  const opened = await open(browser);
  const { page, fixture } = opened;
  await opened.goto("/nodes/node-003");
  const panel = page.getByRole("region", { name: "Block after block" });
  await until(async () => (await panel.locator("canvas").count()) === 2, "both charts");
  const asked = fixture.asked.filter((line) => line.includes("/blocks/matrix"));
  equal(asked.length, 2);
  ok(
    asked.every((line) => line.includes("nodes=node-003") && line.includes("blocks=60")),
    "of this node only",
  );
  const words = await panel.innerText();
  for (const line of ["this node", "all nodes, median", "95 %"]) ok(words.includes(line), line);
  ok(!words.includes("this node\n?"), "its times are known");
  await page.getByRole("link", { name: "Blocks", exact: true }).last().click();
  await until(() => page.url().endsWith("?tab=blocks"), "the tab in the address");
  await settled(page);
  const row = page.locator("tbody tr[aria-rowindex]").nth(1);
  const cells = (await row.locator("td").allInnerTexts()).map((text) => text.trim());
  equal(cells[2], "Success");
  for (const at of [4, 6, 7]) ok(/^\d+\.\d\d$/.test(cells[at]), cells.join(" | "));
  // Node 3 has lost entries: some blocks are not whole, and of some nothing is known.
  const all = await page.locator("tbody tr[aria-rowindex]").allInnerTexts();
  ok(
    all.some((text) => /\b96\.00\u202f%/.test(text)),
    all.join("\n"),
  );
  const unknown = page.locator("tbody tr[aria-rowindex]", { hasText: "Unknown" }).first();
  ok((await unknown.textContent()).includes("unknown: unknown: entries of this node"), "why");
  await shot(page, "node-blocks");
  await row.getByRole("link").click();
  await until(() => page.url().endsWith(`/trace/${hash(1)}/node-003`), "the trace of this node");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("small cells have the colours of the theme, also where nothing was measured", async (browser) => {
  for (const theme of ["light", "dark"]) {
    const opened = await open(browser, { server: { nodes: 400 }, theme });
    await opened.goto("/blocks?order=name");
    const canvas = opened.page.locator("[role=application] canvas");
    await opened.page.waitForTimeout(300);
    // Heat, marks and greys: none of them is as blue as a colour that was read wrongly.
    const strange = await canvas.evaluate((target) => {
      const { data } = target.getContext("2d").getImageData(0, 0, target.width, target.height);
      let count = 0;
      for (let at = 0; at < data.length; at += 4)
        if (data[at + 2] > 230 && data[at] < 60 && data[at + 1] < 60) count += 1;
      return count;
    });
    equal(strange, 0, `${theme}: pixels of no colour of the theme`);
    await opened.close();
  }
});

test("blocks have lanes of their content and of median and 95 %; Esc clears what is chosen", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/blocks?sel=868..870@node-001");
  const lane = page.getByRole("img", { name: /^Content of 40 blocks, of 40 known/ });
  await lane.waitFor();
  const titles = await lane.locator("title").allTextContents();
  ok(/^block 871: \d+ payments, \d+ zkApp commands, \d+ SNARK works$/.test(titles.at(-1)), "words");
  for (const name of ["Median", "95 %"]) {
    const cells = page.locator(`.cells [title^="${name} of block"]`);
    equal(await cells.count(), 40, name);
    ok(!(await cells.last().getAttribute("title")).includes("?"), "a value");
  }
  // Three cells are too many to compare, two are not.
  const compare = page.getByRole("link", { name: "Compare the two traces" });
  equal(await compare.count(), 0, "three cells");
  await opened.goto("/blocks?sel=867..868@node-001");
  ok((await compare.getAttribute("href")).includes("%2Fnode-001"), "two cells");
  // The lanes keep the columns of the matrix, also where these are larger.
  const matrix = page.getByRole("application");
  await matrix.focus();
  await page.keyboard.press("w");
  await until(async () => (await lane.locator("title").count()) < 40, "fewer columns");
  await page.keyboard.press("0");
  await page.keyboard.press("Shift+?");
  const help = page.getByRole("dialog", { name: "Keys" });
  const words = await help.innerText();
  ok(words.includes("Nodes by blocks") && words.includes("Choose none"), words);
  await page.keyboard.press("Escape");
  ok(page.url().includes("sel="), "the dialog is closed, the selection is there");
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("Escape");
  await until(() => !page.url().includes("sel="), "the selection is cleared");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("each corner of a large matrix says its own cell, in view", async (browser) => {
  const opened = await open(browser, { server: { nodes: 1000, blocks: 200 } });
  const { page } = opened;
  await opened.goto("/blocks?order=name");
  const matrix = page.getByRole("application");
  await matrix.locator("canvas").waitFor();
  const line = page.locator("#matrix-cell");
  const said = async () => ((await line.textContent()) ?? "").replaceAll("\u202f", "");
  for (const zoom of [0, 2]) {
    await matrix.focus();
    for (let step = 0; step < zoom; step += 1) await page.keyboard.press("w");
    // Beside all cells, it would say the one with the focus.
    await matrix.evaluate((box) => box.blur());
    for (const [down, node] of [
      [0, "node-000"],
      [1_000_000, "node-999"],
    ]) {
      await matrix.evaluate((box, top) => (box.scrollTop = top), down);
      // The corner itself is in the window, and not under the line that tells of it.
      const end = down === 0 ? "start" : "end";
      await line.evaluate((element, block) => {
        const panel = element.closest("section");
        const part = block === "start" ? panel.querySelector("[role=application]") : panel;
        part.scrollIntoView({ block });
      }, end);
      await page.waitForTimeout(200);
      const box = await matrix.boundingBox();
      const y = down === 0 ? box.y + 38 : box.y + box.height - 2;
      const heights = [];
      // The first and the last column that there is.
      const room = Math.floor(box.width - 132);
      for (const from of [132 + 2, 132 + room - 2]) {
        let x = from;
        await page.mouse.move(box.x + x, y);
        for (; x > 132 && !(await said()).includes("block"); x -= 2)
          await page.mouse.move(box.x + x - 2, y);
        const words = await said();
        ok(words.startsWith(`${node}, block `), `zoom ${zoom}, ${node}: ${words}`);
        heights.push(Number(/block (\d+)/.exec(words)[1]));
        const place = await line.boundingBox();
        const isInView = place.y >= 0 && place.y + place.height <= 900 && place.x >= 0;
        ok(isInView && place.x + place.width <= 1440, `${words}: at ${JSON.stringify(place)}`);
      }
      equal(heights[1], 871, `zoom ${zoom}, ${node}: the newest block at the right`);
      ok(heights[0] < 871 - 20, `zoom ${zoom}, ${node}: an old one at the left: ${heights[0]}`);
    }
  }
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});
