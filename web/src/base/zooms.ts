/** The way back from zooming into times: which time there was before each zoom. */

/** Times as addresses have them; undefined where the address has none. */
export interface Zoom {
  before: string | undefined;
  after: string;
}

/** The zoom that led to the time `now`; nothing if none did. */
export function zoomTo(zooms: readonly Zoom[], now: string | undefined): Zoom | undefined {
  // The last one. Those behind it stay: the history of the browser may lead there again.
  return zooms.findLast(({ after }) => after === now);
}
