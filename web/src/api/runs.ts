/** What the orchestrator answers, by its description. */

import type { components } from "../../api/orchestrator";

type Schemas = components["schemas"];
export type RunListed = Schemas["Listed"];
export type Run = Schemas["Experiment"];
export type Journal = Schemas["Journal"];
export type RunEvent = Schemas["EventData"];

export type Parameter = Schemas["Parameter"];
export type ParametersAnswer = Schemas["ParametersAnswer"];
export type StartAnswer = Schemas["StartAnswer"];

/** One kind of load of a planned round. */
export interface PlannedLoad {
  tps: number;
  transactions: number;
  funding: { amount_mina: string; accounts: number };
}

/** A round as planned. Times are seconds of the network. */
export interface PlannedRound {
  index: number;
  start_sec: number;
  tps: number;
  max_cost: boolean;
  payments: PlannedLoad | null;
  zkapps: PlannedLoad | null;
  stop_waits_sec: number[];
  stop_clean_ratio: number;
  stop_keep_ratio: number;
  pause_min: number;
  large_pause_min: number;
}

/** The description has the plan as any object: its members are written down here. */
export type PlanAnswer = Schemas["PlanAnswer"] & { plan: { rounds: PlannedRound[] } };
