/** The frame: addresses, scope, keys, palette, menus. */
import { hash } from "../fixtures/data.mjs";
import { PAGES } from "./every-page.mjs";
import { equal, NARROW, ok, open, settled, shot, test, until } from "./harness.mjs";

test("malformed keys are dropped and named, and nothing is logged", async (browser) => {
  const opened = await open(browser);
  await opened.goto("/nodes?sort=%3Cscript%3E&t=yesterday&d=0");
  const toast = await until(
    () =>
      opened.page
        .locator(".toast .outside")
        .first()
        .textContent()
        .catch(() => ""),
    "a toast",
  );
  equal(toast.trim(), "Dropped from the address: sort, t");
  await until(() => opened.page.url().endsWith("/nodes?d=0"), "only d is left");
  // Pages without keys of their own drop and name them, too.
  for (const path of [
    "/",
    `/transactions/5J${hash(900).slice(2)}`,
    "/lab",
    "/lab/deployments",
    "/lab/services",
    "/lab/cycle",
    "/lab/database",
    "/lab/access",
    "/lab/completeness",
    "/lab/audit",
  ]) {
    await opened.goto(`${path}?t=yesterday&d=0&sorted=by%20name`);
    await until(() => opened.page.url() === `${opened.base}${path}?d=0`, `${path}: only d is left`);
    const named = opened.page.locator(".toast .outside", { hasText: "Dropped from" });
    await until(() => named.count(), `${path}: a toast`);
    equal((await named.innerText()).trim(), "Dropped from the address: t, sorted", path);
  }
  // Going from one page to another, and to an address with what no page knows, is told apart.
  await opened.goto("/");
  await opened.page.getByRole("link", { name: "Nodes", exact: true }).click();
  await until(() => opened.page.url().endsWith("/nodes"), "another page");
  equal(await opened.page.locator(".toast").count(), 0, "nothing was dropped");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("what a person does is said, kept in the list of messages, and failures alert", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/experiments/new");
  const file = page.locator("input[type=file]");
  const load = (name, text) =>
    file.setInputFiles({ name, mimeType: "application/json", buffer: Buffer.from(text) });
  const field = page.locator("#field-ExperimentName");
  await load("setup.json", JSON.stringify({ experiment_name: "from-file" }));
  const said = page.locator(".toasts [role=status]");
  await said.getByText("read").waitFor();
  await until(async () => (await field.inputValue()) === "from-file", "the file is read");
  await load("broken.json", "{");
  const failed = page.locator(".toasts [role=alert]");
  await failed.getByText("The file is no setup").waitFor();
  // A rejection that nothing handles is a failure, too.
  await page.evaluate(() => void Promise.reject(new Error("nobody handles this")));
  await failed.getByText("nobody handles this").waitFor();
  await shot(page, "messages");
  // What has an action stays until it is closed, or done.
  await page.waitForTimeout(7000);
  await said.getByRole("button", { name: "Undo" }).click();
  await until(async () => (await field.inputValue()) === "", "the form as it was");
  equal(await said.locator(".toast").count(), 0, "it is done");
  await page.getByRole("button", { name: "Messages, failures: 2" }).click();
  const list = page.getByRole("group", { name: "Messages" });
  const words = await list.locator("li").allInnerTexts();
  equal(words.length, 3, words.join("; "));
  ok(words[0].includes("nobody handles this") && words[2].includes("read"), words.join("; "));
  await shot(page, "messages-list");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Messages", exact: true }).waitFor();
  await opened.close();
});

test("an answer that takes long says whose it is, and waiting can be stopped", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  let isHeld = true;
  await page.route(/\/v1\/checkpoints\?/, (route) => (isHeld ? undefined : route.continue()));
  await page.goto(`${opened.base}/checkpoints`);
  const waits = page.getByText("Still waiting for experiments API");
  await waits.first().waitFor({ timeout: 12_000 });
  await shot(page, "still-waiting");
  await page.getByRole("button", { name: "Cancel" }).first().click();
  await page.getByText("You have stopped waiting").first().waitFor();
  equal(await page.locator("main [aria-busy=true] [role=status]").count(), 0, "it waits no more");
  isHeld = false;
  await page.getByRole("button", { name: "Ask again" }).first().click();
  await page.getByRole("grid").first().waitFor();
  await opened.close();
});

test("UTC, height of rows and single keys are switched in the menu and in the palette", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/nodes");
  const menu = page.getByRole("navigation", { name: "Pages" });
  for (const [before, after, words] of [
    ["Times: UTC", "Times: local", "local zone"],
    ["Rows: comfortable", "Rows: compact", "Rows: comp"],
    ["Single keys: on", "Single keys: off", "Single keys"],
  ]) {
    await menu.getByRole("button", { name: before }).click();
    await menu.getByRole("button", { name: after }).click();
    await menu.getByRole("button", { name: before }).waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: /Go to a page/ }).fill(words);
    await page.getByRole("option", { name: words }).waitFor();
    await page.keyboard.press("Enter");
    await menu.getByRole("button", { name: after }).waitFor();
  }
  equal(
    await page
      .locator("tbody tr")
      .first()
      .evaluate((row) => row.offsetHeight),
    28,
  );
  await shot(page, "menu-switches");
  await page.keyboard.press("g");
  await page.keyboard.press("b");
  await page.waitForTimeout(200);
  ok(page.url().endsWith("/nodes"), "single keys are off");
  await opened.close();
});

test("Ctrl Enter submits the form one is in", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  const sent = [];
  await page.route(/\/(deployments|tokens)$/, (route) =>
    route.request().method() === "POST"
      ? route.fulfill({ status: 201, json: { id: "1", name: "another one", token: "secret" } })
      : route.continue(),
  );
  page.on("request", (request) => {
    if (request.method() === "POST") sent.push(new URL(request.url()).pathname.split("/").at(-1));
  });
  await opened.goto("/lab/deployments");
  await page.keyboard.press("Control+Enter");
  await page.getByRole("button", { name: "New deployment" }).click();
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Control+Enter");
  await until(() => sent.includes("deployments"), "a deployment is made");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  equal(sent.length, 1, "outside of a form it does nothing");
  await opened.goto("/lab/access");
  await page.getByRole("button", { name: "New token" }).click();
  const name = page.getByRole("dialog").getByLabel("Name");
  await name.press("Control+Enter");
  await page.waitForTimeout(100);
  equal(sent.length, 1, "without a name it cannot be submitted");
  await name.fill("another one");
  await name.press("Control+Enter");
  await until(() => sent.includes("tokens"), "a token is made");
  await opened.close();
});

test("deployment 0 and a run with a difficult name are chosen, linked and loaded again", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/");
  await page.getByRole("button", { name: "current deployment" }).click();
  await page.getByRole("button", { name: "0", exact: true }).click();
  await until(() => page.url().includes("d=0"), "deployment 0 in the address");
  await page.getByRole("button", { name: "all runs" }).click();
  await page.getByRole("button", { name: /a b%2F#ü/ }).click();
  await until(
    () => new URL(page.url()).searchParams.get("x") === "a b%2F#ü",
    "the run in the address",
  );
  await page.reload();
  await settled(page);
  const bar = await page.locator("header").first().innerText();
  ok(bar.includes("deployment 0") && bar.includes("run a b%2F#ü"), bar);
  await page.getByRole("link", { name: "Nodes", exact: true }).click();
  await until(() => page.url().includes("/nodes?d=0&x="), "links keep the scope");
  await opened.goto(`/experiments/${encodeURIComponent("a b%2F#ü")}`);
  equal(await page.locator("h1").innerText(), "a b%2F#ü");
  await opened.close();
});

test("round 0 of a run is chosen in the scope bar and found again; another run has none", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  const menu = page.getByRole("group", { name: "Run", exact: true });
  const bar = page.locator("header button[title=Run]");
  await opened.goto("/transactions?x=ramp-3&t=2026-11-29T05:00:00Z..2026-11-29T05:30:00Z");
  await bar.click();
  await shot(page, "rounds-menu");
  await menu.getByRole("button", { name: "Round 0", exact: true }).click();
  await until(() => page.url().includes("x=ramp-3&r=0"), "round 0 in the address");
  await page.reload();
  await settled(page);
  equal((await bar.innerText()).trim(), "run ramp-3 · round 0");
  await bar.click();
  const current = menu.locator("[aria-current=true]", { hasText: "Round 0" });
  await until(() => current.count(), "round 0 is the current one");
  await menu.getByRole("button", { name: /^ramp-2/ }).click();
  await until(() => page.url().endsWith("/transactions?x=ramp-2"), page.url());
  await bar.click();
  await menu.getByRole("button", { name: "Round 2", exact: true }).click();
  await until(() => page.url().endsWith("x=ramp-2&r=2"), page.url());
  await bar.click();
  await menu.getByRole("button", { name: "All rounds" }).click();
  await until(() => page.url().endsWith("/transactions?x=ramp-2"), page.url());
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("links to a run, a round or a deployment name it once, and nothing of another", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  const foreign = "d=6&t=2026-11-29T05:00:00.000Z..2026-11-29T05:30:00.000Z&x=ramp-2&r=4";
  const hrefs = async (path, name) => {
    await opened.goto(path);
    const links = page.locator("main").getByRole("link", { name, exact: true });
    await until(() => links.count(), `${path}: ${name}`);
    return links.evaluateAll((all) => all.map((link) => link.getAttribute("href")));
  };
  for (const [path, name, wanted] of [
    ["/experiments/ramp-3", "Overview of this run", "/?d=6&x=ramp-3"],
    ["/experiments/ramp-3", "Its transactions", "/transactions?d=6&x=ramp-3"],
    ["/experiments/ramp-3", "round 0", "/blocks?d=6&x=ramp-3&r=0"],
    ["/experiments/ramp-3?tab=results", "round 1", "/blocks?d=6&x=ramp-3&r=1"],
    ["/lab/deployments", "7", `/?d=7&${foreign.split("&")[1]}`],
    [
      "/checkpoints/Verify_commands?group=deployment",
      "7",
      `/checkpoints/Verify_commands?${foreign.replace("d=6", "d=7")}`,
    ],
  ]) {
    const found = await hrefs(`${path}${path.includes("?") ? "&" : "?"}${foreign}`, name);
    for (const href of found) equal(href, wanted, `${path}: ${name}`);
  }
  await opened.goto(`/checkpoints/Verify_commands?${foreign}`);
  const trace = page.getByRole("link", { name: /^Open trace/ }).first();
  const query = new URL(await trace.getAttribute("href"), opened.base).searchParams;
  equal([...query.keys()].join(), "d,t,x,r,cp", "each key once");
  equal(query.get("d"), "7", "the deployment of the trace");
  await opened.close();
});

test("the palette finds pages and nodes by keyboard only", async (browser) => {
  const opened = await open(browser, { server: { nodes: 40 } });
  const { page } = opened;
  await opened.goto("/");
  await page.keyboard.press("Control+k");
  await page.keyboard.type("node-017");
  await until(
    () =>
      page
        .locator("[role=option]")
        .first()
        .textContent()
        .then((text) => text.includes("node-017")),
    "a hit",
  );
  await shot(page, "palette");
  await page.keyboard.press("Enter");
  await until(() => page.url().endsWith("/nodes/node-017"), "the node's page");
  await page.keyboard.press("Control+k");
  await page.keyboard.type("lab cycle");
  await page.keyboard.press("Enter");
  await until(() => page.url().endsWith("/lab/cycle"), "a page");
  await opened.close();
});

test("single keys lead to pages and can be switched off", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/");
  await page.keyboard.press("g");
  await page.keyboard.press("n");
  await until(() => page.url().endsWith("/nodes"), "g n");
  await page.getByRole("heading", { level: 1, name: "Nodes" }).waitFor();
  await settled(page);
  await page.keyboard.press("/");
  equal(await page.evaluate(() => document.activeElement?.getAttribute("type")), "search");
  await page.keyboard.type("g o");
  ok(page.url().includes("/nodes"), "keys in a field are text");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Shift+?");
  await page.getByText("Single keys act at once").click();
  await page.keyboard.press("Escape");
  await page.keyboard.press("g");
  await page.keyboard.press("o");
  await page.waitForTimeout(300);
  ok(page.url().includes("/nodes"), "switched off");
  await opened.close();
});

test("a table is worked by keyboard: cells, window, opening a row", async (browser) => {
  const opened = await open(browser, { server: { nodes: 1000 } });
  const { page } = opened;
  await opened.goto("/nodes");
  await page.getByRole("button", { name: /^Node/ }).focus();
  for (const key of ["ArrowDown", "PageDown", "Control+End"]) await page.keyboard.press(key);
  await until(() => page.locator("tr", { hasText: "node-999" }).count(), "the last row is loaded");
  await page.keyboard.press("Home");
  const at = await page.evaluate(() => [
    document.activeElement?.closest("tr")?.getAttribute("aria-rowindex"),
    document.activeElement?.classList.contains("first"),
  ]);
  equal(at.join(), "1001,true", "the first cell of the last row");
  ok((await page.locator("tbody tr").count()) < 80, "only what is seen is there");
  await page.keyboard.press("Enter");
  await until(() => page.url().endsWith("/nodes/node-999"), "the row's page");
  await opened.close();
});

test("marked nodes are compared, and rows beside the open one are reached by keys", async (browser) => {
  const opened = await open(browser, { server: { nodes: 40 } });
  const { page } = opened;
  await opened.goto("/nodes");
  await page.getByRole("link", { name: "node-004" }).click();
  await until(() => page.url().endsWith("/nodes/node-004"), "the row's page");
  for (const [key, node] of [
    ["]", "node-005"],
    ["[", "node-004"],
    ["[", "node-003"],
  ]) {
    await page.keyboard.press(key);
    await until(() => page.url().endsWith(`/nodes/${node}`), `${key} leads to ${node}`);
  }
  await opened.goto("/nodes");
  await page.locator("tr", { hasText: "node-001" }).locator("td.first").focus();
  for (const key of ["Space", "ArrowDown", "Space", "c"]) await page.keyboard.press(key);
  await until(() => page.url().includes("group=node&nodes=node-001,node-002"), "their checkpoints");
  await opened.close();
});

test("columns are chosen, roles are filtered, and the address says so", async (browser) => {
  const opened = await open(browser, { server: { nodes: 40 } });
  const { page } = opened;
  await opened.goto("/nodes");
  const heads = () => page.locator("thead th").allInnerTexts();
  ok(
    (await heads()).some((text) => text.startsWith("Poll")),
    "all columns at first",
  );
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("checkbox", { name: "Poll" }).uncheck();
  await until(() => new URL(page.url()).searchParams.has("cols"), "the address");
  ok(!(await heads()).some((text) => text.startsWith("Poll")), "it is gone");
  const address = page.url();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Producers" }).click();
  await until(() => page.url().includes("role=producer"), "the role");
  await settled(page);
  equal(await page.locator("tbody tr", { hasText: "Other" }).count(), 0, "producers only");
  await page.goto(address);
  await settled(page);
  ok(!(await heads()).some((text) => text.startsWith("Poll")), "a link has the same columns");
  await opened.goto("/nodes?q=no-such-node");
  await page.getByText("0 of 40 nodes match.").waitFor();
  await page.getByRole("button", { name: "Clear the filter" }).click();
  await page.locator("tbody tr", { hasText: "node-000" }).waitFor();
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("deployment, time and run are chosen by key", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/");
  for (const [key, name] of [
    ["z", "Time"],
    ["d", "Deployment"],
    ["r", "Run"],
  ]) {
    await page.keyboard.press(key);
    const menu = page.getByRole("group", { name, exact: true });
    await menu.waitFor();
    await page.keyboard.press("Escape");
    await menu.waitFor({ state: "hidden" });
  }
  await page.keyboard.press("Control+k");
  await page.keyboard.type("plan an exp");
  await page.keyboard.press("Enter");
  await until(() => page.url().endsWith("/experiments/new"), "an action of the palette");
  await opened.close();
});

test("sorting is in the address and done by the service", async (browser) => {
  const opened = await open(browser, { server: { nodes: 40 } });
  const { page } = opened;
  await opened.goto("/nodes");
  await page.getByRole("button", { name: /^Lost/ }).click();
  await page.getByRole("button", { name: /^Lost/ }).click();
  await until(() => page.url().includes("sort=lost&order=desc"), "the address");
  await settled(page);
  equal(await page.locator("th[aria-sort]").getAttribute("aria-sort"), "descending");
  const address = page.url();
  const first = await page.locator("tbody tr").first().innerText();
  await page.goto(address);
  await settled(page);
  equal(
    await page.locator("tbody tr").first().innerText(),
    first,
    "the same rows at the same address",
  );
  await opened.close();
});

test("back restores what was seen", async (browser) => {
  const opened = await open(browser, { server: { nodes: 12 } });
  const { page } = opened;
  await opened.goto("/nodes?q=node-00&sort=lag");
  await page.getByRole("link", { name: "node-003" }).click();
  await until(() => page.url().endsWith("/nodes/node-003"), "the node");
  await page.goBack();
  await until(() => page.url().endsWith("/nodes?q=node-00&sort=lag"), "the list");
  await settled(page);
  equal(await page.locator("input[type=search]").inputValue(), "node-00");
  await opened.close();
});

test("the theme can be chosen and is kept", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/");
  for (const expected of ["light", "dark"]) {
    await page.getByRole("button", { name: /^Theme:/ }).click();
    equal(await page.evaluate(() => document.documentElement.dataset.theme), expected);
  }
  await page.reload();
  await page.waitForSelector("main h1");
  equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  await opened.close();
});

test("a narrow window has the menu as a drawer", async (browser) => {
  const opened = await open(browser, { size: NARROW });
  const { page } = opened;
  await opened.goto("/");
  equal(await page.getByRole("link", { name: "Lab", exact: true }).isVisible(), false);
  await page.getByRole("button", { name: "Menu" }).click();
  await shot(page, "drawer");
  await page.getByRole("link", { name: "Lab", exact: true }).click();
  await until(() => page.url().endsWith("/lab/services"), "the page");
  equal(await page.getByRole("link", { name: "Lab", exact: true }).isVisible(), false);
  await opened.close();
});

test("at 320 pixels nothing is lost and only tables scroll sideways", async (browser) => {
  const opened = await open(browser, { size: { width: 320, height: 640 } });
  const wrong = [];
  for (const [name, path] of PAGES) {
    await opened.goto(path);
    const found = await opened.page.evaluate(() => {
      const found = [];
      const { scrollWidth } = document.documentElement;
      if (scrollWidth > 320) found.push(`the page is ${scrollWidth} wide`);
      const said = (element) =>
        `${element.localName}.${element.className} ${element.textContent.trim().slice(0, 40)}`;
      /** What may be wider than the window: it is scrolled, or its whole text is elsewhere. */
      const isWide = (element) =>
        element.querySelector("table, [role=treegrid], pre, canvas, svg, .bar") !== null ||
        element.matches("[role=treegrid], pre, [role=tablist], nav, textarea, input");
      for (const element of document.querySelectorAll("main *")) {
        const style = getComputedStyle(element);
        const isMore = element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0;
        if (/auto|scroll/.test(style.overflowX) && isMore && !isWide(element))
          found.push(`scrolls sideways: ${said(element)}`);
        const hasText = [...element.childNodes].some(
          (child) => child.nodeType === Node.TEXT_NODE && child.textContent.trim() !== "",
        );
        if (!hasText || element.getClientRects().length === 0) continue;
        let within = element;
        while (within && getComputedStyle(within).overflowX === "visible")
          within = within.parentElement;
        const isCut = within && within !== document.documentElement && within !== document.body;
        if (!isCut && element.getBoundingClientRect().right > 321)
          found.push(`beyond the edge: ${said(element)}`);
      }
      return found;
    });
    wrong.push(...found.map((each) => `${name}: ${each}`));
  }
  equal(wrong.join("\n"), "");
  await opened.close();
});

test("a panel's rows can be taken away", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/nodes");
  await page.getByRole("button", { name: /Take away/ }).click();
  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: /Save CSV/ }).click();
  const stream = await (await saving).createReadStream();
  let text = "";
  for await (const piece of stream) text += piece;
  ok(text.startsWith("name,host,port") && text.includes("node-004"), text.slice(0, 80));
  await page.getByRole("button", { name: /Take away/ }).click();
  await page.getByRole("button", { name: "Copy SQL" }).click();
  ok((await page.evaluate(() => navigator.clipboard.readText())).startsWith("SELECT"), "SQL");
  await opened.close();
});

test("a viewer sees no change that can be made", async (browser) => {
  const opened = await open(browser, { server: { role: "viewer" } });
  const { page } = opened;
  await opened.goto("/lab/cycle");
  ok((await page.locator(".banner").innerText()).includes("Sign in"), "the banner");
  equal(
    await page.getByRole("button", { name: "Freeze…", exact: true }).getAttribute("aria-disabled"),
    "true",
  );
  await page.getByRole("button", { name: "Freeze…", exact: true }).click({ force: true });
  equal(await page.locator("dialog[open]").count(), 0);
  await opened.goto("/lab/deployments");
  equal(
    await page.getByRole("button", { name: "New deployment" }).getAttribute("aria-disabled"),
    "true",
  );
  await opened.close();
});

test("cancelling a run asks for its name", async (browser) => {
  const opened = await open(browser);
  const { page, fixture } = opened;
  await opened.goto("/experiments/ramp-3");
  await page.getByRole("button", { name: "Cancel…" }).click();
  const action = page.getByRole("button", { name: "Cancel the run" });
  equal(await action.getAttribute("aria-disabled"), "true");
  ok((await page.locator("dialog").innerText()).includes("node"), "says at how many nodes");
  await page.locator("dialog input").fill("ramp-3");
  equal(await action.getAttribute("aria-disabled"), "false");
  await shot(page, "cancel");
  await page.keyboard.press("Escape");
  ok(!fixture.requests.some((line) => line.startsWith("POST")), "nothing was sent");
  const state = page.getByRole("region", { name: "State" });
  ok((await page.locator(".chip").first().innerText()).includes("Running"), "it goes on");
  await page.getByRole("button", { name: "Cancel…" }).click();
  await page.locator("dialog input").fill("ramp-3");
  await action.click();
  await until(() => page.locator(".chip", { hasText: "Cancelling" }).count(), "it is cancelled");
  const sent = fixture.requests.filter((line) => line.startsWith("POST"));
  equal(sent.join(), "POST /api/runs/v1/experiments/ramp-3/cancel");
  equal(await page.getByRole("button", { name: "Cancel…" }).count(), 0, "once is enough");
  const left = async () => (await state.innerText()).replaceAll(/\s+/g, " ");
  ok(/Still to undo 2 things/.test(await left()), await left());
  for (const node of ["10.0.0.1:3085", "10.0.0.2:3085"])
    ok((await left()).includes(node), "the nodes that are let go have names");
  fixture.settings.cancelled = "done";
  fixture.tell("run:ramp-3");
  await until(() => page.locator(".chip", { hasText: "Cancelled" }).count(), "it has ended");
  await until(async () => /Still to undo nothing/.test(await left()), "nothing is left to undo");
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});
