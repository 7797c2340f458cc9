import svelte from "eslint-plugin-svelte";
import ts from "typescript-eslint";

/** Folders from the lowest to the highest: each may import those before it. */
const LAYERS = ["base", "api", "live", "state", "ui", "charts", "pages", "frame"];

/** The content security policy refuses styles in markup; directives set them by script. */
const NO_MARKUP = [
  { selector: "SvelteAttribute[key.name='style']", message: "Use a style directive." },
];

function layer(name, index) {
  const above = LAYERS.slice(index + 1);
  const groups = [
    // The files beside the folders put them together.
    {
      regex: `^([.][.]/)+(${[...above.map((each) => `${each}/.*`), "App.svelte", "main", ...(name === "frame" ? [] : ["routes"])].join("|")})$`,
      message: "Imports point downwards only.",
    },
    // What two pages need belongs below.
    ...(name === "pages"
      ? [{ regex: "^[.][.]/(?![.][.]/)|/pages/", message: "Pages never import each other." }]
      : []),
    ...(name === "base"
      ? [
          {
            regex: "^(svelte|@tanstack|uplot|tinykeys)",
            message: "Pure functions need no browser.",
          },
        ]
      : []),
  ];
  // A point stands for the stroke, with which the pattern would end.
  const later = [
    ...(above.length > 0 ? [`^([.][.].)+(${above.join("|")}).`] : []),
    ...(name === "pages" ? ["^[.][.].(?![.])"] : []),
  ];
  return {
    files: [`src/${name}/**/*.{ts,svelte}`],
    rules: {
      "no-restricted-imports": ["error", { patterns: groups }],
      // What is loaded later is an import, too.
      "no-restricted-syntax": [
        "error",
        ...NO_MARKUP,
        ...later.map((regex) => ({
          selector: `ImportExpression[source.value=/${regex}/]`,
          message: "Imports point downwards only.",
        })),
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
      "no-restricted-syntax": ["error", ...NO_MARKUP],
      // Styles are counted by max-lines only.
      "svelte/max-lines-per-block": [
        "error",
        { script: 200, template: 200, skipBlankLines: true, skipComments: true },
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
  // Each is one state machine of pointer, keys and drawing: 400 lines are their bound.
  {
    files: [
      "src/charts/Matrix.svelte",
      "src/charts/TimeSeries.svelte",
      "src/pages/trace/Waterfall.svelte",
      "src/ui/DataTable.svelte",
    ],
    rules: { "svelte/max-lines-per-block": "off" },
  },
  ...LAYERS.map(layer),
);
