/** Keys in grids. */
import { expect, test } from "vitest";

import { moveOf } from "../../src/ui/gridMoves";

test("keys lead from cell to cell of a grid", () => {
  const from = (key: string, ctrlKey = false) => moveOf({ key, ctrlKey }, [4, 1], [99, 5], 10);
  expect([from("j"), from("ArrowUp"), from("PageUp")]).toEqual([
    [5, 1],
    [3, 1],
    [0, 1],
  ]);
  expect([from("Home"), from("End"), from("Home", true), from("End", true)]).toEqual([
    [4, 0],
    [4, 5],
    [0, 0],
    [99, 5],
  ]);
  expect([from("x"), from("constructor")]).toEqual([undefined, undefined]);
});
