/** What Tab leads to is seen, on every page: in view, under no bar, with a ring. */
import { PAGES } from "./every-page.mjs";
import { equal, NARROW, open, test, WIDE } from "./harness.mjs";

/** Steps of Tab on a page, and of the way back. */
const STEPS_MAX = 45;

/** Runs within the page: what is wrong with what has the focus; `end` where nothing has. */
function look() {
  const element = document.activeElement;
  if (!element || element === document.body) return "end";
  const words = `${element.localName} ${(element.getAttribute("aria-label") ?? element.textContent).trim().slice(0, 50)}`;
  const style = getComputedStyle(element);
  // A box that is not drawn is shown by its label.
  const shown =
    element.labels?.[0] && (style.opacity === "0" || style.clipPath !== "none")
      ? element.labels[0]
      : element;
  const all = shown.getClientRects();
  const rect = shown.getBoundingClientRect();
  if (all.length === 0) return `${words}: it is not there`;
  const [left, right] = [Math.max(0, rect.left), Math.min(innerWidth, rect.right)];
  const [top, bottom] = [Math.max(0, rect.top), Math.min(innerHeight, rect.bottom)];
  if (right - left < 4 || bottom - top < 4) return `${words}: out of view at ${rect.top}`;
  const isSmall = rect.height < innerHeight / 2;
  if (isSmall && bottom - top < rect.height - 1) return `${words}: a part is out of view`;
  const bar = document.querySelector(".column > header")?.getBoundingClientRect();
  if (isSmall && bar && !element.closest("header, nav, .skip") && rect.top < bar.bottom - 1)
    return `${words}: under the bar, at ${rect.top}`;
  // What is at the middle of what is seen of it is itself, or a part of it.
  const [first] = all;
  let seen = isSmall
    ? [first.left, first.top, first.right, first.bottom]
    : [left, top, right, bottom];
  for (let box = shown.parentElement; box && box !== document.body; box = box.parentElement) {
    if (getComputedStyle(box).overflowX === "visible") continue;
    const cut = box.getBoundingClientRect();
    seen = [
      Math.max(seen[0], cut.left),
      Math.max(seen[1], cut.top),
      Math.min(seen[2], cut.right),
      Math.min(seen[3], cut.bottom),
    ];
  }
  const [x, y] = [(seen[0] + Math.min(seen[2], seen[0] + 400)) / 2, (seen[1] + seen[3]) / 2];
  const over = document.elementFromPoint(x, y);
  if (!over || !(shown.contains(over) || over.contains(shown)))
    return `${words}: under ${over?.localName}.${over?.className}, at ${Math.round(x)}, ${Math.round(y)}`;
  if (isSmall && seen[2] - seen[0] < Math.min(40, first.width - 1))
    return `${words}: hardly a part of it is seen`;
  // A field may have the ring of its label.
  const hasRing = [element, shown, element.closest("label")].some((each) => {
    const ring = each && getComputedStyle(each);
    return ring && ring.outlineStyle !== "none" && parseFloat(ring.outlineWidth) >= 1;
  });
  return hasRing ? "" : `${words}: no ring`;
}

for (const [words, size] of [
  ["wide", WIDE],
  ["narrow", NARROW],
]) {
  test(`what has the focus is seen and under no bar, on every page: ${words}`, async (browser) => {
    const opened = await open(browser, { server: { nodes: 40 }, size });
    const { page } = opened;
    const wrong = new Set();
    let steps = 0;
    for (const [name, path] of PAGES) {
      await opened.goto(path);
      // The menu is the same everywhere: one walk through it is enough.
      if (name !== "overview") await page.locator("main").evaluate((main) => main.focus());
      for (const key of ["Tab", "Shift+Tab"]) {
        for (let step = 0; step < STEPS_MAX; step += 1) {
          await page.keyboard.press(key);
          const found = await page.evaluate(look);
          if (found === "end") break;
          steps += 1;
          if (found !== "") wrong.add(`${name}, ${key}: ${found}`);
        }
        // The way back begins at the end, where all above is out of view.
        if (key === "Tab")
          await page.evaluate(() => {
            const all = document.querySelectorAll("main a[href], main button, main input");
            [...all]
              .filter((each) => each.tabIndex >= 0 && each.checkVisibility())
              .at(-1)
              ?.focus();
            scrollTo(0, document.documentElement.scrollHeight);
          });
      }
    }
    equal([...wrong].join("\n"), "");
    equal(steps > PAGES.length * 20, true, `${steps} steps`);
    await opened.close();
  });
}

test("the cell that the keys lead to is in view, in a table wider than the window", async (browser) => {
  const opened = await open(browser, { server: { nodes: 40 }, size: { width: 700, height: 844 } });
  const { page } = opened;
  await opened.goto("/nodes");
  await page.locator("tbody td.first").first().focus();
  const columns = await page.locator("thead th").count();
  const wrong = [];
  const isSeen = () =>
    page.evaluate(() => {
      const cell = document.activeElement.closest("td");
      const [place, box] = [cell, cell.closest(".scroller")].map((each) =>
        each.getBoundingClientRect(),
      );
      const first = cell.parentElement.querySelector(".first").getBoundingClientRect();
      const begin = cell.classList.contains("first") ? box.left : first.right;
      return place.left >= begin - 1 && place.right <= box.right + 1;
    });
  for (const [key, times] of [
    ["ArrowRight", columns],
    ["ArrowLeft", columns],
    ["End", 1],
    ["Home", 1],
  ]) {
    for (let step = 0; step < times; step += 1) {
      await page.keyboard.press(key);
      if (!(await isSeen())) wrong.push(`${key} ${step}`);
    }
  }
  equal(wrong.join(), "");
  await opened.close();
});
