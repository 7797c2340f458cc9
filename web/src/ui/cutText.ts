/** Text of a table that does not fit its cell. */

/** Tells it on hover. Rows are used again for others, so the title is made when it is pointed at. */
export function titleCut({ target }: Event): void {
  const cell = (target as HTMLElement).closest("td");
  if (cell) cell.title = cell.scrollWidth > cell.clientWidth ? cell.innerText : "";
}
