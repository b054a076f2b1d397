import type { ProgramState } from "./program-state.ts";

/** Of a program that has nothing. */
export const EMPTY_STATE: ProgramState = {
  startedAtMs: 1_700_000_000_000,
  configText: "",
  lastReload: undefined,
  flags: { "query.timeout": "2m" },
  storageRetention: "15d",
  corruptions: () => 0,
  warnings: () => [],
  statistics: async () => ({
    series: 0,
    labelPairs: 0,
    parts: 0,
    firstMs: undefined,
    lastMs: undefined,
    seriesByName: [],
    valuesByLabel: [],
    bytesByLabel: [],
    seriesByPair: [],
  }),
};
