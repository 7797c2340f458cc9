/** The lists of experiments: filters, order and history, in the address. */
import { axe, equal, ok, open, settled, shot, test, until } from "./harness.mjs";

const rowsOf = (grid) => grid.locator("tbody tr[aria-rowindex]");
const counted = (grid, count) => async () => (await grid.getAttribute("aria-rowcount")) === count;

test("runs are filtered by the service; older ones follow page by page", async (browser) => {
  const opened = await open(browser, { server: { history: 230 } });
  const { page, fixture } = opened;
  await opened.goto("/experiments");
  const grid = page.getByRole("grid", { name: "Runs" });
  equal(await grid.getAttribute("aria-rowcount"), "101", "a page and the header");
  await page.getByRole("checkbox", { name: "Mark ramp-2" }).check();
  await page.getByRole("button", { name: "Older" }).click();
  await until(() => page.url().includes("before=131"), "the page is in the address");
  await until(async () => (await rowsOf(grid).first().innerText()).includes("older-130"), "older");
  await page.getByRole("checkbox", { name: "Mark older-130" }).check();
  // There is no comparison of made-up runs: the address is what counts.
  opened.expected.failures = true;
  await page.getByRole("button", { name: "Compare 2" }).click();
  await until(() => page.url().includes("runs=older-130,ramp-2"), "of two pages, oldest first");
  await settled(page);
  opened.expected.failures = false;
  await page.goBack();
  await until(counted(grid, "101"), "back on the same page");
  ok(page.url().includes("before=131"), page.url());
  await page.getByRole("button", { name: "Older" }).click();
  await until(counted(grid, "31"), "the last page");
  equal(await page.getByRole("button", { name: "Older" }).count(), 0, "nothing is older");
  await page.getByLabel("Status").selectOption("error");
  await until(async () => /status=error/.test(page.url()) && !/before/.test(page.url()), "first");
  await until(
    async () => !(await grid.innerText()).includes("Success"),
    "only those that have failed",
  );
  await page.getByPlaceholder("Filter runs").fill("older-22");
  await until(counted(grid, "3"), "of older-22 and older-220 to 226, those that have failed");
  ok(
    fixture.asked.some((each) => /experiments\?.*q=older-22.*status=error/.test(each)),
    "the service filters",
  );
  const address = page.url();
  await page.goto(address);
  await settled(page);
  equal(await grid.getAttribute("aria-rowcount"), "3", "the address says it all");
  await page.getByPlaceholder("Filter runs").fill("no such run");
  await page.getByRole("button", { name: "Clear the filter" }).click();
  await until(counted(grid, "101"), "all again");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("outcomes are sorted, filtered by status and verdict, and paged, in the address", async (browser) => {
  const opened = await open(browser, { server: { history: 130 } });
  const { page } = opened;
  await opened.goto("/experiments?view=outcomes");
  const grid = page.getByRole("grid", { name: "Outcomes of experiments" });
  ok((await page.locator("main").innerText()).includes("130 outcomes"), "how many there are");
  await grid.getByRole("button", { name: "In blocks" }).click();
  await until(() => page.url().includes("sort=included&order=asc"), page.url());
  await until(async () => (await rowsOf(grid).first().innerText()).includes("night-soak"), "least");
  await page.getByRole("button", { name: "Next page" }).click();
  await until(() => page.url().includes("cursor=100"), "the page is in the address");
  await until(counted(grid, "31"), "the second page");
  await page.getByLabel("Verdict").selectOption("fail");
  await until(counted(grid, "2"), "one has failed");
  ok(!page.url().includes("cursor"), "from the first page");
  const words = (await page.locator("main").innerText()).replaceAll("\u202f", " ");
  ok(words.includes("1 outcome among the newest 1 000"), words);
  ok((await rowsOf(grid).first().innerText()).includes("Error"), "its status");
  await page.getByLabel("Status").selectOption("success");
  await page.getByRole("button", { name: "Clear the filter" }).click();
  await until(counted(grid, "101"), "all again");
  ok(page.url().includes("sort=included"), "the order stays");
  await opened.goto("/experiments?view=outcomes&sort=colour&status=lost");
  await until(() => !/colour|lost/.test(page.url()), "what cannot be meant is dropped");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("requests to nodes are counted and chosen by outcome; rounds have their causes", async (browser) => {
  const opened = await open(browser, { server: { nodes: 50 } });
  const { page } = opened;
  await opened.goto("/experiments/ramp-3?tab=journal");
  const outcome = page.getByLabel("Outcome");
  ok((await outcome.innerText()).includes("Refused: 10"), await outcome.innerText());
  await outcome.selectOption("refused");
  await until(() => page.url().includes("outcome=refused"), "in the address");
  const grid = page.getByRole("grid", { name: "Requests to nodes" });
  await until(counted(grid, "11"), "those only");
  await opened.goto("/experiments/ramp-3?tab=journal&outcome=never");
  await page.getByRole("button", { name: "All requests" }).click();
  await until(counted(grid, "51"), "all again");
  await opened.goto("/experiments/ramp-3?tab=results");
  const rounds = page.getByRole("grid", { name: "Rounds" });
  const heads = (await rounds.locator("th").allInnerTexts()).join("|");
  for (const head of ["Accepted", "99 %", "95 %, slots", "Slots without a block", "Restarts"])
    ok(heads.includes(head), `${head} in ${heads}`);
  const why = rounds.getByRole("link", { name: "Why slow?" }).last();
  ok((await why.getAttribute("href")).includes("run%3Aramp-3%3Bround%3A2"), "causes of a round");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("more than twenty requests of one step and outcome are one row, which is unfolded", async (browser) => {
  const opened = await open(browser, { server: { nodes: 400 } });
  const { page } = opened;
  await opened.goto("/experiments/ramp-3?tab=journal&sort=step");
  const grid = page.getByRole("grid", { name: "Requests to nodes" });
  const folds = grid.getByRole("button", { name: /^\d+ nodes/ });
  const folded = Number(await grid.getAttribute("aria-rowcount"));
  ok(folded < 250 && folded > 6, `${folded} rows of 400 requests`);
  const first = folds.first();
  const words = await first.innerText();
  const nodes = Number(/^(\d+) nodes accepted$/.exec(words)?.[1]);
  ok(nodes > 20, words);
  equal(await first.getAttribute("aria-expanded"), "false");
  await shot(page, "requests-folded");
  await first.click();
  await until(counted(grid, String(folded + nodes)), "unfolded");
  equal(await first.getAttribute("aria-expanded"), "true");
  await shot(page, "requests-unfolded");
  // It stays so while the journal is asked for again, and when the order changes.
  const before = opened.fixture.asked.length;
  opened.fixture.tell("run:ramp-3");
  await until(
    () => opened.fixture.asked.slice(before).some((each) => each.includes("/journal")),
    "asked again",
  );
  await settled(page);
  equal(await grid.getAttribute("aria-rowcount"), String(folded + nodes), "still unfolded");
  await grid.getByRole("button", { name: "Node", exact: true }).click();
  await until(() => page.url().includes("sort=node"), "sorted, in the address");
  equal(await grid.getAttribute("aria-rowcount"), String(folded + nodes), "still unfolded");
  // A menu shows nothing before its content is there.
  const menu = await page.getByRole("button", { name: /^Take away/ }).evaluate((button) => {
    button.click();
    return Promise.resolve().then(() => document.querySelector(":popover-open")?.innerText);
  });
  ok(/CSV \(400 rows\)/.test(menu), menu);
  await page.keyboard.press("Escape");
  // The grid's keys unfold, too.
  const fold = folds.first();
  await fold.locator("xpath=ancestor::tr").locator("td").first().focus();
  await page.keyboard.press("Enter");
  await until(
    async () => (await grid.getAttribute("aria-rowcount")) !== String(folded + nodes),
    "turned by Enter",
  );
  // What is searched for is not folded away.
  await page.getByPlaceholder("Filter nodes").fill("10.0.0.1");
  await until(() => page.url().includes("q=10.0.0.1"), "in the address");
  await until(async () => (await folds.count()) === 0, "no row is folded");
  await page.getByPlaceholder("Filter nodes").fill("no such node");
  await page.getByText("0 of 400 requests match.").waitFor();
  await page.getByRole("button", { name: "All requests" }).click();
  await until(async () => (await folds.count()) > 0, "all again");
  equal((await axe(page)).join("\n"), "");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("a chosen run's bounds are lines of the charts of the Overview", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/?x=ramp-3");
  const latency = page.getByRole("region", { name: "Inclusion latency" });
  await until(async () => (await latency.innerText()).includes("latency.p95 <"), "its bound");
  await opened.goto("/");
  ok(!(await latency.innerText()).includes("latency.p95 <"), "without a run there is none");
  await opened.close();
});
