/**
 * The built page as it is checked in, so that a machine with Rust only has it.
 * `write` puts what was built there; `check` fails if what is there is not what was built.
 */
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join, relative } from "node:path";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** What is built where, and where it is kept. */
const PAGES = [
  { built: "web/dist", kept: "crates/dashboard/assets" },
  { built: "web/tools/graphiql/dist", kept: "crates/log-api/assets" },
];

/** All files of the page; Vite's own notes about the build are no part of it. */
function files(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && !relative(folder, path).startsWith(".vite"))
    .map((path) => relative(folder, path))
    .sort();
}

const mode = process.argv[2];
let isStale = false;
for (const page of PAGES) {
  const [built, kept] = [join(ROOT, page.built), join(ROOT, page.kept)];
  if (mode === "write") {
    rmSync(kept, { recursive: true, force: true });
    for (const name of files(built)) cpSync(join(built, name), join(kept, name));
    console.log(`${files(kept).length} files are in ${page.kept}`);
    continue;
  }
  const wrong = [...new Set([...files(built), ...files(kept)])].filter((name) => {
    const [a, b] = [join(built, name), join(kept, name)];
    return !existsSync(a) || !existsSync(b) || !readFileSync(a).equals(readFileSync(b));
  });
  isStale ||= wrong.length > 0;
  console.log(
    wrong.length > 0
      ? `${page.kept} is not what web/ builds: run \`npm run publish:page\`\n  ${wrong.join("\n  ")}`
      : `${page.kept} is what web/ builds`,
  );
}
process.exit(isStale ? 1 : 0);
