/** Setups to begin with: each says what it is for. Keys and money are the reader's own. */

import type { Typed } from "./drafts";

export interface Example {
  key: "smoke" | "ramp" | "soak" | "stops";
  title: string;
  /** What one learns from it. */
  words: string;
  typed: Typed;
}

const NO_STOPS = { StopsPerRound: "0", MaxStopRatio: "0" };
const ARRIVES = "included >= 99%";

export const EXAMPLES: readonly Example[] = [
  {
    key: "smoke",
    title: "Smoke test",
    words: "One short round of few payments: does everything work?",
    typed: {
      ...{ ExperimentName: "smoke", Rounds: "1", RoundDurationMin: "10", PauseMin: "0" },
      ...{ RateShape: "fixed", BaseTps: "0.1", ZkappRatio: "0", ...NO_STOPS },
      Thresholds: ARRIVES,
    },
  },
  {
    key: "ramp",
    title: "Ramp",
    words: "Six rounds, each faster than the one before: at which rate do transactions get lost?",
    typed: {
      ...{ ExperimentName: "ramp", Rounds: "6", RateShape: "ramp", StressTps: "2", ...NO_STOPS },
      Thresholds: `${ARRIVES}\nlatency.p95 < 6 slots`,
    },
  },
  {
    key: "soak",
    title: "Soak",
    words: "Twelve hours at one rate: does anything grow or slow down?",
    typed: {
      ...{ ExperimentName: "soak", Rounds: "12", RoundDurationMin: "60", PauseMin: "0" },
      ...{ RateShape: "fixed", BaseTps: "0.5", ...NO_STOPS },
      Thresholds: `${ARRIVES}\nrestarts == 0`,
    },
  },
  {
    key: "stops",
    title: "Stops of nodes",
    words: "Two stops in each round, of up to a third of the nodes: does the network recover?",
    typed: {
      ...{ ExperimentName: "stops", RateShape: "fixed", MaxStopRatio: "0.33" },
      Thresholds: "included >= 95%",
    },
  },
];

/** The example, with what only the reader knows: the name, and who pays. */
export function withOwn(
  example: Typed,
  typed: Typed,
  parameters: readonly { key: string; group: string }[],
): Typed {
  const own = parameters.filter(
    ({ key, group }) => key === "ExperimentName" || group === "money" || group === "rotation",
  );
  return {
    ...example,
    ...Object.fromEntries(
      own.flatMap(({ key }) => (typed[key] === undefined ? [] : [[key, typed[key]]])),
    ),
  };
}
