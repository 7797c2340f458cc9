/** What the orchestrator answers, by its description. */

import type { components } from "../../api/orchestrator";

type Schemas = components["schemas"];
export type RunListed = Schemas["Listed"];
export type Run = Schemas["Experiment"];
export type Journal = Schemas["Journal"];
export type RunEvent = Schemas["EventData"];
