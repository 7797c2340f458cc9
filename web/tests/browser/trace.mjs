/** One trace: what is chosen in it, what other nodes took, what it is held against. */
import { hash } from "../fixtures/data.mjs";
import { equal, ok, open, settled, shot, test, until } from "./harness.mjs";

const text = (page, where = "main") => page.locator(where).first().innerText();

test("a stretch of time is chosen by Shift and dragging, by m, or by a button, and summed up", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto(`/trace/${hash(1)}/node-003?open=none`);
  const area = () => new URL(page.url()).searchParams.get("area");
  const sum = page.getByRole("region", { name: "The chosen time" });
  equal(await sum.count(), 0);
  const box = await page.locator(".row .time").first().boundingBox();
  await page.keyboard.down("Shift");
  await page.mouse.move(box.x + box.width * 0.25, box.y + 10);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 60, { steps: 4 });
  ok((await page.locator(".row .area").count()) > 0, "what is dragged over is seen");
  await page.mouse.up();
  await page.keyboard.up("Shift");
  const [from, to] = (await until(() => area(), "the area in the address")).split("..").map(Number);
  ok(Math.abs(from - 1_080_000) < 90_000 && Math.abs(to - 2_160_000) < 90_000, `${from}..${to}`);
  equal(new URL(page.url()).searchParams.get("cp"), null, "a drag chooses no row");
  // Own times within add up to the time that rows cover: 98 % of it.
  const words = await sum.locator("p").first().innerText();
  const [length, own] = [...words.matchAll(/([\d.]+)\u202fs/g)].map((found) => Number(found[1]));
  ok(own <= length && own > length * 0.93, words);
  const rows = sum.getByRole("grid").locator("tbody tr[aria-rowindex]");
  ok((await rows.count()) > 2, "a row for each checkpoint");
  await page.reload();
  await settled(page);
  equal(await sum.locator("p").first().innerText(), words, "the same after a reload");
  await shot(page, "trace-area");
  await sum.getByRole("button", { name: "Zoom to it" }).click();
  await until(() => page.url().includes("view="), "zoomed");
  await sum.getByRole("button", { name: "Clear" }).click();
  await until(() => area() === null, "cleared");
  // A row's own time by key; a second row widens it; Escape takes it back, then the row.
  await page.locator("[data-row='0']").click();
  await page.keyboard.press("m");
  await until(() => area() === "0..411600", `${area()}: the first row's time`);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("m");
  await until(() => area() === "0..831600", `${area()}: up to the second row`);
  await page.keyboard.press("Escape");
  await until(() => area() === null && page.url().includes("cp=6"), "the row is still chosen");
  await page.keyboard.press("Escape");
  await until(() => !page.url().includes("cp="), "no row is chosen");
  await page.getByRole("button", { name: "Sum row" }).click();
  await until(() => area() === "0..411600", "by the button");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

/** All rows of a trace as the page shows them; microseconds below a thousand are written exactly. */
async function rowsOf(page) {
  const grid = page.getByRole("treegrid");
  const count = Number(await grid.getAttribute("aria-rowcount")) - 1;
  const found = new Map();
  for (let top = 0; found.size < count && top < count * 24; top += 240) {
    await grid.evaluate((element, y) => {
      let box = element;
      while (box.scrollHeight <= box.clientHeight && box.parentElement) box = box.parentElement;
      box.scrollTop = y;
    }, top);
    await settled(page);
    for (const row of await grid.locator("[data-row]").evaluateAll((rows) =>
      rows.map((row) => ({
        row: Number(row.dataset.row),
        level: Number(row.ariaLevel),
        cells: [...row.querySelectorAll("[role=gridcell]")].map((cell) => cell.textContent.trim()),
      })),
    ))
      found.set(row.row, row);
  }
  equal(found.size, count, "all rows are read");
  const us = (text) => {
    const [, number, unit] = /^([\d.]+)\u202f(µs|s)$/.exec(text) ?? [];
    ok(number !== undefined && (unit === "µs" || number === "0"), `${text}: not in microseconds`);
    return Number(number);
  };
  return [...found.values()]
    .sort((a, b) => a.row - b.row)
    .map(({ row, level, cells }) => ({ row, level, total: us(cells[2]), own: us(cells[3]) }));
}

test("own times of the rows add up to their totals and to that of the trace, parents once", async (browser) => {
  // So short that nothing is rounded: 990 µs.
  for (const deep of [false, true]) {
    const opened = await open(browser, { server: { length_us: 990, deep } });
    const { page } = opened;
    for (const node of ["node-000", "node-003"]) {
      await opened.goto(`/trace/${hash(1)}/${node}?open=all&area=0..1100`);
      const rows = await rowsOf(page);
      equal(Math.max(...rows.map(({ level }) => level)), deep ? 3 : 2, "levels");
      for (const [at, { row, level, total, own }] of rows.entries()) {
        const end = rows.findIndex((other, later) => later > at && other.level <= level);
        const below = rows.slice(at + 1, end < 0 ? undefined : end);
        const parts = below.filter((other) => other.level === level + 1);
        const sum = (of) => of.reduce((all, each) => all + each, 0);
        const ofParts = sum(parts.map((part) => part.total));
        ok(Math.abs(own + ofParts - total) <= 1, `row ${row}: ${own} + ${ofParts} of ${total}`);
        const owns = own + sum(below.map((part) => part.own));
        ok(Math.abs(owns - total) <= below.length + 1, `row ${row}: own times are ${owns}`);
      }
      const all = rows.reduce((sum, { own }) => sum + own, 0);
      const roots = rows
        .filter(({ level }) => level === 1)
        .reduce((sum, { total }) => sum + total, 0);
      ok(Math.abs(all - roots) <= rows.length, `${node}: ${all} of ${roots}`);
      const chosen = page.getByRole("region", { name: "The chosen time" });
      const [, said] = /their own times in it are ([\d.]+)\u202fµs/.exec(await chosen.innerText());
      ok(Math.abs(Number(said) - all) <= 1, `the chosen time says ${said} of ${all}`);
    }
    await opened.close();
  }
});

test("rows are filtered by their own time, with those above them", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto(`/trace/${hash(1)}/node-003?open=all`);
  const rows = () => page.locator("[role=treegrid]").getAttribute("aria-rowcount").then(Number);
  const all = await rows();
  await page.getByRole("button", { name: "Own time" }).click();
  await page.getByRole("button", { name: "≥ 100\u202fms" }).click();
  await until(() => page.url().includes("own=100ms"), "the filter in the address");
  ok((await rows()) < all, `${await rows()} of ${all}`);
  const owns = await page.locator("[role=treegrid] [data-row]").evaluateAll((found) =>
    found.map((row) => ({
      level: Number(row.getAttribute("aria-level")),
      own: row.querySelectorAll("[role=gridcell]")[3].textContent.trim(),
    })),
  );
  const isLong = (own) => !own.endsWith("ms") || Number(own.split("\u202f")[0]) >= 100;
  ok(
    owns.every((row, at) => isLong(row.own) || owns[at + 1]?.level > row.level),
    JSON.stringify(owns),
  );
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("a chosen checkpoint stands beside the same one on other nodes", async (browser) => {
  const opened = await open(browser, { server: { nodes: 40 } });
  const { page, fixture } = opened;
  await opened.goto(`/trace/${hash(1)}/node-003`);
  const others = page.getByRole("region", { name: "The same checkpoint on other nodes" });
  equal(await others.count(), 0, "nothing is asked before one is chosen");
  await page.locator("[data-row='0']").click();
  const table = others.getByRole("grid");
  await table.waitFor();
  const asked = fixture.asked.filter((line) => line.includes("/v1/checkpoints/"));
  equal(asked.length, 1);
  ok(asked[0].includes(`block=${hash(1)}`) && asked[0].includes("stat=total"), asked[0]);
  const kinds = await table.locator("tbody tr[aria-rowindex] td:nth-child(2)").allInnerTexts();
  equal(kinds.join(), [...Array(5).fill("slowest"), ...Array(5).fill("typical")].join());
  ok(!(await table.innerText()).includes("node-003"), "the node itself is no other");
  ok(/took less than the [\d.]+\u202fms here/.test(await others.innerText()), "how it stands");
  ok((await others.innerText()).includes("here 412\u202fms"), "marked in the distribution");
  // A walk through rows asks for none of those that were passed.
  for (let step = 0; step < 4; step += 1) await page.keyboard.press("ArrowDown");
  await until(
    () => fixture.asked.filter((line) => line.includes("/v1/checkpoints/")).length === 2,
    "asked for the last one",
  );
  await table
    .getByRole("link", { name: /compare with/ })
    .first()
    .click();
  await until(() => page.url().includes("vs="), "compared");
  await settled(page);
  ok((await text(page)).includes("B − A"), "the comparison");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("a trace is held against the node's block before, and steps stand in the address", async (browser) => {
  const opened = await open(browser);
  const { page, fixture } = opened;
  await opened.goto(`/trace/${hash(1)}/node-001`);
  equal(fixture.asked.filter((line) => line.includes("/matrix")).length, 0);
  await page.getByRole("button", { name: "Compare with…" }).click();
  await page
    .getByRole("button", { name: /^block 869/ })
    .first()
    .click();
  await until(
    () => decodeURIComponent(page.url()).includes(`vs=${hash(2)}/node-001`),
    "the block before, on the same node",
  );
  ok(
    fixture.asked.some((line) => /\/matrix\?.*before=870/.test(line)),
    "blocks before this one",
  );
  await settled(page);
  const rows = page.getByRole("grid", { name: "Steps of both traces" });
  await page.getByRole("group", { name: "Rows" }).getByRole("button", { name: "All" }).click();
  await until(() => page.url().includes("steps=all"), "which steps in the address");
  ok((await rows.count().then(Boolean)) || (await text(page)).includes("equally long"), "steps");
  await opened.close();
});

test("? lists the keys of the page, and Escape unmarks rows", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto(`/trace/${hash(1)}/node-003`);
  await page.keyboard.press("Shift+?");
  const help = page.getByRole("dialog");
  ok((await help.innerText()).includes("Sum up the row"), "the trace's keys");
  await page.keyboard.press("Escape");
  await opened.goto("/blocks");
  await page.keyboard.press("Shift+?");
  const words = await help.innerText();
  ok(words.includes("Nodes by blocks") && words.includes("Choose cells"), words);
  ok(!words.includes("Sum up the row"), "those of another page are gone");
  await page.keyboard.press("Escape");
  await opened.goto("/nodes");
  const box = page.getByRole("checkbox", { name: /^Mark/ });
  await box.nth(0).check();
  await box.nth(1).check();
  await page.locator("tbody td.first").first().focus();
  await page.keyboard.press("Escape");
  equal(await page.locator("tr.marked").count(), 0);
  await opened.close();
});

test("what a link leads to is asked for when the pointer rests on it", async (browser) => {
  const opened = await open(browser);
  const { page, fixture } = opened;
  await opened.goto(`/blocks/${hash(1)}`);
  const asked = () => fixture.asked.filter((line) => line.includes("/v1/traces/"));
  const link = page.getByRole("grid").getByRole("link", { name: "node-002" });
  await link.hover();
  await until(() => asked().length === 1, "the trace");
  await link.click();
  await page.waitForSelector("[role=treegrid] [data-row]");
  equal(asked().length, 1, "it is not asked for again");
  // Passing over links asks for nothing.
  await page.goto(`${opened.base}/blocks/${hash(1)}`);
  await settled(page);
  const before = asked().length;
  // In one go: on a slow machine, a pointer that is moved from outside rests on each.
  const passed = await page.evaluate(() => {
    const over = new PointerEvent("pointerover", { bubbles: true });
    const links = [...document.querySelectorAll("[role=grid] a")].slice(0, 4);
    for (const each of [...links, document.body]) each.dispatchEvent(over);
    return links.length;
  });
  equal(passed, 4, "links that are passed over");
  await page.waitForTimeout(150);
  equal(asked().length, before);
  await opened.close();
});
