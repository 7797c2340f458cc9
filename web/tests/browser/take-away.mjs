/** What is taken away: from every panel of every page. */
import { equal, ok, open, test } from "./harness.mjs";
import { PAGES } from "./every-page.mjs";

/** What the database does not have: the state of services, forms and plans. */
const WITHOUT_SQL = ["lab-services: Services", "planner: Setup", "planner: Preview"];
/** Who looks is no data. */
const NO_DATA = ["lab-access: Your session"];

test("every panel of every page gives its link, CSV, JSON, SQL and command", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  // What was typed in the planner makes a preview.
  await opened.goto("/experiments/new?from=ramp-3");
  await page.locator("#field-Privkeys").fill("/keys/plain1");
  const wrong = [];
  let [panels, lists] = [0, 0];
  for (const [name, path] of PAGES) {
    await opened.goto(path);
    if (name === "planner") await page.getByText("Accounts", { exact: true }).waitFor();
    for (const panel of await page.locator("main section:not(section section)").all()) {
      const title = await panel.evaluate(
        (section) => section.getAttribute("aria-label") ?? section.querySelector("h2")?.textContent,
      );
      const place = `${name}: ${title}`;
      if (NO_DATA.includes(place)) continue;
      panels += 1;
      const button = panel.locator("button[title^='Take away: ']");
      if ((await button.count()) !== 1) {
        wrong.push(`${place}: ${await button.count()} menus`);
        continue;
      }
      await button.click();
      await panel.locator("[popover] .item").first().waitFor();
      const items = await panel.locator("[popover] .item").allInnerTexts();
      const wanted = ["Copy link", "Save CSV (", "Save JSON", "Copy command"];
      if (!WITHOUT_SQL.includes(place)) wanted.push("Copy SQL");
      for (const text of wanted)
        if (!items.some((item) => item.startsWith(text))) wrong.push(`${place}: no "${text}"`);
      if (items.some((item) => item.startsWith("Copy command"))) {
        await panel.getByRole("button", { name: "Copy command" }).click();
        const command = await page.evaluate(() => navigator.clipboard.readText());
        if (!command.startsWith("loadlab ") || /[{}[\]]/.test(command))
          wrong.push(`${place}: ${command}`);
      } else await page.keyboard.press("Escape");
    }
    // What is a list is in a panel with such a menu.
    const outside = await page.locator("main").evaluate((main) =>
      [...main.querySelectorAll("table, [role=grid], [role=treegrid]")]
        .filter((list) => {
          let panel = list.closest("section");
          for (let above = panel; above; above = above.parentElement.closest("section"))
            panel = above;
          return !panel?.querySelector("button[title^='Take away: ']");
        })
        .map((list) => list.getAttribute("aria-label") ?? list.className),
    );
    lists += await page.locator("main table").count();
    for (const list of outside) wrong.push(`${name}: the list "${list}" is in no panel`);
  }
  equal(wrong.join("\n"), "");
  ok(panels > 60, `${panels} panels`);
  ok(lists > 30, `${lists} lists`);
  equal(opened.complaints.join("\n"), "");
  await opened.close();
});

test("the list of blocks is taken away as the rows that it shows", async (browser) => {
  const opened = await open(browser, { server: { nodes: 12 } });
  const { page } = opened;
  await opened.goto("/blocks?d=7");
  const list = page.getByRole("region", { name: "List of blocks" });
  const rows = Number(await list.getByRole("grid").getAttribute("aria-rowcount")) - 1;
  await list.locator("button[title^='Take away']").click();
  await list.getByRole("button", { name: `Save CSV (${rows} rows)` }).waitFor();
  await list.getByRole("button", { name: "Copy SQL" }).click();
  const sql = await page.evaluate(() => navigator.clipboard.readText());
  ok(/GROUP BY block_id/.test(sql) && sql.includes("deployment_id = 7"), sql);
  await opened.close();
});

test("rows are saved as CSV and JSON, and SQL names what is shown", async (browser) => {
  const opened = await open(browser);
  const { page } = opened;
  await opened.goto("/nodes/node-003?d=7");
  const facts = page.getByRole("region", { name: "Facts" });
  const save = async (item) => {
    await facts.locator("button[title^='Take away']").click();
    const coming = page.waitForEvent("download");
    await facts.getByRole("button", { name: item }).click();
    const file = await coming;
    const stream = await file.createReadStream();
    let text = "";
    for await (const part of stream) text += part;
    return [file.suggestedFilename(), text];
  };
  const [csvName, csv] = await save("Save CSV");
  equal(csvName, "facts.csv");
  ok(csv.split("\n")[0].includes("name") && csv.includes("node-003"), csv.slice(0, 200));
  const [, json] = await save("Save JSON");
  equal(JSON.parse(json)[0].name, "node-003");
  await facts.locator("button[title^='Take away']").click();
  await facts.getByRole("button", { name: "Copy SQL" }).click();
  equal(
    await page.evaluate(() => navigator.clipboard.readText()),
    "SELECT * FROM loadlab.fetched_node WHERE node_name = 'node-003'",
  );
  await opened.close();
});
