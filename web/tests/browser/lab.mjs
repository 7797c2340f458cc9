/**
 * Every page over a real lab: `node tests/browser/lab.mjs ADDRESS [PICTURES]`, where ADDRESS is the
 * dashboard of `loadlab demo`. Without an address it says SKIPPED. With a folder, it keeps the
 * pictures of the documents there.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import {
  axe,
  cutTexts,
  equal,
  NARROW,
  ok,
  open,
  run,
  settled,
  SHOTS,
  test,
  until,
  WIDE,
} from "./harness.mjs";

const [address = process.env.LOADLAB_DASHBOARD_URL, pictures] = process.argv.slice(2);
if (!address) {
  console.log("pages over a real lab: SKIPPED: give the address of its dashboard");
  process.exit(0);
}
const base = address.replace(/\/$/, "");

async function ask(service, path) {
  const response = await fetch(`${base}/api/${service}${path}`);
  if (!response.ok) throw new Error(`${service}${path}: status ${response.status}`);
  return response.json();
}

/** A run, a block that all nodes have, its slowest node, a transaction: what pages need names of. */
async function names() {
  const [run] = await ask("runs", "/v1/experiments?limit=1");
  const { matrix } = await ask("results", "/v1/blocks/matrix?metric=apply&blocks=60");
  const width = matrix.blocks.length;
  const at = matrix.values.reduce(
    (most, value, index) => (value !== null && value > (matrix.values[most] ?? -1) ? index : most),
    0,
  );
  const { transactions } = await ask("results", "/v1/transactions?limit=1");
  const { checkpoints } = await ask("results", "/v1/checkpoints");
  return {
    run: run?.name,
    hash: matrix.blocks[at % width].hash,
    node: matrix.nodes[Math.floor(at / width)],
    other: matrix.nodes.find((_, row) => row !== Math.floor(at / width)),
    transaction: transactions[0]?.hash,
    checkpoint: checkpoints[0]?.name,
  };
}

const at = (...segments) => "/" + segments.map(encodeURIComponent).join("/");
function pagesOf(found) {
  const run = at("experiments", found.run);
  return [
    ["overview", "/"],
    ["nodes", "/nodes"],
    ["node", at("nodes", found.node)],
    ...["blocks", "checkpoints", "restarts", "gaps", "sessions"].map((tab) => [
      `node-${tab}`,
      `${at("nodes", found.node)}?tab=${tab}`,
    ]),
    ["blocks", "/blocks?metric=apply"],
    ["block", at("blocks", found.hash)],
    ["block-content", `${at("blocks", found.hash)}?tab=content`],
    ["block-forks", `${at("blocks", found.hash)}?tab=forks`],
    ["trace", at("trace", found.hash, found.node)],
    [
      "trace-compared",
      `${at("trace", found.hash, found.node)}?vs=${encodeURIComponent(`${found.hash}/${found.other}`)}`,
    ],
    ["why", "/why?set=slower:p90"],
    ["checkpoints", "/checkpoints"],
    ["checkpoints-tree", "/checkpoints?view=tree"],
    ["checkpoints-grouped", "/checkpoints?group=node"],
    ["checkpoint", at("checkpoints", found.checkpoint)],
    ["transactions", "/transactions"],
    ["transactions-run", `/transactions?x=${encodeURIComponent(found.run)}`],
    ["transaction", at("transactions", found.transaction)],
    ["snark-work", "/snark-work"],
    ["experiments", "/experiments"],
    ["experiment-outcomes", "/experiments?view=outcomes"],
    ["experiment-history", "/experiments?view=history"],
    ["experiment", run],
    ["experiment-results", `${run}?tab=results`],
    ["experiment-journal", `${run}?tab=journal`],
    ["experiment-log", `${run}?tab=log`],
    ["experiment-setup", `${run}?tab=setup`],
    ["planner", `/experiments/new?from=${encodeURIComponent(found.run)}`],
    ...["services", "deployments", "cycle", "completeness", "database", "access", "audit"].map(
      (page) => [`lab-${page}`, `/lab/${page}`],
    ),
    ["login", "/login"],
  ];
}

for (const [theme, words, size] of [
  ["light", "wide", WIDE],
  ["dark", "wide", WIDE],
  ["light", "narrow", NARROW],
  ["dark", "narrow", NARROW],
]) {
  test(`every page of a real lab is quiet: ${theme}, ${words}`, async (browser) => {
    const found = await names();
    const opened = await open(browser, { address: base, theme, size });
    const { page, complaints } = opened;
    const wrong = [];
    page.on("response", (response) => {
      if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
    });
    for (const [name, path] of pagesOf(found)) {
      complaints.length = 0;
      try {
        await opened.goto(path);
      } catch (error) {
        wrong.push(`${name}: ${error.message.split("\n")[0]}`);
      }
      await page.waitForTimeout(200);
      mkdirSync(join(SHOTS, "lab"), { recursive: true });
      await page.screenshot({ path: join(SHOTS, "lab", `${name}-${theme}-${words}.png`) });
      const text = await page.locator("main").innerText();
      if (/\bNaN\b|undefined|\[object|invalid/.test(text))
        wrong.push(`${name}: ${/.{0,40}(NaN|undefined|\[object|invalid).{0,40}/.exec(text)?.[0]}`);
      if (theme === "light" && words === "wide")
        for (const line of await axe(page)) wrong.push(`${name}: ${line}`);
      for (const line of await cutTexts(page)) wrong.push(`${name}: ${line}`);
      for (const line of complaints) wrong.push(`${name}: ${line}`);
    }
    equal(wrong.join("\n"), "");
    await opened.close();
  });
}

test("the figures of a real lab agree with each other", async (browser) => {
  const found = await names();
  const opened = await open(browser, { address: base });
  const { page } = opened;
  const digits = (text) => Number(text.replaceAll(/\D/g, ""));
  await opened.goto(`/transactions?x=${encodeURIComponent(found.run)}`);
  const flow = (await page.locator("main ol .number").allInnerTexts()).map(digits);
  const { transactions: counted } = await ask("runs", `/v1${at("experiments", found.run)}`);
  ok(flow[0] > 0, "something was intended");
  for (const [index, key] of ["intended", "accepted", "seen", "included", "applied"].entries()) {
    const share = Math.abs(flow[index] - counted[key]) / counted.intended;
    ok(share < 0.05, `${key}: the page says ${flow[index]}, the run ${counted[key]}`);
  }
  ok(
    flow.every((value, index) => index < 2 || value <= flow[0] * 1.05),
    flow.join(),
  );
  await opened.goto("/checkpoints");
  const shares = (await page.locator("tbody .share > :first-child").allInnerTexts()).map((text) =>
    Number(text.replaceAll(/[^\d.]/g, "")),
  );
  const sum = shares.reduce((all, share) => all + share, 0);
  ok(shares.length > 3 && sum <= 101, `shares of own time: ${sum} %`);
  await opened.goto("/nodes");
  const rows = await page.locator("tbody tr[aria-rowindex]").count();
  equal(rows, (await ask("results", "/v1/nodes")).nodes.length, "nodes");
  await opened.close();
});

if (pictures) {
  test("pictures of the documents", async (browser) => {
    const found = await names();
    mkdirSync(pictures, { recursive: true });
    const opened = await open(browser, { address: base, size: { width: 1280, height: 800 } });
    const wanted = ["overview", "blocks", "why", "planner"];
    for (const [name, path] of pagesOf(found).filter(([name]) => wanted.includes(name))) {
      await opened.goto(path);
      await settled(opened.page);
      await opened.page.waitForTimeout(400);
      await opened.page.screenshot({ path: join(pictures, `${name}.png`) });
    }
    await opened.close();
  });
}

/** The simulated network behind the lab, or undefined: what it really did, and faults for it. */
async function simulated() {
  const { services } = await ask("lab", "/v1/services");
  const address = services.find(({ name }) => name === "simnet")?.address.replace(/\/$/, "");
  if (!address) return undefined;
  return {
    truth: async () => (await fetch(`${address}/api/v1/network`)).json(),
    /** Has something happen to a node, given as the experiments API lists it. */
    fault: async (fault, { host, port }) => {
      const { nodes } = await (await fetch(`${address}/api/v1/network`)).json();
      const node = nodes.find(({ itn }) => itn === `${host}:${port}`)?.name;
      const response = await fetch(`${address}/api/v1/faults`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ ...fault, node }),
      });
      if (!response.ok) throw new Error(`fault: ${response.status} ${await response.text()}`);
    },
  };
}

/** What the matrix says of cells of a node, the newest block first. */
async function cellsOf(page, node, count) {
  const { matrix } = await ask("results", "/v1/blocks/matrix?metric=apply&blocks=60&order=name");
  const matrixBox = page.getByRole("application");
  await matrixBox.focus();
  for (let row = 0; row < matrix.nodes.length; row += 1) await page.keyboard.press("ArrowUp");
  for (let row = 0; row < matrix.nodes.indexOf(node); row += 1)
    await page.keyboard.press("ArrowDown");
  for (let column = 0; column < 200; column += 1) await page.keyboard.press("ArrowRight");
  const said = [];
  for (let column = 0; column < count; column += 1) {
    said.push((await page.locator("#matrix-cell").textContent()) ?? "");
    await page.keyboard.press("ArrowLeft");
  }
  return said;
}

test("transactions are counted as the simulated network made them", async (browser) => {
  const network = await simulated();
  if (!network) return console.log("SKIPPED: the lab has no simulated network");
  const found = await names();
  const opened = await open(browser, { address: base });
  const { page } = opened;
  const digits = (text) => Number(text.replaceAll(/\D/g, ""));
  await opened.goto(`/transactions?x=${encodeURIComponent(found.run)}`);
  const flow = (await page.locator("main ol .number").allInnerTexts()).map(digits);
  const { nodes } = await network.truth();
  const sum = (key) => nodes.reduce((all, node) => all + node.transactions[key], 0);
  // The schedulers have worked for this run only.
  const [, , seen, included, applied] = flow;
  const really = { sent: sum("sent"), included: sum("included"), failed: sum("failed") };
  const words = `${flow.join(", ")}; really ${JSON.stringify(really)}`;
  equal(seen, really.sent, `seen: ${words}`);
  equal(included, really.included, `included: ${words}`);
  equal(applied, really.included - really.failed, `applied: ${words}`);
  await opened.close();
});

test("a change that is made on the page of a real lab stands in its audit log", async (browser) => {
  const opened = await open(browser, { address: base });
  const { page } = opened;
  await opened.goto("/lab/deployments");
  const noting = page.getByRole("button", { name: /the note of deployment \d+$/ }).first();
  const id = /\d+$/.exec(await noting.innerText())?.[0] ?? "";
  const note = `as of ${new Date().toISOString()}`;
  await noting.click();
  await page.getByLabel("Note", { exact: true }).fill(note);
  await page.getByRole("button", { name: "Save" }).click();
  await until(() => page.getByRole("button", { name: note }).count(), "the note in its row");
  await opened.goto("/lab/audit");
  const newest = await page.locator("tbody tr[aria-rowindex]").first().innerText();
  for (const part of ["Done, 2", `PATCH /api/v1/deployments/${id}`, "127.0.0.1"])
    ok(newest.includes(part), `${part} in ${newest}`);
  await opened.close();
});

test("a real node that stops shows within ten seconds in its row, the Overview and the next block", async (browser) => {
  const network = await simulated();
  if (!network) return console.log("SKIPPED: the lab has no simulated network");
  const { nodes } = await ask("results", "/v1/nodes");
  const stopped = nodes.filter(({ state }) => state === "fetching").at(-1);
  const node = stopped.name;
  const opened = await open(browser, { address: base });
  const { page } = opened;
  await opened.goto("/nodes");
  const overview = await page.context().newPage();
  await overview.goto(base);
  const up = async () =>
    (await overview.locator("a", { hasText: "Nodes up" }).innerText()).match(/(\d+)\/\d+/)?.[1];
  const before = Number(await until(up, "the count"));
  const row = page.locator("tbody tr[aria-rowindex]").filter({ hasText: node });
  await network.fault({ kind: "stop" }, stopped);
  const begin = Date.now();
  await page.bringToFront();
  await until(async () => !(await row.innerText()).includes("Fetching"), "the row", 15_000);
  await overview.bringToFront();
  await until(async () => Number(await up()) === before - 1, "one fewer", 15_000);
  const took = Date.now() - begin;
  ok(took < 10_000, `${took} ms`);
  await page.bringToFront();
  await opened.goto("/blocks?order=name&metric=apply");
  await until(
    async () => (await cellsOf(page, node, 1))[0].includes("not measured"),
    "the cell of the next block",
    40_000,
  );
  await network.fault({ kind: "start" }, stopped);
  await opened.goto("/nodes");
  await until(async () => (await row.innerText()).includes("Fetching"), "it is back", 40_000);
  await opened.close();
});

test("entries that are really lost hatch the cells of that node and time only", async (browser) => {
  const network = await simulated();
  if (!network) return console.log("SKIPPED: the lab has no simulated network");
  const { nodes } = await ask("results", "/v1/nodes");
  const fetching = nodes.filter(({ state }) => state === "fetching");
  const [lossy, other] = fetching.map(({ name }) => name);
  const opened = await open(browser, { address: base });
  const { page } = opened;
  // More at once than a node keeps.
  await network.fault({ kind: "burst", entries: 200_000 }, fetching[0]);
  await until(
    async () => (await ask("results", `/v1/nodes/${encodeURIComponent(lossy)}`)).lost > 0,
    "the loss is counted",
    60_000,
  );
  await opened.goto("/blocks?order=name&metric=apply");
  const isUnknown = (said) => said.includes("entries of this node are lost");
  await until(
    async () => (await cellsOf(page, lossy, 20)).some(isUnknown),
    "a hatched cell",
    40_000,
  );
  ok(!(await cellsOf(page, other, 20)).some(isUnknown), "the cells of another node");
  await opened.goto("/nodes");
  const text = await page
    .locator("tbody tr[aria-rowindex]")
    .filter({ hasText: lossy })
    .textContent();
  ok(!text.includes("100\u202f%"), "its row");
  await opened.close();
});

test("a run of a real lab stands in front of its plan, and services say what they are", async (browser) => {
  const opened = await open(browser, { address: base });
  const { page } = opened;
  const { run: name } = await names();
  await opened.goto(`/experiments/${encodeURIComponent(name)}`);
  const plot = page
    .getByRole("region", { name: "Transactions per minute", exact: true })
    .getByRole("img");
  await plot.waitFor();
  await until(
    async () => /planned.*Bands: round 0/.test(await plot.getAttribute("aria-label")),
    "the plan and the rounds",
  );
  await opened.goto("/lab/services");
  const services = page.getByRole("grid", { name: "Services" });
  await until(async () => /\d\u202f\/min/.test(await services.innerText()), "requests", 15_000);
  ok((await page.getByRole("grid", { name: "Leases" }).innerText()).includes("executes the runs"));
  await opened.close();
});

await run(process.argv[4]);
