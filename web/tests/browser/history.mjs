/** Many runs beside each other: a chart for each metric of a comparison, and the history. */
import { axe, equal, NARROW, ok, open, settled, shot, test, until } from "./harness.mjs";

test("more than two compared runs have a chart for each metric, with base, chance and verdict", async (browser) => {
  const opened = await open(browser, { server: { history: 40 } });
  const { page } = opened;
  await opened.goto("/experiments/compare?runs=ramp-2@6,older-1,older-2,ramp-3");
  const charts = page.getByRole("region", { name: "Each metric over the runs" });
  equal(await charts.getByRole("figure").count(), 3, "those that are relevant");
  const latency = charts.getByRole("figure", { name: "latency.p95 of each run" });
  const dots = latency.getByRole("link");
  equal(await dots.count(), 4, "a dot a run");
  const base = await dots.first().getAttribute("aria-label");
  // One gap of unknown size.
  ok(/^A, ramp-2: .*, the base, data not complete$/.test(base), base);
  const last = await dots.last().getAttribute("aria-label");
  ok(/^D, ramp-3: .*, worse, data not complete$/.test(last), last);
  equal(await latency.locator(".band").count(), 1, "chance");
  await page.getByRole("button", { name: "All", exact: true }).click();
  await until(async () => (await charts.getByRole("figure").count()) === 9, "all metrics");
  const missed = charts.getByRole("figure", { name: "missed slots of each run" });
  equal(await missed.locator(".none").count(), 3, "unknown values are gaps");
  equal(await missed.locator(".band").count(), 0, "chance is not known");
  await dots.first().focus();
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await until(() => page.url().includes("/experiments/ramp-3?tab=results"), "its run");
  // Two runs have the table.
  await opened.goto("/experiments/compare?runs=ramp-2,ramp-3");
  equal(await charts.count(), 0);
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("the history has 200 runs, the change of their level, and leads to the runs beside it", async (browser) => {
  const opened = await open(browser, { server: { history: 230 } });
  const { page, fixture } = opened;
  await opened.goto("/experiments?view=outcomes&q=older");
  await page.getByRole("link", { name: "History" }).click();
  await until(() => page.url().includes("view=history&q=older"), "the filter stays");
  await settled(page);
  const chart = page.getByRole("figure", { name: "Latency, 95 % of 200 runs" });
  const dots = chart.getByRole("link");
  equal(await dots.count(), 200);
  equal(await chart.locator("a[tabindex='0']").count(), 1, "one stop");
  ok((await chart.locator(".none").count()) > 0, "unknown values are gaps");
  ok((await chart.locator(".hollow").count()) > 0, "incomplete ones are hollow");
  equal(await chart.locator(".mark").count(), 1, "one change");
  const main = page.locator("main");
  ok(/10.min.4\d.s → 12.min.5\d.s \(▲ \+20/.test(await main.innerText()), await main.innerText());
  ok(
    fixture.asked.some((each) => /experiments\?q=older&limit=220/.test(each)),
    "the route",
  );
  equal((await axe(page)).join("\n"), "");
  await page.getByRole("button", { name: "Lasted" }).click();
  await until(() => page.url().includes("metric=duration"), "in the address");
  await until(async () => (await main.innerText()).includes("No step beyond chance."), "one level");
  await page.goBack();
  await settled(page);
  // There is no comparison of these made-up runs: the address is what counts.
  opened.expected.failures = true;
  await page.getByRole("link", { name: "Compare with the run before" }).click();
  await until(() => page.url().includes("runs=older-119%25404,older-120%25404"), page.url());
  await settled(page);
  opened.expected.failures = false;
  await page.goBack();
  await settled(page);
  await dots.last().focus();
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Enter");
  await until(() => page.url().includes("/experiments/older-225?tab=results"), page.url());
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("a history of few runs, of none, and of hostile names says what it can", async (browser) => {
  const few = await open(browser);
  await few.goto("/experiments?view=history");
  const words = await few.page.locator("main").innerText();
  ok(/Too few runs to tell: a change needs 15 runs with a value, there are 3\./.test(words), words);
  ok(!words.includes("ramp-3"), "one that runs is not among them");
  await few.page.getByPlaceholder("Filter outcomes").fill("no such run");
  await few.page.getByRole("button", { name: "Clear the filter" }).click();
  await until(async () => (await few.page.getByRole("figure").count()) === 1, "all again");
  await few.close();
  const none = await open(browser, { server: { kind: "empty" } });
  await none.goto("/experiments?view=history");
  ok((await none.page.locator("main").innerText()).includes("No run has ended yet."), "none");
  await none.close();
  const hostile = await open(browser, {
    server: { kind: "hostile", history: 60 },
    size: NARROW,
    theme: "dark",
  });
  await hostile.goto("/experiments?view=history&metric=included");
  await shot(hostile.page, "history-hostile-narrow");
  ok(
    await hostile.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
    "nothing scrolls sideways",
  );
  equal((await axe(hostile.page)).join("\n"), "");
  equal(hostile.complaints.join("\n"), "");
  await hostile.close();
});
