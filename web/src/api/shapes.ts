/** What services answer. Members that are null are unknown. */

export interface Meta {
  as_of: string;
  deployment_id: number | null;
  from: number | null;
  until: number | null;
  total?: number | null;
  next?: string | null;
  completeness: {
    share: number | null;
    stored_entries: number;
    lost_entries: number;
    unknown_gaps: number;
    nodes: number;
    nodes_with_loss: number;
  };
}

export interface Worst {
  node: string;
  lag_s: number | null;
  lost: number;
}

export interface RunStrip {
  name: string;
  status: string;
  round: number;
  rounds: number;
  step: number;
  action: string;
  ends_at: string | null;
}

export interface Overview {
  nodes: { up: number; total: number; failing: number; behind: number };
  height: { best: number | null; behind_max: number | null };
  blocks: { count: number; orphaned: number; missed_slots: number | null; cadence_s: number | null };
  transactions: {
    intended_min: number | null;
    accepted_min: number | null;
    seen_min: number;
    included_min: number;
  };
  latency_s: { p50: number | null; p95: number | null; max: number | null };
  run: RunStrip | null;
  worst: Worst[];
}

export interface OverviewAnswer {
  overview: Overview;
  meta: Meta;
}

export interface Series {
  t: number[];
  columns: Record<string, (number | null)[]>;
  quality: (number | null)[];
}

export interface SeriesAnswer {
  series: Series;
  meta: Meta;
}

export interface Incident {
  id: string;
  at: string;
  clock: "network" | "lab";
  kind: string;
  node: string | null;
  run: string | null;
  text: string;
  until: string | null;
  href: string;
}

export interface IncidentsAnswer {
  incidents: Incident[];
  meta: Meta;
}

export interface NodeRow {
  name: string;
  host: string | null;
  port: number | null;
  state: string;
  problem: string | null;
  role: "producer" | "other" | null;
  height: number | null;
  behind: number | null;
  lag_s: number | null;
  lag2_s: number | null;
  apply_p50_s: number | null;
  apply_p95_s: number | null;
  completeness: number | null;
  stored: number;
  lost: number;
  unknown_gaps: number;
  poll_s: number | null;
  age_s: number | null;
  restarts: number | null;
  clock_suspect: boolean;
  spark: (number | null)[];
}

export interface NodesAnswer {
  nodes: NodeRow[];
  counts: Record<string, number>;
  meta: Meta;
}

export interface NodeDetail extends NodeRow {
  submitter: string | null;
  release: string | null;
  states: { from: string; until: string | null; state: string; problem: string | null }[];
  gaps: { from: number | null; until: number | null; missing: number | null; reason: string }[];
}

export interface Session {
  session_id: number;
  deployment_id: number;
  node_name: string;
  opened_at: string;
  ended_at: string | null;
  end_reason: string | null;
  stored_entries: number;
  lost_entries: number;
  gaps: number;
}

export interface Deployment {
  id: number;
  metadata: Record<string, unknown> | null;
  note: string | null;
  created: string | null;
  nodes: number;
  blocks: number;
  entries: number;
  bytes: number | null;
  completeness: number | null;
  runs: number;
}

export interface Gap {
  node: string;
  process: string;
  from: number | null;
  until: number | null;
  missing: number | null;
  reason: string;
  noted: string;
}

export interface DatabaseAnswer {
  bytes: number;
  free_bytes: number | null;
  tables: { name: string; deployment_id: number | null; rows: number; bytes: number }[];
  growth_bytes_day: number | null;
  connections: number;
  partitions: number;
  slow_queries: { text: string; calls: number; mean_s: number }[];
}

export interface ServiceState {
  name: string;
  title: string;
  address: string;
  healthy: boolean | null;
  ready: boolean | null;
  reason: string | null;
}

export interface Clock {
  scale: number;
  network_now: string | null;
  lab_now: string;
  genesis: string | null;
  slot_seconds: number | null;
  slot: number | null;
}

export interface SessionAnswer {
  role: "viewer" | "operator" | "local";
  expires: string | null;
}

export interface SearchHit {
  kind: "node" | "block" | "run" | "transaction" | "checkpoint";
  id: string;
  label: string;
  hint: string;
  href: string;
}

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

/** `/v1/state` of the dashboard: what the log fetcher says of all nodes, in short. */
export interface LabState {
  frozen: boolean;
  nodes: number;
  states: Record<string, number>;
  stored_entries: number;
  lost_entries: number;
  unknown_gaps: number;
  nodes_with_loss: number;
}

/** A checkpoint with those within it. Seconds, by the node's clock. */
export interface Checkpoint {
  checkpoint: string;
  started_at: number;
  duration: number;
  metadata: unknown;
  checkpoints: Checkpoint[];
}

/** `blockStructuredTrace` of the log API. */
export interface StructuredTrace {
  sections: { title: string; checkpoints: Checkpoint[] }[];
}

export interface GraphQlAnswer<T> {
  data?: T | null;
  errors?: { message: string }[];
}
