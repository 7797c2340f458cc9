import { fileURLToPath } from "node:url";

/** Fonts within the style: 360 kB that a page of ours has no need of. */
const withoutFonts = {
  name: "without-fonts",
  enforce: "pre",
  transform(code, id) {
    if (!id.endsWith("/graphiql.css")) return undefined;
    return code.replaceAll(/@font-face\s*\{[^}]*\}/g, "");
  },
};

export default {
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./",
  plugins: [withoutFonts],
  define: { "process.env.NODE_ENV": JSON.stringify("production") },
  build: {
    target: "es2022",
    outDir: "dist",
    emptyOutDir: true,
    modulePreload: false,
    chunkSizeWarningLimit: 1200,
    cssCodeSplit: false,
    rolldownOptions: {
      input: fileURLToPath(new URL("src/main.js", import.meta.url)),
      // One file of each kind, under names that the log API knows.
      output: {
        codeSplitting: false,
        entryFileNames: "graphiql.js",
        assetFileNames: "graphiql[extname]",
      },
    },
  },
};
