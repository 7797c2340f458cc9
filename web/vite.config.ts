import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

/** The dashboard's server, for `npm run dev`. */
const DASHBOARD = process.env["LOADLAB_DASHBOARD"] ?? "http://127.0.0.1:4200";

export default defineConfig({
  // Addresses are relative: the page may live below the path of a reverse proxy.
  base: "./",
  plugins: [svelte()],
  build: {
    target: "es2022",
    manifest: true,
    sourcemap: false,
    // Inlined files would need `data:` in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 400,
  },
  worker: { format: "es" },
  server: { port: 4201, proxy: { "/api": DASHBOARD } },
  test: { include: ["tests/unit/**/*.test.ts"], environment: "node" },
});
