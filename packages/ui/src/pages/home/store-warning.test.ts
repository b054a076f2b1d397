import { expect, test } from "vitest";
import type { Status } from "../../api/types.ts";
import { storeWarning } from "./store-warning.ts";

const statusOf = (store: Partial<Status["store"]>): Status => ({
  version: "1",
  startedAtMs: 0,
  dataDirectory: "",
  inMemory: true,
  ui: "",
  store: { engineReady: true, engineVersion: "", engineRestarts: 0, spoolBytes: 0, warnings: [], ...store },
});

test("warns of a spool that grows with each answer, not of one that comes and goes", () => {
  expect(storeWarning({ status: statusOf({}), spoolBytes: [1, 2, 3, 4] })).toContain("grows");
  expect(storeWarning({ status: statusOf({}), spoolBytes: [1, 2, 0, 4] })).toBeUndefined();
  expect(storeWarning({ status: statusOf({}), spoolBytes: [1, 2] })).toBeUndefined();
});

test("warns of an engine that is not ready, and of what the store warns of", () => {
  expect(storeWarning({ status: statusOf({ engineReady: false }), spoolBytes: [2_048] })).toContain("2.00KiB");
  const warnings = ["2 spool files are kept aside", "the disk has 1 MiB left"];
  expect(storeWarning({ status: statusOf({ warnings }), spoolBytes: [0] })).toBe("2 spool files are kept aside");
});
