/**
 * The list that one came from: after a row of a table is opened, keys lead to the rows beside it
 * without going back.
 */

let items: readonly string[] = [];
let at = -1;

/** Keeps the rows of the table in which a link is followed, as far as they are there. */
export function keepTrail(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const column = link?.closest("td")?.cellIndex;
  if (!link || column === undefined) return;
  const rows = link.closest("tbody")?.querySelectorAll<HTMLTableRowElement>("tr[aria-rowindex]");
  const links = [...(rows ?? [])].flatMap((row) => {
    const each = row.cells[column]?.querySelector("a");
    return each ? [each] : [];
  });
  items = links.map((each) => each.href);
  at = links.indexOf(link);
}

/** The address beside the one that is open; none at the end of the list, or if another is open. */
export function besideOpen(current: string, by: 1 | -1): string | undefined {
  if (items[at] !== current) return undefined;
  const next = items[at + by];
  if (next !== undefined) at += by;
  return next;
}
