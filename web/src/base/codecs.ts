/** Addresses of the page: paths and query keys to state and back, equal states to equal addresses. */

/** A path of segments, each percent-encoded. */
export function path(...segments: string[]): string {
  return "/" + segments.map(encodeURIComponent).join("/");
}

/** The decoded segments of a path, or null if one cannot be decoded. */
export function segments(pathname: string): string[] | null {
  try {
    return pathname
      .split("/")
      .filter((segment) => segment !== "")
      .map(decodeURIComponent);
  } catch {
    return null;
  }
}

/** Reads one query key; undefined if the text is malformed. */
export type Codec<T> = { parse: (text: string) => T | undefined; write: (value: T) => string };

/** One of some words. */
export function choice<T extends string>(...words: T[]): Codec<T> {
  return {
    parse: (text) => words.find((word) => word === text),
    write: (value) => value,
  };
}

/** Free text of at most 200 characters. */
export const text: Codec<string> = {
  parse: (value) => (value.length <= 200 && value !== "" ? value : undefined),
  write: (value) => value,
};

/** Free text of at most 4,000 characters: an expression that holds names. */
export const longText: Codec<string> = {
  parse: (value) => (value.length <= 4000 && value !== "" ? value : undefined),
  write: (value) => value,
};

/** A whole number from 0. */
export const whole: Codec<number> = {
  parse: (value) => (/^\d{1,9}$/.test(value) ? Number(value) : undefined),
  write: (value) => String(value),
};

/** Whole numbers from 0 with commas between, without repetition. */
export const wholes: Codec<number[]> = {
  parse: (value) => {
    const numbers = value.split(",").map(whole.parse);
    return numbers.some((number) => number === undefined)
      ? undefined
      : [...new Set(numbers as number[])];
  },
  write: (value) => value.join(","),
};

/** Texts with commas between, in canonical order. */
export const texts: Codec<string[]> = {
  parse: (value) => listOf(value)?.sort(),
  write: (value) => [...new Set(value)].sort().map(encodeURIComponent).join(","),
};

/** Texts with commas between, whose order means something. */
export const ordered: Codec<string[]> = {
  parse: listOf,
  write: (value) => [...new Set(value)].map(encodeURIComponent).join(","),
};

function listOf(value: string): string[] | undefined {
  try {
    const list = value.split(",").map(decodeURIComponent);
    return list.length <= 50 && list.every((item) => item !== "") ? [...new Set(list)] : undefined;
  } catch {
    return undefined;
  }
}

export type TimeScope =
  | { kind: "last"; minutes: number }
  | { kind: "all" }
  | { kind: "range"; from: number; until: number };

/** `15m`, `24h`, `all`, or two RFC 3339 times with `..` between. */
export const timeScope: Codec<TimeScope> = {
  parse: (value) => {
    if (value === "all") return { kind: "all" };
    const relative = /^(\d{1,5})([mhd])$/.exec(value);
    if (relative) {
      const size = Number(relative[1]);
      const minutes = size * { m: 1, h: 60, d: 1440 }[relative[2] as "m" | "h" | "d"];
      return minutes > 0 ? { kind: "last", minutes } : undefined;
    }
    const [from, until, more] = value
      .split("..")
      .map((part) => (/^\d{4}-\d\d-\d\dT/.test(part) ? Date.parse(part) : NaN));
    if (from === undefined || until === undefined || more !== undefined) return undefined;
    return from < until ? { kind: "range", from, until } : undefined;
  },
  write: (value) => {
    if (value.kind === "all") return "all";
    if (value.kind === "range")
      return `${new Date(value.from).toISOString()}..${new Date(value.until).toISOString()}`;
    if (value.minutes % 1440 === 0) return `${value.minutes / 1440}d`;
    return value.minutes % 60 === 0 ? `${value.minutes / 60}h` : `${value.minutes}m`;
  },
};

/** What query keys of `search` hold, and the keys that were dropped: unknown or malformed ones. */
export function readQuery(
  search: string,
  codecs: Readonly<Record<string, Codec<unknown>>>,
): { values: Record<string, unknown>; dropped: string[] } {
  const values: Record<string, unknown> = {};
  const dropped: string[] = [];
  for (const [key, raw] of new URLSearchParams(search)) {
    const codec = Object.hasOwn(codecs, key) ? codecs[key] : undefined;
    const value = codec?.parse(raw);
    if (value === undefined) dropped.push(key);
    else values[key] = value;
  }
  return { values, dropped: [...new Set(dropped)] };
}

/** The query of some values, keys in the order of `codecs`; empty if there are none. */
export function writeQuery(
  values: Readonly<Record<string, unknown>>,
  codecs: Readonly<Record<string, Codec<unknown>>>,
): string {
  const parts: string[] = [];
  for (const [key, codec] of Object.entries(codecs)) {
    const value = values[key];
    if (value === undefined || value === null || (Array.isArray(value) && value.length === 0))
      continue;
    const written = encodeURIComponent(codec.write(value))
      .replaceAll("%2C", ",")
      .replaceAll("%3A", ":");
    parts.push(`${key}=${written}`);
  }
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}
