import svelte from "eslint-plugin-svelte";
import ts from "typescript-eslint";

/** Folders from the lowest to the highest: each may import those before it. */
const LAYERS = ["base", "api", "live", "state", "ui", "charts", "pages", "frame"];

function layer(name, index) {
  const above = LAYERS.slice(index + 1).map((other) => `**/${other}/**`);
  // Pages never import each other: what two of them need belongs below.
  const siblings = name === "pages" ? ["../*/**", "!../../**"] : [];
  const patterns = [...above, ...siblings];
  return {
    files: [`src/${name}/**/*.{ts,svelte}`],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns:
            patterns.length === 0
              ? []
              : [{ group: patterns, message: "Imports point downwards only." }],
        },
      ],
    },
  };
}

const rules = {
  "max-lines": ["error", { max: 400, skipBlankLines: true, skipComments: true }],
  "no-restricted-globals": [
    "error",
    { name: "fetch", message: "Only src/api/client.ts asks services." },
    { name: "EventSource", message: "Only src/live/hub.ts opens streams." },
  ],
  eqeqeq: "error",
  "no-eval": "error",
  "@typescript-eslint/consistent-type-imports": "error",
  "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
};

export default ts.config(
  {
    ignores: [
      "dist",
      "api",
      "node_modules",
      "tools/openapi/node_modules",
      "tools/graphiql/node_modules",
      "tools/graphiql/dist",
    ],
  },
  ...ts.configs.recommended,
  ...svelte.configs["flat/recommended"],
  { rules },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser } },
    rules: {
      // Text from outside must never become markup.
      "svelte/no-at-html-tags": "error",
      // The content security policy refuses styles in markup; directives set them by script.
      "no-restricted-syntax": [
        "error",
        { selector: "SvelteAttribute[key.name='style']", message: "Use a style directive." },
      ],
      // Addresses are made by the page's own router.
      "svelte/no-navigation-without-resolve": "off",
      "svelte/prefer-svelte-reactivity": "off",
    },
  },
  {
    files: ["src/api/client.ts", "tests/**", "tools/**"],
    rules: { "no-restricted-globals": "off", "max-lines": "off" },
  },
  { files: ["src/live/hub.ts"], rules: { "no-restricted-globals": "off" } },
  ...LAYERS.map(layer),
);
