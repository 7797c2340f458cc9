/** What the address holds of Lab > Completeness: of its matrix, and of the list of gaps. */

import { choice, text, whole } from "../../base/codecs";
import { chosen, type Chosen } from "../../base/selection";
import { pageQuery } from "../../state/pageQuery.svelte";

export const completenessQuery = () =>
  pageQuery<{
    cells: "lost" | "stored";
    sel: Chosen;
    zoom: number;
    shift: number;
    /** Where the page of the gaps begins. */
    cursor: string;
  }>({
    cells: choice("lost", "stored"),
    sel: chosen,
    zoom: whole,
    shift: whole,
    cursor: text,
  });

export type CompletenessQuery = ReturnType<typeof completenessQuery>;
