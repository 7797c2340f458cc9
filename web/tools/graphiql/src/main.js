/** GraphiQL over the log API: asks the address of its own page, and nobody else. */
import { GraphiQL } from "graphiql";
import "graphiql/graphiql.css";
import { createElement } from "react";
import { createRoot } from "react-dom/client";

import { examples } from "./examples.js";
import "./style.css";

const place = document.getElementById("graphiql");
// Dialogs lock scrolling with a style of their own: the policy wants the page's number, which the
// libraries within GraphiQL read here.
globalThis.__webpack_nonce__ = place.dataset.nonce;

async function fetcher(body) {
  const answer = await fetch(location.pathname, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  try {
    return JSON.parse(text);
  } catch {
    return { errors: [{ message: text === "" ? `status ${answer.status}` : text }] };
  }
}

/** The address holds what is asked, in its fragment: that is never sent to a server. */
const asked = new URLSearchParams(location.hash.slice(1));
function keep(name, value) {
  if (value) asked.set(name, value);
  else asked.delete(name);
  history.replaceState(null, "", `#${asked}`);
}

const given = asked.get("query");
// A link's query gets a tab of its own beside those that this browser has kept. Without a link and
// without kept tabs: examples.
const shown = given
  ? { query: given, variables: asked.get("variables") ?? "" }
  : { defaultTabs: await examples(fetcher) };
createRoot(place).render(
  createElement(GraphiQL, {
    fetcher,
    ...shown,
    shouldPersistHeaders: false,
    isHeadersEditorEnabled: false,
    onEditQuery: (query) => keep("query", query),
    onEditVariables: (variables) => keep("variables", variables),
  }),
);
