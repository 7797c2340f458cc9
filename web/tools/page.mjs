/**
 * The built page as it is checked in, so that a machine with Rust only has it.
 * `write` puts what was built there; `check` fails if what is there is not what was built.
 */
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join, relative } from "node:path";

const built = fileURLToPath(new URL("../dist", import.meta.url));
const kept = fileURLToPath(new URL("../../crates/dashboard/assets", import.meta.url));

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
if (mode === "write") {
  rmSync(kept, { recursive: true, force: true });
  for (const name of files(built)) cpSync(join(built, name), join(kept, name));
  console.log(`${files(kept).length} files are in crates/dashboard/assets`);
} else {
  const wrong = [...new Set([...files(built), ...files(kept)])].filter((name) => {
    const [a, b] = [join(built, name), join(kept, name)];
    return !existsSync(a) || !existsSync(b) || !readFileSync(a).equals(readFileSync(b));
  });
  if (wrong.length > 0) {
    console.error(
      `crates/dashboard/assets is not what web/ builds: run \`npm run publish:page\`\n  ${wrong.join("\n  ")}`,
    );
    process.exit(1);
  }
  console.log("crates/dashboard/assets is what web/ builds");
}
