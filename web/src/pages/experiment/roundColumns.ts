/** The columns of the rounds of a run. */

import type { ResultsAnswer } from "../../api/shapes";
import { count, duration, finite, rate } from "../../base/formats";
import type { Column } from "../../ui/DataTable.svelte";

export type Round = ResultsAnswer["results"]["rounds"][number];

const end = { align: "end" } as const;
const NOT_ENOUGH = (): string => "Too little was measured in this round";
const measured = { ...end, reason: NOT_ENOUGH } as const;

/** `slot` is how many seconds a slot has, where blocks say it. */
export function roundColumns(slot: number | null | undefined): Column<Round>[] {
  const slots = (row: Round): string => {
    const [seconds, length] = [finite(row.latency_s.p95), finite(slot)];
    return seconds === null || length === null || length <= 0 ? "?" : (seconds / length).toFixed(1);
  };
  return [
    { key: "round", label: "Round", width: 96 },
    { key: "verdict", label: "Verdict", width: 172 },
    {
      ...{ key: "intended", label: "Intended", width: 108, ...end },
      text: (row) => rate(row.rate.intended, "/min"),
      reason: () => "Known from traces only: nobody knows what was asked",
    },
    {
      ...{ key: "accepted", label: "Accepted", width: 108, ...end },
      text: (row) => rate(row.rate.accepted, "/min"),
      reason: () => "Known from traces only: nobody knows what was accepted",
    },
    {
      ...{ key: "included", label: "Included", width: 108, ...measured },
      text: (row) => rate(row.rate.included, "/min"),
    },
    {
      ...{ key: "p50", label: "Latency, median", width: 136, ...measured },
      text: (row) => duration(row.latency_s.p50),
    },
    {
      ...{ key: "p90", label: "90 %", width: 108, ...measured },
      text: (row) => duration(row.latency_s.p90),
    },
    {
      ...{ key: "p95", label: "95 %", width: 108, ...measured },
      text: (row) => duration(row.latency_s.p95),
    },
    { key: "slots", label: "95 %", unit: "slots", width: 104, ...measured, text: slots },
    {
      ...{ key: "p99", label: "99 %", width: 108, ...measured },
      text: (row) => duration(row.latency_s.p99),
    },
    {
      ...{ key: "max", label: "max", width: 108, ...measured },
      text: (row) => duration(row.latency_s.max),
    },
    { key: "missed", label: "Missed", width: 84, ...end, text: (row) => count(row.missed) },
    { key: "failed", label: "Failed", width: 84, ...end, text: (row) => count(row.failed) },
    { key: "never", label: "Never seen", width: 104, ...end, text: (row) => count(row.never_seen) },
    { key: "blocks", label: "Blocks", width: 80, ...end, text: (row) => count(row.blocks) },
    { key: "orphans", label: "Orphans", width: 88, ...end, text: (row) => count(row.orphans) },
    {
      ...{ key: "empty", label: "Slots without a block", width: 168, ...end },
      text: (row) => count(row.missed_slots),
      reason: () => "The slots of its blocks are not known",
    },
    {
      ...{ key: "apply50", label: "Apply, median", width: 124, ...measured },
      text: (row) => duration(row.apply_s.p50),
    },
    {
      ...{ key: "apply", label: "95 %", width: 100, ...measured },
      text: (row) => duration(row.apply_s.p95),
    },
    {
      ...{ key: "apply99", label: "99 %", width: 100, ...measured },
      text: (row) => duration(row.apply_s.p99),
    },
    { key: "restarts", label: "Restarts", width: 88, ...end, text: (row) => count(row.restarts) },
    { key: "completeness", label: "Complete", width: 110, ...end },
    { key: "why", label: "Causes", width: 104 },
  ];
}
