/** The SQL and the command that give what a panel shows, by the question that the panel asks. */

import entries from "./takeAway.json";

interface Entry {
  /** Service and path; a segment in braces is a name. */
  routes: string[];
  /** Missing where the database does not have it. */
  sql?: string;
  /** Missing where psql is the command. */
  command?: string;
}

/** What a panel asks. */
export interface Asked {
  service: string;
  path: string;
  parameters?: Readonly<Record<string, unknown>> | undefined;
}

export interface Ways {
  sql?: string;
  command: string;
}

/** Where no deployment is chosen, the newest is meant. */
const NEWEST = "(SELECT max(deployment_id) FROM deployment)";

/** The names in a path, if it is of this form. */
function namesOf(form: string, path: string): Record<string, string> | undefined {
  const wanted = form.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return undefined;
  const names: Record<string, string> = {};
  for (const [at, part] of wanted.entries()) {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name !== undefined) names[name] = decodeURIComponent(given[at] as string);
    else if (part !== given[at]) return undefined;
  }
  return names;
}

type Values = Readonly<Record<string, unknown>>;

function known(values: Values, name: string): string | undefined {
  const value = values[name];
  return value === undefined || value === null || value === "" ? undefined : String(value);
}

function sqlText(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

function shellText(value: string): string {
  return /^[\w./:@=-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}

/** The SQL with values in the place of names. */
function sqlOf(form: string, values: Values): string {
  return form.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
    const value = known(values, name);
    if (name !== "deployment") return sqlText(value ?? "");
    return value !== undefined && /^\d+$/.test(value) ? value : NEWEST;
  });
}

/** The command with values in the place of names. What is in double brackets needs its values. */
function commandOf(form: string, values: Values): string {
  return form
    .replaceAll(/\[\[(.*?)\]\]/g, (_all, part: string) => {
      const names = [...part.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string);
      return names.every((name) => known(values, name) !== undefined) ? part : "";
    })
    .replaceAll(/\{(\w+)(\.\.\.)?\}/g, (_all, name: string, isList: string | undefined) => {
      const value = known(values, name) ?? "";
      return (isList ? value.split(",") : [value]).map(shellText).join(" ");
    });
}

/** How to get by hand what a panel shows; nothing for a question that the table does not have. */
export function waysOf({ service, path, parameters = {} }: Asked): Ways | undefined {
  for (const { routes, sql, command } of entries as Entry[]) {
    for (const route of routes) {
      const [owner, form = ""] = route.split(" ");
      const names = owner === service ? namesOf(form, path) : undefined;
      if (names === undefined) continue;
      const values = { ...parameters, ...names };
      const query = sql === undefined ? undefined : sqlOf(sql, values);
      const byHand =
        command === undefined
          ? `loadlab db psql -- -c ${shellText(query ?? "")}`
          : commandOf(command, values);
      return { command: byHand, ...(query === undefined ? {} : { sql: query }) };
    }
  }
  return undefined;
}
