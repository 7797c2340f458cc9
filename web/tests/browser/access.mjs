/** Tokens, the session, the audit log. */
import { PAGES } from "./every-page.mjs";
import { equal, ok, open, settled, shot, test, until } from "./harness.mjs";

test("a token is made, shown once, and revoked by its name", async (browser) => {
  const opened = await open(browser);
  const { page, fixture } = opened;
  await opened.goto("/lab/access");
  const table = page.getByRole("grid", { name: /token/ });
  equal(await table.locator("tbody tr[aria-rowindex]").count(), 4);
  const words = await table.innerText();
  for (const state of ["Valid", "1 day left", "Expired", "never"]) ok(words.includes(state), state);
  await page.getByRole("button", { name: "New token…" }).click();
  const make = page.getByRole("button", { name: "Make it" });
  equal(await make.getAttribute("aria-disabled"), "true", "without a name");
  await page.getByLabel("Name").fill("ada");
  ok((await page.locator("dialog").innerText()).includes("There is a token of this name"), "taken");
  equal(await make.getAttribute("aria-disabled"), "true", "a name that is taken");
  await page.getByLabel("Name").fill("lin");
  await page.getByLabel("Expires after").fill("-3");
  ok((await page.locator("dialog").innerText()).includes("Give a number of days"), "days");
  equal(await make.getAttribute("aria-disabled"), "true", "negative days");
  await page.getByLabel("Expires after").fill("30");
  await page.getByRole("button", { name: "Viewer: reads" }).click();
  await shot(page, "token-new");
  await make.click();
  await page.getByText("made-up-token-of-64-characters").waitFor();
  equal(JSON.stringify(fixture.settings.asked), `{"name":"lin","role":"viewer","days":30}`);
  await page.getByRole("button", { name: "I have it" }).click();
  await settled(page);
  equal(await page.getByText("made-up-token-of-64-characters").count(), 0, "shown once");
  equal(await table.locator("tbody tr[aria-rowindex]").count(), 5);
  await page.getByRole("button", { name: "Revoke lin" }).click();
  const revoke = page.getByRole("button", { name: "Revoke", exact: true });
  equal(await revoke.getAttribute("aria-disabled"), "true", "without its name");
  await page.locator("dialog input").fill("lin");
  await revoke.click();
  await until(async () => (await table.locator("tbody tr[aria-rowindex]").count()) === 4, "gone");
  equal(opened.complaints.join(), "");
  await opened.close();
});

test("the first token says what it changes; a viewer makes and revokes none", async (browser) => {
  const first = await open(browser, { server: { nodes: 0, kind: "empty" } });
  await first.goto("/lab/access");
  ok((await first.page.locator("main").innerText()).includes("There is no token"), "none yet");
  await first.page.getByRole("button", { name: "New token…" }).click();
  ok((await first.page.locator("dialog").innerText()).includes("This is the first token"), "first");
  await first.close();
  const opened = await open(browser, { server: { role: "viewer", holder: "grace" } });
  const { page } = opened;
  await opened.goto("/lab/access");
  const own = await page.getByRole("region", { name: "Your session" }).innerText();
  ok(own.includes("viewer") && own.includes("grace") && own.includes("Sign out"), own);
  const make = page.getByRole("button", { name: "New token…" });
  equal(await make.getAttribute("aria-disabled"), "true");
  ok(await page.getByRole("button", { name: "Revoke ada" }).isDisabled(), "revoking");
  await opened.close();
});

test("the audit log is filtered, paged, and opened by row", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/lab/audit");
  const rows = page.getByRole("grid", { name: /Changes/ });
  equal(await rows.getAttribute("aria-rowcount"), "101", "a page and the header");
  const words = await rows.innerText();
  for (const result of ["Done, 201", "Refused, 404", "Stored, no answer", "Failed, 503"])
    ok(words.includes(result), result);
  await page.getByRole("button", { name: "Next page" }).click();
  await until(async () => (await rows.innerHTML()).includes("-000000000100"), "the next page");
  await page.getByPlaceholder("Who, what, request id").fill("cancel");
  await until(async () => (await rows.getAttribute("aria-rowcount")) === "39", "filtered");
  ok(page.url().includes("q=cancel"), "in the address");
  equal(await page.getByRole("button", { name: "First page" }).count(), 0, "from the beginning");
  await rows.getByRole("button").first().click();
  const detail = await page.getByRole("dialog").innerText();
  ok(detail.includes("orchestrator") && detail.includes("as usual"), detail);
  ok(detail.includes("9f1c2b7e-0000-4000-8000-000000000004"), "the id of the request");
  await shot(page, "audit-entry");
  await page.keyboard.press("Escape");
  await opened.goto("/lab/audit?q=nobody-of-this-name");
  await page.getByRole("button", { name: "Clear the filter" }).click();
  await until(async () => (await rows.getAttribute("aria-rowcount")) === "101", "all again");
  equal(opened.complaints.join(), "");
  await opened.close();
});

test("signing in leads back to a page of this origin only", async (browser) => {
  for (const [back, expected] of [
    ["/nodes?sort=lag", "/nodes?sort=lag"],
    ["//evil.example/", "/"],
    ["https://evil.example/", "/"],
    ["/\\\\evil.example", "/"],
  ]) {
    const opened = await open(browser, { server: { role: "viewer" } });
    await opened.goto(`/login?back=${encodeURIComponent(back)}`);
    await opened.page.getByLabel("Token of the lab").fill("right-token");
    await opened.page.getByRole("button", { name: "Sign in" }).click();
    await until(() => opened.page.url() === opened.base + expected, `${back} leads to ${expected}`);
    equal(opened.complaints.join("\n"), "");
    await opened.close();
  }
});

test("services say version, uptime and requests, and who does what", async (browser) => {
  const opened = await open(browser, { server: { versions: ["0.2.0", "0.1.9"] } });
  const { page } = opened;
  await opened.goto("/lab/services");
  const services = await page.getByRole("grid", { name: "Services" }).innerText();
  for (const text of ["0.2.0", "0.1.9", "41.2\u202f/min", "12.3\u202fms", "1\u202fh 07\u202fmin"])
    ok(services.includes(text), `${text} in ${services}`);
  await page.getByText("2 versions run beside each other: 0.1.9, 0.2.0").waitFor();
  const leases = page.getByRole("region", { name: "Leases" });
  const words = await leases.innerText();
  ok(words.includes("log-fetcher 00c1 fetches 3 nodes"), words);
  ok(words.includes("executes the runs"), words);
  await leases.getByRole("link", { name: "node-003" }).click();
  await until(() => page.url().endsWith("/nodes/node-003"), "the node");
  await opened.close();
});

/** Buttons that lead to a change, as the pages name them. */
const CHANGES =
  /^(New (deployment|token)|Add…|Drop|Revoke|Freeze|Unfreeze|Cancel|Start$|Queue|Delete|Clean|Make it|Save (it|the note)|.*, the note of deployment)/;
const ENABLED =
  "main button:not([disabled], [aria-disabled=true]), dialog[open] button:not([disabled], [aria-disabled=true])";

/** Names of the buttons that can be pressed, without what differs from row to row. */
const named = (page) =>
  page
    .locator(ENABLED)
    .evaluateAll((buttons) =>
      buttons.map((button) =>
        button.checkVisibility()
          ? (button.ariaLabel ?? button.innerText).replaceAll(/\s+/g, " ").trim()
          : "",
      ),
    );

test("no button of any page changes anything for a viewer; an operator has all of them", async (browser) => {
  const seen = {};
  for (const role of ["operator", "viewer"]) {
    const opened = await open(browser, { server: { role, holder: "ada" } });
    seen[role] = new Set();
    for (const [name, path] of PAGES) {
      await opened.goto(path);
      for (const button of await named(opened.page))
        if (CHANGES.test(button)) seen[role].add(`${name}: ${button}`);
    }
    await opened.close();
  }
  const wanted = [
    /^experiment: Cancel/,
    /^lab-access: New token/,
    /^lab-access: Revoke/,
    /^lab-cycle: Freeze/,
    /^lab-database: (Clean|Delete)/,
    /^lab-deployments: New deployment/,
    /^lab-deployments: Drop/,
    /^lab-deployments: .*the note of deployment/,
  ];
  const operator = [...seen.operator];
  for (const each of wanted)
    ok(
      operator.some((name) => each.test(name)),
      `${each} of ${operator}`,
    );
  equal([...seen.viewer].join(), "", "what a viewer can press");
});

test("whatever a viewer presses, on any page, only reads", async (browser) => {
  const opened = await open(browser, { server: { role: "viewer" } });
  const { page, fixture } = opened;
  opened.expected.failures = true;
  const pressed = new Set();
  for (const [name, path] of PAGES) {
    if (name === "missing") continue;
    await opened.goto(path);
    // One of each name; digits differ from row to row.
    const kind = (text) => text.replaceAll(/[\d.,]+/g, "0").slice(0, 40);
    for (const text of await named(page)) {
      const key = `${name.split("-")[0]} ${kind(text)}`;
      if (text === "" || pressed.has(key)) continue;
      pressed.add(key);
      const at = (await named(page)).indexOf(text);
      if (at < 0) continue;
      await page.locator(ENABLED).nth(at).click({ timeout: 2000, force: true });
      // What opens has buttons of its own.
      if (await page.locator("dialog[open]").count()) {
        for (const button of await page.locator("dialog[open] button[type=button]").all())
          await button.click({ timeout: 500, force: true }).catch(() => undefined);
      }
      await page.keyboard.press("Escape");
      if (page.url() !== opened.base + path) await opened.goto(path);
    }
  }
  ok(pressed.size > 80, `${pressed.size} kinds of buttons`);
  const writes = fixture.requests.filter((line) => !line.startsWith("GET "));
  // Planning changes nothing.
  equal(writes.filter((line) => !line.endsWith("/v1/experiments/plan")).join("\n"), "");
  await opened.close();
});
