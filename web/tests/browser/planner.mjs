/** Planning an experiment. */
import { equal, ok, open, settled, shot, test, until } from "./harness.mjs";
import { end } from "../fixtures/access.mjs";
import { parameters, plan } from "../fixtures/planner.mjs";

const fill = async (page, key, value) => page.locator(`#field-${key}`).fill(value);
const preview = (page) => page.getByRole("region", { name: "Preview" });
const planned = (page) =>
  until(() => preview(page).getByText("Accounts").count(), "a preview of the plan");

test("each parameter has help, a unit and its message beside it", async (browser) => {
  const opened = await open(browser);
  opened.expected.failures = true;
  const { page } = opened;
  await opened.goto("/experiments/new");
  const all = parameters().parameters;
  ok(all.length >= 46, `${all.length} parameters`);
  for (const { key, help, unit } of all) {
    const field = page.locator(`#field-${key}`);
    equal(await field.count(), 1, key);
    const id = await field.getAttribute("aria-describedby");
    ok(
      (await page.locator(`#${id}`).innerText()).toLowerCase().includes(help.toLowerCase()),
      `${key}: its help`,
    );
    if (unit) ok(await field.locator("xpath=..").getByText(unit, { exact: true }).count(), key);
  }
  // What the page can tell by itself.
  await fill(page, "Rounds", "many");
  const message = page.locator("#field-Rounds-help .message");
  ok((await message.innerText()).includes("whole number"), "beside the field");
  equal(await page.locator("#field-Rounds").getAttribute("aria-invalid"), "true");
  await fill(page, "Rounds", "");
  // What only the service can tell: three errors, all listed, each leading to its field.
  await fill(page, "ExperimentName", "two words");
  await fill(page, "Privkeys", "/keys/plain1");
  await fill(page, "StressTps", "0.1");
  await fill(page, "MinStopRatio", "0.9");
  await until(
    () =>
      page
        .locator(".problems li")
        .count()
        .then((count) => count === 3),
    "three errors",
  );
  for (const key of ["ExperimentName", "StressTps", "MinStopRatio"])
    equal(await page.locator(`#field-${key}-help .message`).count(), 1, key);
  await page.locator(".problems button", { hasText: "min stop ratio" }).click();
  equal(await page.evaluate(() => document.activeElement?.id), "field-MinStopRatio");
  await opened.close();
});

test("what is previewed is what is started, with the same seed", async (browser) => {
  const opened = await open(browser);
  opened.expected.failures = true;
  const { page } = opened;
  await opened.goto("/experiments/new?draft=a");
  await fill(page, "ExperimentName", "wide-1");
  await fill(page, "Privkeys", "/keys/plain1");
  await fill(page, "Rounds", "3");
  await planned(page);
  await until(
    () =>
      preview(page)
        .locator("tbody tr")
        .count()
        .then((count) => count === 3),
    "three rounds",
  );
  // The time line of the plan: rounds, stops, and pauses between rounds.
  const line = preview(page).getByRole("group", { name: /^Time line of the plan: 3 rounds/ });
  equal(await line.locator("[data-planned]").count(), 3, "rounds");
  equal(await line.locator(".ghost-mark").count(), 2, "stops");
  equal(await line.locator(".ghost.pause").count(), 2, "pauses");
  const words = await line.locator("[data-planned='1']").getAttribute("title");
  ok(words.replaceAll("\u202f", " ").includes("planned after 45 min 00 s for 30 min 00 s"), words);
  ok(!(await line.innerText()).includes("Steps"), "a plan has no steps");
  const seed = async () =>
    (await preview(page).locator("dl div", { hasText: "Seed" }).locator("dd").innerText()).trim();
  const before = await seed();
  await page.getByRole("button", { name: "Redraw" }).click();
  await until(async () => (await seed()) !== before, "another seed");
  // A reload keeps what was typed.
  await page.reload();
  await settled(page);
  equal(await page.locator("#field-ExperimentName").inputValue(), "wide-1");
  await planned(page);
  const last = await seed();
  const digits = (text) => Number(text.replaceAll(/[^\d.]/g, ""));
  const facts = await preview(page).locator("dl").first().innerText();
  const rows = preview(page).locator("tbody tr[aria-rowindex]");
  const shown = await rows.evaluateAll((all) =>
    all.map((row) => [...row.cells].map((cell) => cell.textContent.trim())),
  );
  await page.getByRole("button", { name: "Start" }).click();
  await until(() => page.url().includes("/experiments/wide-1"), "the page of the run");
  const { started, previewed } = opened.fixture.settings;
  equal(String(started.Seed), last, "the seed of the preview");
  equal(started.Rounds, 3);
  // Nothing else is sent than what was asked for last, and its plan is what was seen.
  equal(JSON.stringify(started), JSON.stringify(previewed), "the setup of the preview");
  const [, run] = plan({}, started);
  equal(shown.length, run.plan.rounds.length, "rounds");
  for (const [at, round] of run.plan.rounds.entries()) {
    const { payments, zkapps } = round;
    equal(digits(shown[at][0]), round.index, "the round");
    ok(Math.abs(digits(shown[at][2]) - round.tps) < 0.006, `rate: ${shown[at][2]}, ${round.tps}`);
    equal(digits(shown[at][3]), payments.transactions, `payments of round ${at}`);
    equal(digits(shown[at][4]), zkapps.transactions, `zkApps of round ${at}`);
    const amounts = [payments, zkapps].map((load) => load.funding.amount_mina).join(" + ");
    equal(shown[at][7], amounts, `amounts of round ${at}`);
  }
  for (const total of [run.totals.transactions, run.totals.accounts, run.totals.funding])
    ok(facts.replaceAll(/[\s,]/g, "").includes(total), `${total} in ${facts}`);
  await opened.close();
});

test("a taken name is mended, and a busy lab queues", async (browser) => {
  const opened = await open(browser, { server: { busy: true } });
  opened.expected.failures = true;
  const { page } = opened;
  await opened.goto("/experiments/new?from=ramp-3");
  equal(await page.locator("#field-BaseTps").inputValue(), "", "the default is not repeated");
  equal(await page.locator("#field-Rounds").inputValue(), "6", "taken from the run");
  equal(await page.locator("#field-ExperimentName").inputValue(), "ramp-4", "the next name");
  await fill(page, "ExperimentName", "ramp-2");
  await fill(page, "Privkeys", "/keys/plain1");
  await planned(page);
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByRole("button", { name: "Take the next free name" }).click();
  await until(
    async () => (await page.locator("#field-ExperimentName").inputValue()) === "ramp-4",
    "a free name",
  );
  const start = page.getByRole("button", { name: "Start" });
  await until(async () => (await start.getAttribute("aria-disabled")) === "false", "planned");
  await start.click();
  await page.getByRole("button", { name: "Queue it" }).click();
  await until(() => page.url().includes("/experiments/ramp-4"), "queued");
  equal(opened.fixture.settings.started.queue, true);
  await opened.close();
});

test("a viewer plans and starts nothing", async (browser) => {
  const opened = await open(browser, { server: { role: "viewer" } });
  opened.expected.failures = true;
  const { page } = opened;
  await opened.goto("/experiments/new?draft=v");
  await fill(page, "ExperimentName", "mine");
  await fill(page, "Privkeys", "/keys/plain1");
  await planned(page);
  await page.getByRole("button", { name: "Start" }).click({ force: true });
  await page.waitForTimeout(200);
  equal(opened.fixture.settings.started, undefined);
  ok(
    (await page.getByRole("button", { name: "Start" }).getAttribute("title")).includes("operator"),
    "why not",
  );
  await opened.close();
});

test("a session that ends in the middle of a draft loses nothing and goes on without a reload", async (browser) => {
  const opened = await open(browser, { server: { role: "operator", holder: "ada" } });
  opened.expected.failures = true;
  const { page, fixture } = opened;
  await opened.goto("/experiments/new?draft=kept");
  await page.evaluate(() => (globalThis.isSamePage = true));
  await fill(page, "ExperimentName", "late-1");
  await fill(page, "Privkeys", "/keys/plain1");
  await planned(page);
  end(fixture.settings);
  await fill(page, "Rounds", "5");
  const alert = preview(page).getByRole("alert");
  await alert.waitFor();
  ok((await alert.innerText()).includes("Your session has ended"), await alert.innerText());
  const banner = page.getByText("Your session has ended. What you have typed is kept.");
  await banner.waitFor();
  equal(await page.locator(".problems li").count(), 0, "the setup is not to blame");
  ok(await preview(page).getByText("Accounts").count(), "the plan before stays");
  ok(
    (await page.getByRole("button", { name: "Start", exact: true }).getAttribute("title")).includes(
      "sign in",
    ),
    "nothing can be started",
  );
  for (const [key, value] of [
    ["ExperimentName", "late-1"],
    ["Privkeys", "/keys/plain1"],
    ["Rounds", "5"],
  ])
    equal(await page.locator(`#field-${key}`).inputValue(), value, key);
  await fill(page, "BaseTps", "0.5");
  await shot(page, "planner-session-ended");
  await alert.getByRole("link", { name: "Sign in again" }).click();
  await page.getByLabel("Token of the lab").fill("wrong-token");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("this is not the token of the lab").waitFor();
  await page.getByLabel("Token of the lab").fill("right-token");
  await page.getByRole("button", { name: "Sign in" }).click();
  await until(() => page.url().endsWith("/experiments/new?draft=kept"), "back at the draft");
  await until(
    async () => (await page.locator("#field-BaseTps").inputValue()) === "0.5",
    "what was typed last, too",
  );
  equal(await page.locator("#field-Rounds").inputValue(), "5");
  await planned(page);
  equal(await banner.count(), 0, "signed in");
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await until(() => page.url().includes("/experiments/late-1"), "the run");
  equal(fixture.settings.started.Rounds, 5);
  equal(await page.evaluate(() => globalThis.isSamePage), true, "without a reload");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("a plan begins with an example or with a run of before, and keeps who pays", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  const value = (key) => page.locator(`#field-${key}`).inputValue();
  await opened.goto("/experiments/new?example=smoke");
  equal(await value("ExperimentName"), "smoke");
  await fill(page, "ExperimentName", "mine");
  await fill(page, "Privkeys", "/keys/plain1");
  await fill(page, "Gap", "60");
  await page.getByRole("button", { name: "Begin with…" }).click();
  await shot(page, "planner-begin");
  await page.getByRole("button", { name: /^Ramp/ }).click();
  // What only the reader knows stays; the rest is the example's.
  equal(await value("ExperimentName"), "mine");
  equal(await value("Privkeys"), "/keys/plain1");
  equal(await value("Gap"), "");
  equal(await value("RateShape"), "ramp");
  await until(
    () =>
      preview(page)
        .locator("tbody tr")
        .count()
        .then((count) => count === 6),
    "six rounds",
  );
  // The setup of a run: what was typed here is another draft.
  await page.getByRole("button", { name: "Begin with…" }).click();
  await page.getByRole("link", { name: "ramp-2", exact: true }).click();
  await until(() => page.url().includes("from=ramp-2"), page.url());
  await until(async () => (await value("ExperimentName")) === "ramp-3", "the next name");
  await page.goBack();
  await until(async () => (await value("ExperimentName")) === "mine", "the draft is kept");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});
