/** Dragging on a chart zooms the time of all pages; a double click or a key goes back. */
import { equal, ok, open, settled, test, until } from "./harness.mjs";

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
