/**
 * Types of the services' answers, made from the descriptions in `openapi/`.
 * `write` makes them anew; `check` fails if they are not what `write` would make.
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const target = join(root, "web/api");
const crates = ["dashboard", "experiments-api", "log-api", "log-fetcher", "orchestrator"];

async function generated(crate) {
  const { default: openapi, astToString } = await import("openapi-typescript");
  const document = JSON.parse(readFileSync(join(root, "openapi", `${crate}.json`), "utf8"));
  // Types need no names of operations; some descriptions use one name twice.
  for (const path of Object.values(document.paths))
    for (const operation of Object.values(path)) delete operation.operationId;
  return `/* Made from openapi/${crate}.json by \`npm run api\`. */\n\n${astToString(await openapi(document))}`;
}

const mode = process.argv[2];
if (mode === "check" && !existsSync(join(root, "web/tools/openapi/node_modules"))) {
  console.error("web/tools/openapi has no packages: run `npm --prefix tools/openapi ci`");
  process.exit(1);
}
let stale = false;
for (const crate of crates) {
  const file = join(target, `${crate}.ts`);
  const text = await generated(crate);
  if (mode === "write") writeFileSync(file, text);
  else if (!existsSync(file) || readFileSync(file, "utf8") !== text) {
    console.error(`web/api/${crate}.ts is stale: run \`npm run api\``);
    stale = true;
  }
}
for (const name of readdirSync(target)) {
  if (!crates.includes(name.replace(/\.ts$/, ""))) {
    console.error(`web/api/${name} belongs to no description`);
    stale = true;
  }
}
process.exit(stale ? 1 : 0);
