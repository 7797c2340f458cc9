'use strict';

// The page's own code: no library, no request but to /graphql of this server.

const byId = (id) => document.getElementById(id);
const editor = byId('query');
const variables = byId('variables');
const response = byId('response');
const status = byId('status');
const runButton = byId('run');
const examples = byId('examples');

// More is cut off on the page: laying out megabytes of text freezes a browser.
const SHOWN_MAX = 500000;

const INTROSPECTION = `query IntrospectionQuery {
  __schema {
    types {
      kind name description
      fields { name description type { ...T } args { name description type { ...T } } }
      enumValues { name description }
    }
  }
}
fragment T on __Type { kind name ofType { kind name ofType { kind name } } }`;

async function send(body) {
  const answer = await fetch(location.pathname, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: answer.status, text: await answer.text() };
}

async function data(query) {
  const answer = await send({ query });
  return JSON.parse(answer.text).data ?? {};
}

function tell(text, failure) {
  status.textContent = text;
  status.classList.toggle('failure', Boolean(failure));
}

function pretty(text) {
  let shown = text;
  try {
    shown = JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    // Not JSON: shown as it came.
  }
  if (shown.length <= SHOWN_MAX) return shown;
  return `${shown.slice(0, SHOWN_MAX)}\n… ${shown.length - SHOWN_MAX} more characters are not shown`;
}

function parsedVariables() {
  const text = variables.value.trim();
  return text === '' ? undefined : JSON.parse(text);
}

async function run() {
  if (runButton.disabled) return;
  let body;
  try {
    body = { query: editor.value, variables: parsedVariables() };
  } catch (error) {
    tell(`Variables are not JSON: ${error.message}`, true);
    variables.focus();
    return;
  }
  remember();
  runButton.disabled = true;
  tell('Running');
  const begin = performance.now();
  try {
    const answer = await send(body);
    response.textContent = pretty(answer.text);
    const time = Math.round(performance.now() - begin);
    const failed = answer.status !== 200 || /^\{"(data":null,")?errors":/.test(answer.text);
    tell(`${failed ? 'Failed' : 'Answered'}: status ${answer.status}, ${answer.text.length} characters, ${time} ms`, failed);
  } catch (error) {
    response.textContent = '';
    tell(`No answer: ${error.message}`, true);
  } finally {
    runButton.disabled = false;
  }
}

// The query is kept in the fragment of the address, each run one step of the
// browser's history. Fragments are never sent to a server.
function remember() {
  const state = new URLSearchParams({ query: editor.value });
  if (variables.value.trim() !== '') state.set('variables', variables.value);
  const fragment = `#${state}`;
  if (fragment !== location.hash) history.pushState(null, '', fragment);
}

function recall() {
  const state = new URLSearchParams(location.hash.slice(1));
  if (!state.has('query')) return false;
  editor.value = state.get('query');
  variables.value = state.get('variables') ?? '';
  return true;
}

// Examples with names that exist on this server, so that each gives an answer.
function exampleQueries({ node, block }) {
  const name = JSON.stringify(node ?? 'name of a node');
  const hash = JSON.stringify(block ?? 'state hash of a block');
  return [
    ['Deployments and nodes', '{\n  deployments\n  nodes\n}', ''],
    ['Newest block traces of a node', `{\n  blockTraces(node_name: ${name}, order: Descending, maxLength: 10)\n}`, ''],
    ['One block as a tree', `{\n  blockStructuredTrace(\n    node_name: ${name}\n    block_identifier: ${hash}\n  )\n}`, ''],
    ['One block as a flat list', `{\n  blockTrace(\n    node_name: ${name}\n    block_identifier: ${hash}\n  )\n}`, ''],
    ['Durations of checkpoints', `{\n  blockTracesDistribution(node_name: ${name})\n}`, ''],
    ['With variables', 'query Traces($node: String!, $count: Int) {\n  blockTraces(node_name: $node, maxLength: $count)\n}',
      `{\n  "node": ${name},\n  "count": 5\n}`],
  ];
}

async function realNames() {
  const { nodes } = await data('{nodes}');
  const node = nodes?.[0]?.name;
  if (node === undefined) return {};
  const { blockTraces } = await data(
    `{blockTraces(node_name: ${JSON.stringify(node)}, order: Descending, maxLength: 20)}`);
  const traces = blockTraces?.traces ?? [];
  const trace = traces.find((t) => t.status === 'Success')
    ?? traces.find((t) => t.state_hash !== '0');
  return { node, block: trace?.state_hash };
}

function element(tag, ...children) {
  const made = document.createElement(tag);
  made.append(...children);
  return made;
}

function typeText(type) {
  if (type.kind === 'NON_NULL') return `${typeText(type.ofType)}!`;
  if (type.kind === 'LIST') return `[${typeText(type.ofType)}]`;
  return type.name;
}

function definitions(items) {
  const list = element('dl');
  for (const item of items) {
    const title = item.type ? `${item.name}: ${typeText(item.type)}` : item.name;
    list.append(element('dt', element('code', title)));
    if (item.description) list.append(element('dd', item.description));
  }
  return list;
}

function fieldEntry(field) {
  const entry = element('details', element('summary', element('code', `${field.name}: ${typeText(field.type)}`)));
  if (field.description) entry.append(element('p', field.description));
  entry.append(field.args.length ? definitions(field.args) : element('p', 'No arguments'));
  return entry;
}

async function showSchema() {
  const pane = byId('schema');
  try {
    const { __schema: schema } = await data(INTROSPECTION);
    const own = schema.types.filter((type) => !type.name.startsWith('__'));
    for (const type of own.filter((t) => t.kind === 'OBJECT')) type.fields.forEach((field) => pane.append(fieldEntry(field)));
    for (const type of own.filter((t) => t.kind === 'ENUM')) {
      pane.append(element('details', element('summary', element('code', `enum ${type.name}`)), definitions(type.enumValues)));
    }
  } catch (error) {
    pane.textContent = `The schema could not be read: ${error.message}`;
  }
}

function fill([, query, text]) {
  editor.value = query;
  variables.value = text;
}

async function start() {
  const recalled = recall();
  let list = exampleQueries({});
  if (!recalled) fill(list[0]);
  showSchema();
  try {
    list = exampleQueries(await realNames());
  } catch {
    // Without an answer the examples keep their placeholders.
  }
  examples.append(new Option('Choose one', '', true, true));
  list.forEach(([title], index) => examples.append(new Option(title, String(index))));
  examples.addEventListener('change', () => {
    if (examples.value === '') return;
    fill(list[Number(examples.value)]);
    run();
  });
}

runButton.addEventListener('click', run);
document.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    run();
  }
});
addEventListener('popstate', () => { if (recall()) run(); });
start();
