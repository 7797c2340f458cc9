/** Drafts of setups: what was typed, read by the type of each parameter. */

/** What a form needs to know of a parameter. */
export interface Described {
  name: string;
  key: string;
  type: string;
  unit?: string | null | undefined;
  min?: number | null | undefined;
  max?: number | null | undefined;
}

export interface Read {
  /** The value for a request; undefined where nothing was typed. */
  value?: unknown;
  /** What is wrong with what was typed. */
  message?: string;
}

/** The value that was typed for a parameter, or what is wrong with it. */
export function read(parameter: Described, typed: string): Read {
  const text = typed.trim();
  if (text === "") return {};
  switch (parameter.type) {
    case "flag":
      return { value: text === "true" };
    case "number":
      return number(parameter, text, /^-?\d*\.?\d+(e-?\d+)?$/i, "Write a number, such as 0.3");
    case "integer":
    case "seed":
      return number(parameter, text, /^-?\d+$/, "Write a whole number");
    case "amount":
      return number(parameter, text, /^\d+$/, "Write a whole number of nanomina");
    case "numbers": {
      const parts = lines(text).map(Number);
      return parts.every(Number.isFinite)
        ? { value: parts }
        : { message: "Write numbers with commas between them" };
    }
    case "texts":
      return { value: lines(text) };
    default:
      return { value: text };
  }
}

function number(parameter: Described, text: string, form: RegExp, message: string): Read {
  const plain = text.replaceAll(/[\s\u202f]/g, "");
  const value = Number(plain);
  if (!form.test(plain) || !Number.isFinite(value)) return { message };
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER)
    return { message: `At most ${Number.MAX_SAFE_INTEGER}` };
  const { min, max } = parameter;
  if (min !== null && min !== undefined && value < min) return { message: `At least ${min}` };
  if (max !== null && max !== undefined && value > max) return { message: `At most ${max}` };
  return { value };
}

function lines(text: string): string[] {
  return text
    .split(/[\n,]/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** A value of a setup as one would type it. */
export function written(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(String).join("\n");
  return String(value);
}

/**
 * What was typed, from a setup by any of its names. Values that are the default are left out, and
 * names that no parameter has are given back.
 */
export function fromSetup(
  setup: unknown,
  parameters: readonly (Described & { default?: unknown })[],
): { typed: Record<string, string>; unknown: string[] } {
  const typed: Record<string, string> = {};
  const unknown: string[] = [];
  const take = (name: string, value: unknown): void => {
    const low = name.toLowerCase();
    const found = parameters.find(
      (each) => each.key.toLowerCase() === low || each.name.toLowerCase() === low,
    );
    if (!found) unknown.push(name);
    else if (value !== null && JSON.stringify(value) !== JSON.stringify(found.default))
      typed[found.key] = written(value);
  };
  if (typeof setup === "object" && setup !== null) {
    for (const [name, value] of Object.entries(setup)) {
      if (name.toLowerCase() === "fees" && typeof value === "object" && value !== null)
        for (const [fee, amount] of Object.entries(value)) take(`fees.${fee}`, amount);
      else take(name, value);
    }
  }
  return { typed, unknown };
}

/** A name that nobody has: `ramp-3` becomes `ramp-4`, `soak` becomes `soak-2`. */
export function nextName(name: string, taken: readonly string[]): string {
  const [, stem = name, digits] = /^(.*?)-?(\d+)$/.exec(name) ?? [];
  for (let number = digits === undefined ? 2 : Number(digits) + 1; ; number += 1) {
    const wanted = `${stem === "" ? "run" : stem}-${number}`;
    if (!taken.includes(wanted)) return wanted;
  }
}
