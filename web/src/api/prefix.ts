/** Where the page lives: below the path of a reverse proxy, perhaps. */

/** The path before all paths of the page, without a slash at its end. The entry is in `assets/`. */
export const prefix = import.meta.env.DEV
  ? ""
  : new URL("..", import.meta.url).pathname.replace(/\/$/, "");
