/** Every page by its address: both themes, wide and narrow, with much, little, hostile and no data. */
import { hash, MARKUP } from "../fixtures/data.mjs";
import { axe, cutTexts, equal, NARROW, ok, open, shot, test, until, WIDE } from "./harness.mjs";
import { PAGES } from "./every-page.mjs";

/** Opens each page and gives what is wrong with it. */
async function faults(browser, options, name, { check = true } = {}) {
  const opened = await open(browser, options);
  const wrong = [];
  for (const [page, path] of PAGES) {
    opened.complaints.length = 0;
    try {
      await opened.goto(path);
    } catch (error) {
      wrong.push(`${page}: ${error.message.split("\n")[0]}`);
      continue;
    }
    await shot(opened.page, `${page}-${name}`);
    if (check) for (const line of await axe(opened.page)) wrong.push(`${page}: ${line}`);
    const wide = await opened.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    if (wide > 0) wrong.push(`${page}: the page scrolls sideways by ${wide} px`);
    for (const line of await cutTexts(opened.page)) wrong.push(`${page}: ${line}`);
    for (const line of opened.complaints) wrong.push(`${page}: ${line}`);
  }
  await opened.close();
  return wrong;
}

for (const theme of ["light", "dark"]) {
  for (const [words, size] of [
    ["wide", WIDE],
    ["narrow", NARROW],
  ]) {
    test(`every page is accessible and quiet: ${theme}, ${words}`, async (browser) => {
      const wrong = await faults(browser, { theme, size }, `${theme}-${words}`);
      equal(wrong.join("\n"), "");
    });
  }
}

test("every page is quiet with 1,000 nodes", async (browser) => {
  equal((await faults(browser, { server: { nodes: 1000 } }, "1000-nodes")).join("\n"), "");
});

test("rows that are far away show that they are loaded, and then are the right ones", async (browser) => {
  const opened = await open(browser, { server: { nodes: 1000 } });
  const { page } = opened;
  await opened.goto("/nodes");
  const rows = page.locator("tbody tr[aria-rowindex]");
  await rows.first().waitFor();
  let answer;
  const held = new Promise((resolve) => (answer = resolve));
  await page.route("**/nodes?**", async (route) => {
    await held;
    await route.continue();
  });
  const scroller = page.locator("div:has(> table[role=grid])");
  const scrollTo = (y) => scroller.evaluate((element, top) => (element.scrollTop = top), y);
  await scrollTo(14_000);
  await until(async () => (await page.locator("tbody tr.loads").count()) > 20, "they are loading");
  equal(await rows.count(), 0, "no row of before is taken for one of them");
  ok(/1.000 nodes$/.test(await page.locator("div:has(> h1)").innerText()), "and none has an age");
  await shot(page, "nodes-loading");
  answer();
  // Every way of moving: far, back, by less than a window, to the end.
  for (const y of [14_000, 200, 27_000, 13_000, 13_500, 13_300, 1_000_000]) {
    await scrollTo(y);
    await page.waitForTimeout(40);
  }
  await until(async () => (await rows.last().getAttribute("aria-rowindex")) === "1001", "the end");
  await until(
    async () => (await page.locator("tbody tr.loads, tbody tr.waits").count()) === 0,
    "all",
  );
  const found = await rows.evaluateAll((all) =>
    all.map((row) => [Number(row.ariaRowIndex), row.querySelector("a").innerText]),
  );
  ok(found.length >= 20, `${found.length} rows`);
  found.forEach(([index, name], at) => {
    equal(name, `node-${String(index - 2).padStart(3, "0")}`, "its row");
    equal(index, found[0][0] + at, "in order");
  });
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("every page says what to do without data", async (browser) => {
  equal(
    (await faults(browser, { server: { nodes: 0, kind: "empty" } }, "no-data", { check: false }))
      .filter(
        (line) =>
          !/^(node|experiment|block|trace|checkpoint|transaction|compare|planner)(-\w+)?: console: Failed/.test(
            line,
          ),
      )
      .join("\n"),
    "",
  );
});

test("without data three first steps stand on the Overview, each with its state and command", async (browser) => {
  const opened = await open(browser, { server: { nodes: 0, kind: "empty" } });
  const { page } = opened;
  await opened.goto("/");
  const steps = page.getByRole("list", { name: "First steps" }).getByRole("listitem");
  const words = await steps.allInnerTexts();
  equal(words.length, 3);
  ok(/^Done\s+The database answers/.test(words[0]), words[0]);
  ok(/^Waiting\s+No node has announced itself/.test(words[1]), words[1]);
  ok(words[1].includes("loadlab up --simnet 5") && words[2].includes("loadlab demo"), words[2]);
  // An answer of the database that does not come.
  opened.expected.failures = true;
  await page.route("**/api/results/v1/overview*", (route) => route.abort());
  await page.reload();
  await until(
    async () => /^Waiting\s+The database has not/.test(await steps.first().innerText()),
    "a database that does not answer",
  );
  ok((await steps.first().innerText()).includes("loadlab doctor"), "its command");
  await opened.close();
});

test("hostile texts are texts and the policy has nothing to report", async (browser) => {
  const opened = await open(browser, { server: { kind: "hostile" }, theme: "dark" });
  const { page, complaints } = opened;
  await page.addInitScript(() => {
    globalThis.violations = [];
    document.addEventListener("securitypolicyviolation", (event) =>
      globalThis.violations.push(event.violatedDirective),
    );
  });
  // Nodes and runs have other names here.
  const named = PAGES.map(([, path]) =>
    path
      .replace(/node-00\d/g, encodeURIComponent(MARKUP))
      .replace(/(^\/experiments\/|from=)ramp-\d/, `$1${encodeURIComponent("a b%2F#ü")}`)
      .replace(/ramp-\d/g, encodeURIComponent(MARKUP)),
  );
  for (const path of named) {
    await opened.goto(path);
    equal(complaints.join("\n"), "", path);
    equal((await page.evaluate(() => globalThis.violations)).join(), "", path);
    equal(await page.locator("main img, main script, main b").count(), 0, `${path}: markup`);
    const longest = await page.evaluate(() =>
      Math.max(
        ...[...document.querySelectorAll("main *")].map(
          (each) =>
            [...each.childNodes]
              .filter((node) => node.nodeType === 3)
              .map((node) => node.data.length)
              .join("").length,
        ),
      ),
    );
    ok(longest < 3000, `${path}: a text of ${longest} characters`);
    const text = await page.locator("main").innerText();
    ok(!/[\u202A-\u202E\u2066-\u2069]/.test(text), `${path}: text that turns the direction`);
    await shot(page, `hostile${path.replaceAll(/\W+/g, "-").slice(0, 80)}`);
  }
  equal(complaints.join("\n"), "");
  await opened.close();
});

test("what a lab does not offer yet is said and breaks nothing else", async (browser) => {
  const opened = await open(browser, {
    server: {
      missing: [
        "/v1/overview",
        "/v1/series",
        "/v1/incidents",
        "/v1/nodes",
        "/v1/deployments",
        "/v1/gaps",
        "/v1/database",
      ],
    },
  });
  opened.expected.failures = true;
  for (const path of ["/", "/nodes", "/lab/deployments", "/lab/database"]) {
    await opened.goto(path);
    ok((await opened.page.locator("main").innerText()).includes("does not offer this yet"), path);
  }
  await opened.goto("/lab/completeness");
  ok(
    (await opened.page.locator("main").innerText()).includes("node-000"),
    "the other panel goes on",
  );
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("unknown, zero and what does not apply are three marks", async (browser) => {
  const opened = await open(browser, { server: { nodes: 40, kind: "good" } });
  await opened.goto("/nodes");
  const row = opened.page.locator("tr", { hasText: "node-011" });
  ok((await row.innerText()).includes("?"), "unknown");
  ok(
    (await row.textContent()).includes("unknown: This node has received no block"),
    "read as unknown with a reason",
  );
  ok(
    (await row.textContent()).includes("no data"),
    "a node without entries has no data, not 100 %",
  );
  ok(!(await row.textContent()).includes("100\u202f%"), "no data is not complete");
  await opened.close();
});

test("lost entries and gaps of unknown size show and are never rounded away", async (browser) => {
  const opened = await open(browser, { server: { nodes: 40 } });
  await opened.goto("/nodes");
  const text = async (name) =>
    (await opened.page.locator("tr", { hasText: name }).textContent()) ?? "";
  ok(!(await text("node-003")).includes("100\u202f%"), "lost entries");
  const gap = await text("node-006");
  ok(gap.includes("1 gap") && !gap.includes("100\u202f%"), "one gap of unknown size");
  ok((await text("node-000")).includes("100\u202f%"), "complete");
  ok(
    (await opened.page.locator("header").first().textContent()).includes("99.98\u202f%"),
    "the header",
  );
  await opened.close();
});

test("a single lost entry shows on every page that rests on it", async (browser) => {
  const opened = await open(browser, { server: { lost: 1 } });
  const { page } = opened;
  const marks = (part) => page.locator(`${part} .completeness .visually-hidden`);
  const one = /^99\.99.% complete, 1 entry lost, 0 gaps of unknown size$/;
  const places = [
    ["/", "main"],
    ["/nodes", "tr:has-text('node-003')"],
    [`/blocks/${hash(1)}`, "main"],
    [`/trace/${hash(1)}/node-003`, "main"],
    ["/experiments/ramp-3?tab=results", "main p"],
  ];
  for (const [path, part] of places) {
    await opened.goto(path);
    for (const place of ["header", part]) {
      const texts = await marks(place).allInnerTexts();
      ok(texts.length > 0, `${path}: ${place} says how complete it is`);
      for (const text of texts) ok(one.test(text), `${path}: ${text}`);
    }
  }
  const rounds = page.getByRole("grid", { name: "Rounds" });
  const texts = await rounds.locator(".completeness .visually-hidden").allInnerTexts();
  equal(texts.filter((text) => one.test(text)).length, 1, texts.join());
  await opened.goto(`/blocks/${hash(1)}`);
  const row = page.getByRole("grid", { name: "Traces of this block" }).locator("tbody tr");
  equal(await row.filter({ hasText: "node-003" }).locator("td").nth(8).innerText(), "1");
  await opened.close();
});

test("runs, rounds, compared runs and deployments say what is lost, and a gap is no whole", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  /** What a screen reader says of the completeness in each of these places. */
  const said = async (path, places) => {
    await opened.goto(path);
    const marks = page.locator("main").locator(places).locator(".completeness .visually-hidden");
    return (await marks.allInnerTexts()).map((text) => text.replaceAll("\u202f", " "));
  };
  const whole = "100 % complete, 0 entries lost, 0 gaps of unknown size";
  const gap = "1 gap of unknown size, 0 entries lost";
  const wanted = [
    ["/lab/deployments", "tbody", ["99.97 % complete, 2 882 entries lost", gap, whole, whole]],
    [
      "/experiments?view=outcomes",
      "tbody",
      ["99.97 % complete, 318 entries lost", whole, gap, "No entries are stored"],
    ],
    [
      "/experiments/ramp-3?tab=results",
      "tbody",
      [whole, "98.00 % complete, 424 entries lost", gap],
    ],
    [
      "/experiments/compare?runs=ramp-2,ramp-3",
      ".runs",
      [gap, "99.94 % complete, 637 entries lost"],
    ],
  ];
  for (const [path, places, texts] of wanted) {
    const found = await said(path, places);
    equal(found.length, texts.length, path);
    for (const [at, text] of texts.entries())
      ok(found[at].startsWith(text), `${path}: ${found[at]}`);
  }
  await opened.close();
});

test("negative and impossible values are invalid", async (browser) => {
  const opened = await open(browser, { server: { kind: "hostile" } });
  await opened.goto("/nodes");
  ok(
    (await opened.page.locator("tbody tr").nth(1).innerText()).includes("invalid"),
    "a lag of −1 s",
  );
  await opened.close();
});

test("without colour every state tells itself by its shape and word", async (browser) => {
  const opened = await open(browser, { server: { nodes: 60 } });
  const { page } = opened;
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setEmulatedVisionDeficiency", { type: "achromatopsia" });
  /** What is seen of the first state of each kind: its shape's pixels, and its words. */
  const shapes = new Map();
  const kinds = ["good", "attention", "bad", "active", "incomplete", "unknown", "paused"];
  for (const path of [
    "/nodes",
    "/experiments",
    "/transactions",
    "/experiments/compare?runs=ramp-2,ramp-3&only=all",
    "/experiments/ramp-3?tab=results",
    "/lab/deployments",
  ]) {
    await opened.goto(path);
    await shot(page, `grey${path.replaceAll(/\W+/g, "-")}`);
    for (const kind of kinds) {
      const mark = page.locator(`main .mark.${kind}`).first();
      if (shapes.has(kind) || (await mark.count()) === 0) continue;
      ok((await mark.innerText()).trim() !== "", `${path}: ${kind} has a word`);
      await mark.scrollIntoViewIfNeeded();
      const picture = await mark.locator("svg").screenshot();
      // It is grey indeed.
      const isGrey = await page.evaluate(
        async (data) => {
          const image = await createImageBitmap(
            new Blob([Uint8Array.from(data)], { type: "image/png" }),
          );
          const canvas = new OffscreenCanvas(image.width, image.height);
          const context = canvas.getContext("2d");
          context.drawImage(image, 0, 0);
          const { data: bytes } = context.getImageData(0, 0, image.width, image.height);
          for (let at = 0; at < bytes.length; at += 4)
            if (Math.abs(bytes[at] - bytes[at + 1]) > 8 || Math.abs(bytes[at] - bytes[at + 2]) > 8)
              return false;
          return true;
        },
        [...picture],
      );
      ok(isGrey, `${kind} is seen without colour`);
      shapes.set(kind, picture.toString("base64"));
    }
  }
  equal([...shapes.keys()].sort().join(), [...kinds].sort().join(), "all kinds are seen");
  equal(new Set(shapes.values()).size, kinds.length, "different shapes");
  await opened.goto("/blocks");
  await shot(page, "grey-blocks");
  const signs = await page
    .locator(".legend ul li")
    .evaluateAll((items) =>
      items.map((item) => item.firstElementChild.textContent + item.firstElementChild.className),
    );
  equal(new Set(signs).size, signs.length, "each state of a cell has its own mark");
  equal(signs.length, 7);
  await opened.close();
});
