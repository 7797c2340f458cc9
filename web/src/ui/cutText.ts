/** Text of a table that does not fit its cell. */

/** A pointer that rests this long asks for it; rows that are scrolled below it are not measured. */
const REST_MS = 150;

let waiting: ReturnType<typeof setTimeout> | undefined;

/** Tells it on hover. Rows are used again for others, so the title is made when it is pointed at. */
export function titleCut({ target }: Event): void {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    const cell = (target as HTMLElement).closest("td");
    if (cell) cell.title = cell.scrollWidth > cell.clientWidth ? cell.innerText : "";
  }, REST_MS);
}
