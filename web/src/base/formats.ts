/** How values are written. The only place that turns numbers into text. */

/** Narrow no-break space: between groups of digits, and between a number and its unit. */
const THIN = "\u202f";

/** What is written for a value that nobody knows. */
export const UNKNOWN = "?";
/** What is written where a value does not apply. */
export const NOT_APPLICABLE = "–";
/** What is written for a value that cannot be right. */
export const INVALID = "invalid";

/** Whether a text is a value, and no mark for one that is not known, does not apply or is invalid. */
export function isPlain(text: string): boolean {
  return text !== UNKNOWN && text !== NOT_APPLICABLE && text !== INVALID;
}

/** A finite number, or null: answers are trusted in type, not in content. */
export function finite(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function significant(value: number): string {
  const decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return value.toFixed(decimals);
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** A single duration in seconds, with three significant digits: `4.31 ms`, `2 min 04 s`. */
export function duration(seconds: number | null | undefined): string {
  const value = finite(seconds);
  if (value === null) return seconds === null || seconds === undefined ? UNKNOWN : INVALID;
  if (value < 0) return INVALID;
  if (value === 0) return `0${THIN}s`;
  const milliseconds = value * 1000;
  if (milliseconds < 0.9995) return `${significant(value * 1e6)}${THIN}µs`;
  if (value < 0.9995) return `${significant(milliseconds)}${THIN}ms`;
  if (value < 59.95) return `${significant(value)}${THIN}s`;
  const whole = Math.round(value);
  if (whole < 3600) {
    return `${Math.floor(whole / 60)}${THIN}min ${two(whole % 60)}${THIN}s`;
  }
  const minutes = Math.round(value / 60);
  if (minutes < 48 * 60)
    return `${Math.floor(minutes / 60)}${THIN}h ${two(minutes % 60)}${THIN}min`;
  return `${Math.floor(minutes / 1440)}${THIN}d ${Math.floor((minutes % 1440) / 60)}${THIN}h`;
}

/** A round duration at an axis, as short as it can be said: `15 min`, `2 h`, `500 ms`. */
export function durationTick(seconds: number): string {
  for (const [size, unit] of [
    [86_400, "d"],
    [3600, "h"],
    [60, "min"],
    [1, "s"],
    [1e-3, "ms"],
  ] as const) {
    const scaled = Number((seconds / size).toPrecision(6));
    // Halves of a second are said as such; halves of an hour are minutes.
    if (size <= 1 ? scaled >= 1 : scaled >= 1 && Number.isInteger(scaled))
      return `${scaled}${THIN}${unit}`;
  }
  return seconds === 0 ? "0" : `${Number((seconds * 1e6).toPrecision(6))}${THIN}µs`;
}

export type DurationUnit = "µs" | "ms" | "s";
const PER_SECOND: Record<DurationUnit, number> = { µs: 1e6, ms: 1e3, s: 1 };

/** One unit for a column of durations: that of its 90th percentile. */
export function columnUnit(seconds: readonly (number | null | undefined)[]): DurationUnit {
  const known = seconds.map(finite).filter((value) => value !== null && value >= 0) as number[];
  known.sort((a, b) => a - b);
  const high = known[Math.min(known.length - 1, Math.floor(known.length * 0.9))];
  if (high === undefined || high >= 1) return "s";
  return high >= 0.001 ? "ms" : "µs";
}

/** A duration in the unit of its column, with two decimals. */
export function inUnit(seconds: number | null | undefined, unit: DurationUnit): string {
  const value = finite(seconds);
  if (value === null) return seconds === null || seconds === undefined ? UNKNOWN : INVALID;
  const scaled = value * PER_SECOND[unit];
  if (scaled < 0 || !Number.isFinite(scaled)) return INVALID;
  return grouped(scaled.toFixed(2));
}

/** The same with two digits, for a cell that has no room for more: `0.31`, `3.1`, `312`. */
export function shortInUnit(seconds: number, unit: DurationUnit): string {
  const scaled = seconds * PER_SECOND[unit];
  if (!Number.isFinite(scaled) || scaled < 0) return INVALID;
  return scaled < 10 ? String(Number(scaled.toPrecision(2))) : String(Math.round(scaled));
}

function grouped(digits: string): string {
  // Most are short, and tables write thousands of them.
  if (/^\d{0,3}(\.|$)/.test(digits)) return digits;
  const [whole = "", ...rest] = digits.split(".");
  const spaced = whole.replace(/\B(?=(\d{3})+$)/g, THIN);
  return [spaced, ...rest].join(".");
}

/** A count, digits in groups of three: `12 345`. */
export function count(value: number | null | undefined): string {
  const known = finite(value);
  if (known === null) return value === null || value === undefined ? UNKNOWN : INVALID;
  return known < 0 ? INVALID : grouped(String(Math.round(known)));
}

/** A count in a key figure: `1.2 M`; exact below ten thousand. */
export function shortCount(value: number | null | undefined): string {
  const known = finite(value);
  if (known === null || known < 10_000) return count(value);
  const [scaled, unit] = known < 1e6 ? [known / 1e3, "k"] : [known / 1e6, "M"];
  return `${significant(scaled)}${THIN}${unit}`;
}

/** What is more than this many times a whole is no part of it. */
const SHARE_MAX = 1000;

/** A part of a whole (0 to 1) with one decimal: `41.2 %`. Less than a whole is never written as one. */
export function share(value: number | null | undefined): string {
  const known = finite(value);
  if (known === null) return value === null || value === undefined ? UNKNOWN : INVALID;
  if (known < 0 || known > SHARE_MAX) return INVALID;
  const percent = known < 1 ? Math.min(known * 100, 99.9) : known * 100;
  return `${percent.toFixed(1)}${THIN}%`;
}

export interface Complete {
  share: number | null | undefined;
  stored?: number | undefined;
  /** Null where nobody knows: nothing of that time was looked at. */
  lost: number | null | undefined;
  unknownGaps: number | null | undefined;
}

/**
 * How complete data are: two decimals, rounded down. `100 %` only if nothing is lost and no gap is
 * of unknown size; `no data` where nothing is stored; `?` where nobody knows what is missing.
 */
export function completeness({ share, stored, lost, unknownGaps }: Complete): string {
  if (stored === 0) return "no data";
  if (typeof lost !== "number" || typeof unknownGaps !== "number") return UNKNOWN;
  const known = finite(share);
  if (known === null) return share === null || share === undefined ? "no data" : INVALID;
  if (known < 0 || known > 1) return INVALID;
  if (known === 1 && lost === 0) {
    return unknownGaps > 0 ? gaps(unknownGaps) : `100${THIN}%`;
  }
  const floored = Math.floor(Math.min(known, 0.9999) * 10_000 + 1e-7) / 100;
  return `${floored.toFixed(2)}${THIN}%`;
}

/** The same as a sentence: `99.99 % complete, 1 entry lost, 0 gaps of unknown size`. */
export function completenessWords(data: Complete): string {
  const text = completeness(data);
  if (text === "no data") return "No entries are stored";
  const { lost, unknownGaps } = data;
  if (typeof lost !== "number" || typeof unknownGaps !== "number")
    return "It is not known how complete it is: no trace of its time is known";
  const known = `${plural(lost, "entry", "entries")} lost`;
  const unknown = `${gaps(unknownGaps)} of unknown size`;
  // Of what is known nothing is missing: the gaps are all that is to be said.
  if (text === gaps(unknownGaps)) return `${unknown}, ${known}`;
  return `${text} complete, ${known}, ${unknown}`;
}

/** What answers say of the entries in the time of a run, a round or a deployment. */
interface Entries {
  completeness?: number | null | undefined;
  lost_entries?: number | null | undefined;
  unknown_gaps?: number | null | undefined;
}

/** How complete they are, in words. */
export function completenessOf(row: Entries): string {
  const [lost, unknownGaps] = [row.lost_entries, row.unknown_gaps];
  return completeness({ share: row.completeness, lost, unknownGaps });
}

/** Whether nothing of them is missing, as far as anybody knows. */
export function isWhole(row: Entries): boolean {
  return row.completeness === 1 && row.lost_entries === 0 && row.unknown_gaps === 0;
}

/** `1 gap`, `3 gaps`. */
export function gaps(value: number): string {
  return `${count(value)} ${value === 1 ? "gap" : "gaps"}`;
}

/** A rate with its unit: `41.2 tx/min`. */
export function rate(value: number | null | undefined, unit: string): string {
  const known = finite(value);
  if (known === null) return value === null || value === undefined ? UNKNOWN : INVALID;
  if (known < 0) return INVALID;
  return `${known === 0 ? "0" : significant(known)}${THIN}${unit}`;
}

/** A value in the unit that a service names: durations, shares, rates, and counts without one. */
export function measured(value: number | null | undefined, unit: string): string {
  const known = finite(value);
  if (known === null) return value === null || value === undefined ? UNKNOWN : INVALID;
  const seconds = { s: 1, ms: 0.001, min: 60 }[unit];
  if (seconds !== undefined) return duration(known * seconds);
  if (unit === "%") return share(known / 100);
  // Counts and shares have no unit.
  return unit === "" ? String(Number(known.toPrecision(4))) : rate(known, unit);
}

/** A difference with its sign: `+1.2 s`, `−4`; `±0` where there is none. */
export function signed(value: number | null | undefined, unit: string): string {
  const known = finite(value);
  if (known === null || known === 0) return known === 0 ? "±0" : measured(value, unit);
  return `${known < 0 ? "−" : "+"}${measured(Math.abs(known), unit)}`;
}

export type Zone = "utc" | "local";

function pad(value: number, digits = 2): string {
  return String(value).padStart(digits, "0");
}

function zoneSuffix(date: Date, zone: Zone): string {
  if (zone === "utc") return "Z";
  const minutes = -date.getTimezoneOffset();
  const sign = minutes < 0 ? "-" : "+";
  const size = Math.abs(minutes);
  return `${sign}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
}

/**
 * A moment in milliseconds since 1970: `05:10:18Z`, with the date when it is not that of `today`,
 * with milliseconds when `precise`.
 */
export function time(
  at: number | null | undefined,
  { zone = "utc", today, precise = false }: { zone?: Zone; today?: number; precise?: boolean } = {},
): string {
  const known = finite(at);
  if (known === null || Math.abs(known) > 8.64e15)
    return at === null || at === undefined ? UNKNOWN : INVALID;
  if (known < 0) return INVALID;
  const date = new Date(known);
  const parts =
    zone === "utc"
      ? [
          date.getUTCFullYear(),
          date.getUTCMonth() + 1,
          date.getUTCDate(),
          date.getUTCHours(),
          date.getUTCMinutes(),
          date.getUTCSeconds(),
        ]
      : [
          date.getFullYear(),
          date.getMonth() + 1,
          date.getDate(),
          date.getHours(),
          date.getMinutes(),
          date.getSeconds(),
        ];
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = parts;
  const fraction = precise ? `.${pad(date.getUTCMilliseconds(), 3)}` : "";
  const clock = `${pad(hours)}:${pad(minutes)}:${pad(seconds)}${fraction}${zoneSuffix(date, zone)}`;
  const dayOf = (moment: Date): string =>
    zone === "utc" ? moment.toISOString().slice(0, 10) : moment.toDateString();
  const isToday = today !== undefined && dayOf(new Date(today)) === dayOf(date);
  return isToday ? clock : `${year}-${pad(month)}-${pad(day)} ${clock}`;
}

/** Milliseconds since 1970 of an RFC 3339 time; null if it is none. */
export function parseTime(text: string | null | undefined): number | null {
  if (text === null || text === undefined) return null;
  const parsed = Date.parse(text);
  return Number.isNaN(parsed) ? null : parsed;
}

/** How long ago: `12 s ago`, `3 min ago`. */
export function age(seconds: number | null | undefined): string {
  const known = finite(seconds);
  if (known === null) return UNKNOWN;
  const value = Math.max(0, known);
  if (value < 60) return `${Math.floor(value)}${THIN}s ago`;
  if (value < 3600) return `${Math.floor(value / 60)}${THIN}min ago`;
  if (value < 172_800) return `${Math.floor(value / 3600)}${THIN}h ago`;
  return `${Math.floor(value / 86_400)}${THIN}d ago`;
}

/** A slot or a height; 0 is stored where none is known. */
export function position(value: number | null | undefined): string {
  return value === 0 ? UNKNOWN : count(value);
}

/** The first eight and the last four characters of a hash or key. */
export function shortHash(text: string): string {
  return text.length <= 14 ? text : `${text.slice(0, 8)}…${text.slice(-4)}`;
}

/** MINA from nanomina, trailing zeros off: `1.25 MINA`. */
export function amount(nanomina: string | null | undefined): string {
  if (nanomina === null || nanomina === undefined) return UNKNOWN;
  if (!/^\d{1,30}$/.test(nanomina)) return INVALID;
  const padded = nanomina.padStart(10, "0");
  const whole = padded.slice(0, -9).replace(/^0+(?=\d)/, "");
  const fraction = padded.slice(-9).replace(/0+$/, "");
  return `${grouped(fraction === "" ? whole : `${whole}.${fraction}`)}${THIN}MINA`;
}

/** MINA as a service writes it, digits in groups: `25 531.73 MINA`. */
export function mina(text: string | null | undefined): string {
  if (text === null || text === undefined) return UNKNOWN;
  return /^\d{1,30}(\.\d{1,9})?$/.test(text) ? `${grouped(text)}${THIN}MINA` : INVALID;
}

/** Sizes in bytes: `1.2 GB`, steps of 1000. */
export function bytes(value: number | null | undefined): string {
  const known = finite(value);
  if (known === null) return value === null || value === undefined ? UNKNOWN : INVALID;
  if (known < 0) return INVALID;
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let scaled = known;
  let index = 0;
  while (scaled >= 999.5 && index < units.length - 1) {
    scaled /= 1000;
    index += 1;
  }
  return index === 0
    ? `${Math.round(scaled)}${THIN}B`
    : `${significant(scaled)}${THIN}${units[index]}`;
}

/** Longest text from outside that is shown without being asked for. */
export const OUTSIDE_MAX = 2000;

/** Text from outside: control characters as symbols, directions neutral, at most `most` characters. */
export function outside(text: unknown, most = OUTSIDE_MAX): string {
  const whole = typeof text === "string" ? text : String(text);
  const cut = whole.length > most ? `${whole.slice(0, most)}…` : whole;
  return cut.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    if (code === 0x7f) return "\u2421";
    return code < 0xa0 ? character : "\u2426";
  });
}

/** `1 node`, `2 nodes`. */
export function plural(value: number | null, word: string, words = `${word}s`): string {
  return `${count(value)} ${value === 1 ? word : words}`;
}
