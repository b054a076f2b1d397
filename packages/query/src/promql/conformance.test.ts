/** Runs Prometheus's own PromQL scripts where they are at hand: see CONTRIBUTING.md. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { conformancePath } from "./conformance-cases.test-kit.ts";
import { evalLines, runScript } from "./promql-script.test-kit.ts";
import { EXPERIMENTAL_FEATURES } from "./promql-features.ts";

const SCRIPTS = conformancePath("promql");
const names = existsSync(SCRIPTS) ? readdirSync(SCRIPTS).filter((name) => name.endsWith(".test")) : [];

describe.skipIf(names.length === 0)("Prometheus's PromQL scripts", () => {
  describe.each(names)("%s", (name) => {
    const script = readFileSync(join(SCRIPTS, name), "utf8");
    let outcomes: ReturnType<typeof runScript> | undefined;

    test.each(evalLines(script))("line %i: %s gives what Prometheus gives", async (line) => {
      const outcome = (await (outcomes ??= runScript(script, EXPERIMENTAL_FEATURES))).find((one) => one.line === line);
      expect(outcome).toMatchObject({ problem: undefined });
    });
  });

  test("are all there (CLEW_CONFORMANCE_DIR)", () => {
    expect(names).toHaveLength(21);
  });
});
