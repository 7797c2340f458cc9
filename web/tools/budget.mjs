/** Sizes of the built page, compressed by gzip, against their limits. */
import { readFileSync, readdirSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

const dist = fileURLToPath(new URL("../dist", import.meta.url));
const manifest = JSON.parse(readFileSync(join(dist, ".vite/manifest.json"), "utf8"));
const kilobytes = (file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length / 1000;

/** The files that are loaded with one, itself included. */
function together(key, seen = new Set()) {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const other of manifest[key].imports ?? []) together(other, seen);
  return seen;
}

const entry = [...together("index.html")];
const shared = new Set(entry);
const sum = (files) => files.reduce((total, file) => total + kilobytes(file), 0);
const css = (keys) => [...new Set(keys.flatMap((key) => manifest[key].css ?? []))];
const assets = readdirSync(join(dist, "assets"));
const rows = [
  ["entry", sum(entry.map((key) => manifest[key].file)), 95],
  ["styles of the entry", sum(css(entry)), 15],
  [
    "workers",
    sum(assets.filter((name) => name.includes(".worker-")).map((name) => `assets/${name}`)),
    15,
  ],
  [
    "all scripts",
    sum(assets.filter((name) => name.endsWith(".js")).map((name) => `assets/${name}`)),
    320,
  ],
];
for (const key of Object.keys(manifest).filter((name) => manifest[name].isDynamicEntry)) {
  const own = [...together(key)].filter((other) => !shared.has(other));
  const limit = key.includes("trace") ? 35 : 27;
  rows.push([
    key.replace(/^.*?(pages\/[^/]+|uplot).*$/i, "$1"),
    sum(own.map((other) => manifest[other].file)),
    limit,
  ]);
}
const graphiql = fileURLToPath(new URL("../tools/graphiql/dist", import.meta.url));
for (const [name, limit] of [
  ["graphiql.js", 320],
  ["graphiql.css", 10],
])
  rows.push([
    name,
    gzipSync(readFileSync(join(graphiql, name)), { level: 9 }).length / 1000,
    limit,
  ]);
let over = false;
for (const [name, size, limit] of rows) {
  const wrong = size > limit;
  over ||= wrong;
  console.log(
    `${name.padEnd(24)} ${size.toFixed(1).padStart(6)} kB of ${limit}${wrong ? "  OVER" : ""}`,
  );
}
process.exit(over ? 1 : 0);
