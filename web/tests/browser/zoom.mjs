/** Dragging on a chart zooms the time of all pages; a double click or a key goes back. */
import { equal, ok, open, settled, shot, test, until } from "./harness.mjs";

test("zooms into the time unwind one by one, and the time moves with the clock again", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/?d=7&t=6h");
  const t = () => new URL(page.url()).searchParams.get("t");
  const plot = page.getByRole("region", { name: "Transactions", exact: true }).locator(".u-over");
  async function drag() {
    await settled(page);
    const { x, y, width } = await plot.boundingBox();
    await page.mouse.move(x + width * 0.2, y + 40);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.7, y + 40, { steps: 4 });
    await page.mouse.up();
  }
  const back = async () => {
    await settled(page);
    await plot.dblclick({ position: { x: 60, y: 40 } });
  };
  await plot.dblclick({ position: { x: 60, y: 40 } });
  equal(t(), "6h", "nothing was zoomed");
  await drag();
  const first = await until(() => t().includes("..") && t(), "zoomed");
  await drag();
  const second = await until(() => t() !== first && t(), "zoomed again");
  const [from, end] = second.split("..").map(Date.parse);
  ok(from > Date.parse(first.split("..")[0]), "a part of what was seen");
  ok(end - from > 0, second);
  await back();
  await until(() => t() === first, "the first zoom");
  await page.goBack();
  await until(() => t() === second, "the history has all steps");
  await back();
  await until(() => t() === first, "the first zoom again");
  await page.keyboard.press("Shift+Z");
  await until(() => t() === "6h", "the time before, which moves with the clock");
  await settled(page);
  await page.keyboard.press("Shift+Z");
  await back();
  equal(new URL(page.url()).search, "?d=7&t=6h", "nothing before that");
  // Without a time in the address there is none again.
  await opened.goto("/?d=7");
  await drag();
  await until(() => t()?.includes(".."), "zoomed");
  await back();
  await until(() => new URL(page.url()).search === "?d=7", "as it was");
  await page.keyboard.press("Shift+?");
  ok((await page.getByRole("dialog").innerText()).includes("before a chart was zoomed"), "help");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("the ribbon shares the crosshair of the charts, and dragging on it zooms", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/?d=7&t=6h");
  const ribbon = page.getByRole("slider", { name: /^Completeness over time/ });
  const panel = page.getByRole("region", { name: "Transactions", exact: true });
  const plot = panel.locator(".u-over");
  await plot.waitFor();
  const when = async (title) =>
    (
      await page.getByRole("region", { name: title, exact: true }).locator(".when").innerText()
    ).trim();
  const pointed = ribbon.locator(".pointed");
  equal(await when("Transactions"), "latest");
  equal(await pointed.count(), 0);
  // From a chart to the ribbon and the other charts.
  const { x, y, width } = await plot.boundingBox();
  await page.mouse.move(x + width / 2, y + 40);
  await until(() => pointed.count().then((count) => count === 1), "the ribbon has the time");
  const moment = await when("Transactions");
  ok(/\d\d:\d\d:\d\dZ$/.test(moment), moment);
  for (const title of ["Inclusion latency", "Blocks", "Block application"])
    equal(await when(title), moment, title);
  // From the ribbon to the charts, by pointer and by key.
  await ribbon.locator("span").nth(10).hover();
  await until(async () => (await when("Blocks")) !== moment, "the charts follow");
  const early = await when("Blocks");
  ok(early !== "latest" && early === (await when("Transactions")), early);
  ok((await ribbon.getAttribute("aria-valuetext")).startsWith(early), early);
  await shot(page, "overview-crosshair");
  await ribbon.press("ArrowRight");
  await until(async () => (await when("Blocks")) !== early, "by key");
  await page.mouse.move(5, 5);
  await until(async () => (await when("Blocks")) === "latest", "nothing is looked at");
  // Dragging zooms, a double click goes back.
  const t = () => new URL(page.url()).searchParams.get("t");
  await ribbon.locator("span").nth(10).hover();
  await page.mouse.down();
  await ribbon.locator("span").nth(30).hover();
  await page.mouse.up();
  await until(() => t().includes(".."), "zoomed");
  await settled(page);
  await ribbon.dblclick();
  await until(() => t() === "6h", "the time before");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});
