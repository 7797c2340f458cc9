/** GraphiQL as the log API serves it: below a prefix, under its policy, without anybody else. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

import { equal, NARROW, ok, open, shot, test, until, WIDE } from "./harness.mjs";

const GRAPHIQL = new URL("../../tools/graphiql/", import.meta.url);
const LOG_API = new URL("../../../crates/log-api/", import.meta.url);
const { buildSchema, graphqlSync } = createRequire(fileURLToPath(GRAPHIQL))("graphql");
const PREFIX = "/lab/traces";
const SCHEMA = buildSchema(`
  scalar JSON
  enum Order { Ascending Descending }
  type Query {
    "Numbers of deployments"
    deployments: JSON
    nodes: JSON
    blockTraces(node_name: String!, order: Order, maxLength: Int): JSON
    blockStructuredTrace(node_name: String!, block_identifier: String!): JSON
  }`);
const ROOT = {
  deployments: [7, 6],
  nodes: [{ name: "node-000" }],
  blockTraces: ({ node_name, maxLength }) => ({
    of: `${maxLength} of ${node_name}`,
    traces: [{ state_hash: "3NKhash", status: "Success" }],
  }),
  blockStructuredTrace: ({ block_identifier }) => ({ block: block_identifier }),
};

/** The policy as the service writes it. */
function policy(nonce) {
  const source = readFileSync(new URL("src/graphiql.rs", LOG_API), "utf8");
  const [, text] = /let policy = format!\(\s*"([^"]*)"/.exec(source);
  return text.replaceAll(/\\\n\s*/g, "").replace("{nonce}", nonce);
}

async function serve() {
  const requests = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? "").split("?")[0];
    requests.push(`${request.method} ${path}`);
    const send = (type, body, headers = {}) => {
      response.writeHead(200, { "content-type": type, ...headers });
      response.end(body);
    };
    if (path === `${PREFIX}/graphql` && request.method === "GET") {
      const nonce = "0123456789abcdef";
      const page = readFileSync(new URL("src/graphiql/page.html", LOG_API), "utf8");
      send("text/html; charset=utf-8", page.replace("{{nonce}}", nonce), {
        "content-security-policy": policy(nonce),
      });
    } else if (path === `${PREFIX}/graphql`) {
      let text = "";
      request.on("data", (part) => (text += part));
      request.on("end", () => {
        const { query, variables } = JSON.parse(text);
        const answer = graphqlSync({
          schema: SCHEMA,
          source: query,
          rootValue: ROOT,
          variableValues: variables,
        });
        send("application/json", JSON.stringify(answer));
      });
    } else if (path.startsWith(`${PREFIX}/graphiql/`)) {
      const name = path.slice(`${PREFIX}/graphiql/`.length);
      const type = name.endsWith(".js") ? "text/javascript" : "text/css";
      send(type, readFileSync(new URL(`dist/${name}`, GRAPHIQL)));
    } else {
      response.writeHead(path === "/favicon.ico" ? 204 : 404);
      response.end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${server.address().port}`,
    requests,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

for (const [theme, size] of [
  ["light", WIDE],
  ["dark", NARROW],
]) {
  test(`GraphiQL asks and shows the schema below a prefix, and nobody else: ${theme}`, async (browser) => {
    const server = await serve();
    const opened = await open(browser, { address: server.address, theme, size });
    const { page } = opened;
    await page.addInitScript(() => {
      globalThis.violations = [];
      document.addEventListener("securitypolicyviolation", (event) =>
        globalThis.violations.push(`${event.violatedDirective} ${event.sourceFile}`),
      );
    });
    await page.goto(`${server.address}${PREFIX}/graphql`);
    await page.getByRole("button", { name: /Execute query/ }).click();
    const answer = page.getByRole("region", { name: "Result Window" });
    await until(async () => (await answer.innerText()).includes("node-000"), "the answer");
    // The second example has variables with the name of a real node.
    await page.getByRole("tab", { name: "NewestTraces" }).click();
    await page.getByRole("button", { name: /Execute query/ }).click();
    await until(async () => (await answer.innerText()).includes("10 of node-000"), "variables");
    await page.getByRole("button", { name: /Documentation Explorer/ }).click();
    await page.locator("a.graphiql-doc-explorer-type-name").first().click();
    await page.getByText("Numbers of deployments").waitFor();
    await page.getByRole("button", { name: /short keys/ }).click();
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await shot(page, `graphiql-${theme}`);
    const editor = page.locator(".graphiql-query-editor .CodeMirror");
    await editor.click();
    await page.keyboard.press("Control+A");
    await page.keyboard.type("{ deployments");
    await until(() => page.url().includes("#query="), "the query in the address");
    await page.goto("about:blank");
    await page.goto(`${server.address}${PREFIX}/graphql#query=%7B+nodes+%7D`);
    // This browser has kept other tabs, whose answers would do as well.
    const linked = async () => (await editor.innerText()).endsWith("{ nodes }");
    await until(linked, "the query of the link", 30_000);
    await page.getByRole("button", { name: /Execute query/ }).click();
    await until(async () => (await answer.innerText()).includes("node-000"), "from the address");
    equal((await page.evaluate(() => globalThis.violations)).join("\n"), "", "the policy");
    equal(opened.complaints.join("\n"), "");
    ok(
      server.requests.every((line) => line.includes(PREFIX) || line.includes("favicon")),
      server.requests.join(),
    );
    await opened.close();
    await server.close();
  });
}
