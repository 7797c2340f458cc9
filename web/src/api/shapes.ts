/**
 * What services answer: by their descriptions, and by hand where a route is not described yet.
 * Members that are null or missing are unknown.
 */

import type { components as Dashboard } from "../../api/dashboard";
import type { components as Results } from "../../api/experiments-api";
import type { components as Traces } from "../../api/log-api";
import type { components as Fetcher } from "../../api/log-fetcher";

type ResultsSchemas = Results["schemas"];
export type Meta = ResultsSchemas["Meta"];
export type OverviewAnswer = ResultsSchemas["OverviewAnswer"];
export type RunStrip = ResultsSchemas["RunFigures"];
export type Series = ResultsSchemas["Series"];
export type SeriesAnswer = ResultsSchemas["SeriesAnswer"];
export type IncidentsAnswer = ResultsSchemas["IncidentsAnswer"];
export type NodeRow = ResultsSchemas["Node"];
export type NodesAnswer = ResultsSchemas["NodesAnswer"];
export type NodeDetail = ResultsSchemas["NodeAnswer"];
export type DeploymentsAnswer = ResultsSchemas["DeploymentsAnswer"];
export type Deployment = ResultsSchemas["DeploymentRow"];
export type GapsAnswer = ResultsSchemas["GapsAnswer"];
export type MinutesAnswer = ResultsSchemas["MinutesAnswer"];
export type Gap = ResultsSchemas["Gap"];
export type BlockRow = ResultsSchemas["BlockRow"];
export type BlocksAnswer = ResultsSchemas["BlocksAnswer"];
export type LatencyAnswer = ResultsSchemas["LatencyAnswer"];
export type LeasesAnswer = ResultsSchemas["LeasesAnswer"];
export type DatabaseAnswer = ResultsSchemas["DatabaseAnswer"];
export type ResultsAnswer = ResultsSchemas["ResultsAnswer"];

export type Attribution = ResultsSchemas["Attribution"];
export type AttributionAnswer = ResultsSchemas["AttributionAnswer"];
export type CheckpointRow = ResultsSchemas["CheckpointRow"];
export type CheckpointsAnswer = ResultsSchemas["CheckpointsAnswer"];
export type ComparisonAnswer = ResultsSchemas["ComparisonAnswer"];
export type ExperimentRow = ResultsSchemas["ExperimentRow"];
export type ExperimentsAnswer = ResultsSchemas["ExperimentsAnswer"];
export type MetricChange = ResultsSchemas["MetricChange"];
export type FlowAnswer = ResultsSchemas["FlowAnswer"];
export type TransactionRow = ResultsSchemas["TransactionRow"];
export type TransactionsAnswer = ResultsSchemas["TransactionsAnswer"];
export type TransactionAnswer = ResultsSchemas["TransactionAnswer"];
export type SnarkWork = ResultsSchemas["SnarkWork"];
export type SnarkWorkAnswer = ResultsSchemas["SnarkWorkAnswer"];
export type CheckpointAnswer = ResultsSchemas["CheckpointAnswer"];
export type CheckpointCall = ResultsSchemas["CheckpointCall"];
export type AuditAnswer = ResultsSchemas["AuditAnswer"];
export type AuditEntry = ResultsSchemas["Entry"];
export type LabToken = ResultsSchemas["Token"];
export type NewToken = ResultsSchemas["NewToken"];
export type TokensAnswer = ResultsSchemas["Tokens"];
export type TraceAnswer = Traces["schemas"]["TraceAnswer"];
export type TraceCheckpointAnswer = Traces["schemas"]["TraceCheckpointAnswer"];
export type TraceGap = Traces["schemas"]["TraceGap"];
export type Session = Fetcher["schemas"]["Session"];
export type NodeCompleteness = Fetcher["schemas"]["NodeCompleteness"];

export type SessionAnswer = Dashboard["schemas"]["Session"];
export type Clock = Dashboard["schemas"]["Clock"];
export type LabState = Dashboard["schemas"]["State"];
export type ServicesAnswer = Dashboard["schemas"]["Services"];
export type SearchHit = Dashboard["schemas"]["Hit"];

export interface Block {
  hash: string;
  height: number | null;
  slot: number | null;
  first_seen: number | null;
  producer: string | null;
  canonical: boolean | null;
  user_commands: number | null;
  zkapps: number | null;
  snark_works: number | null;
}

export interface Matrix {
  blocks: Block[];
  nodes: string[];
  values: (number | null)[];
  states: string;
  medians: (number | null)[];
  p95: (number | null)[];
}

export interface BlockTrace {
  node: string;
  source: string;
  status: string;
  started: number | null;
  lag_s: number | null;
  lag2_s: number | null;
  total_s: number | null;
  entries: number;
  lost: number;
  unknown_gaps: number;
  clock_suspect: boolean;
}

export interface BlockAnswer {
  block: Block;
  traces: BlockTrace[];
  siblings: Block[];
  meta: Meta;
}

/** One side of a comparison of traces. */
export interface TraceHead {
  node: string;
  hash: string;
  height: number | null;
  status: string;
  total_s: number | null;
}

/** `/v1/trace-diff` of the log API. */
export interface TraceDiffAnswer {
  diff: {
    a: TraceHead;
    b: TraceHead;
    names: string[];
    columns: {
      name: number[];
      depth: number[];
      a_index: (number | null)[];
      b_index: (number | null)[];
      a_total_us: (number | null)[];
      b_total_us: (number | null)[];
      delta_own_us: number[];
    };
    explained: { name: string; delta_s: number; share: number }[];
  };
  meta: Meta;
}
