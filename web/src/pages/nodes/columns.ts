/** The columns of the list of nodes. */

import type { NodeRow } from "../../api/shapes";
import {
  columnUnit,
  count,
  duration,
  inUnit,
  position,
  type DurationUnit,
} from "../../base/formats";
import type { Column } from "../../ui/DataTable.svelte";

const NOT_SEEN = "This node has received no block of others in this scope";

/** The units of the columns of durations, for these rows: each column has one. */
export interface Units {
  lag: DurationUnit;
  lag2: DurationUnit;
  apply: DurationUnit;
  apply95: DurationUnit;
}

export function unitsOf(rows: readonly NodeRow[]): Units {
  return {
    lag: columnUnit(rows.map((row) => row.lag_s)),
    lag2: columnUnit(rows.map((row) => row.lag2_s)),
    apply: columnUnit(rows.map((row) => row.apply_p50_s)),
    apply95: columnUnit(rows.map((row) => row.apply_p95_s)),
  };
}

/** The columns with these units. Cells are written anew when the columns are others. */
export function columns({ lag, lag2, apply, apply95 }: Units): Column<NodeRow>[] {
  const end = { align: "end", sortable: true } as const;
  const lagReason = (): string => NOT_SEEN;
  return [
    { key: "name", label: "Node", width: 168, sortable: true },
    { key: "state", label: "State", width: 116, sortable: true },
    { key: "role", label: "Role", width: 92, sortable: true },
    { key: "height", label: "Height", width: 76, ...end, text: (row) => position(row.height) },
    { key: "behind", label: "Behind", width: 80, ...end, text: (row) => count(row.behind) },
    {
      key: "lag",
      label: "Lag to fastest",
      unit: lag,
      width: 142,
      ...end,
      text: (row) => inUnit(row.lag_s, lag),
      reason: lagReason,
    },
    {
      key: "lag2",
      label: "to second",
      unit: lag2,
      width: 112,
      ...end,
      text: (row) => inUnit(row.lag2_s, lag2),
      reason: lagReason,
    },
    {
      key: "apply_p50",
      label: "Apply, median",
      unit: apply,
      width: 144,
      ...end,
      text: (row) => inUnit(row.apply_p50_s, apply),
    },
    {
      key: "apply_p95",
      label: "95 %",
      unit: apply95,
      width: 84,
      ...end,
      text: (row) => inUnit(row.apply_p95_s, apply95),
    },
    { key: "completeness", label: "Complete", width: 104, ...end },
    { key: "lost", label: "Lost", width: 76, ...end, text: (row) => count(row.lost) },
    {
      key: "unknown_gaps",
      label: "Gaps",
      width: 76,
      ...end,
      text: (row) => count(row.unknown_gaps),
    },
    { key: "poll", label: "Poll", width: 76, ...end, text: (row) => duration(row.poll_s) },
    { key: "age", label: "Age", width: 84, ...end, text: (row) => duration(row.age_s) },
    { key: "restarts", label: "Restarts", width: 96, ...end, text: (row) => count(row.restarts) },
    { key: "spark", label: "Lag, last 60 blocks", width: 160 },
  ];
}
