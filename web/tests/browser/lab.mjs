/**
 * Every page over a real lab: `node tests/browser/lab.mjs ADDRESS [PICTURES]`, where ADDRESS is the
 * dashboard of `loadlab demo`. Without an address it says SKIPPED. With a folder, it keeps the
 * pictures of the documents there.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { axe, equal, NARROW, ok, open, run, settled, SHOTS, test, WIDE } from "./harness.mjs";

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
    ["blocks", "/blocks?metric=apply"],
    ["block", at("blocks", found.hash)],
    ["trace", at("trace", found.hash, found.node)],
    [
      "trace-compared",
      `${at("trace", found.hash, found.node)}?vs=${encodeURIComponent(`${found.hash}/${found.other}`)}`,
    ],
    ["why", "/why?set=slower:p90"],
    ["checkpoints", "/checkpoints"],
    ["checkpoint", at("checkpoints", found.checkpoint)],
    ["transactions", "/transactions"],
    ["transactions-run", `/transactions?x=${encodeURIComponent(found.run)}`],
    ["transaction", at("transactions", found.transaction)],
    ["snark-work", "/snark-work"],
    ["experiments", "/experiments"],
    ["experiment-outcomes", "/experiments?view=outcomes"],
    ["experiment", run],
    ["experiment-results", `${run}?tab=results`],
    ["experiment-journal", `${run}?tab=journal`],
    ["experiment-log", `${run}?tab=log`],
    ["planner", `/experiments/new?from=${encodeURIComponent(found.run)}`],
    ...["services", "deployments", "cycle", "completeness", "database"].map((page) => [
      `lab-${page}`,
      `/lab/${page}`,
    ]),
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

await run(process.argv[4]);
