import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

/** What a program with an SDK prints on standard error, where nobody takes its telemetry. */
function errorsOf(program: string, env: Readonly<Record<string, string>> = {}): string[] {
  const start = `import { startSdk } from "@clew/sdk"; import { diag, trace } from "@opentelemetry/api"; ${program}`;
  const { stderr, stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", start], {
    cwd: import.meta.dirname,
    encoding: "utf8",
    env: { ...process.env, OTEL_METRICS_EXPORTER: "none", OTEL_LOGS_EXPORTER: "none", ...env },
  });
  expect(stdout).toBe("");
  return stderr.split("\n").filter((line) => line !== "");
}

test("what goes wrong is told on standard error without being asked for, the same thing once", () => {
  const program = `startSdk(); for (let i = 0; i < 5; i++) diag.warn("again"); diag.debug("not this");`;
  expect(errorsOf(program, { OTEL_TRACES_SAMPLER: "nonsense" })).toEqual([
    expect.stringMatching(/^opentelemetry warn: OTEL_TRACES_SAMPLER is ignored: .* got "nonsense"$/),
    "opentelemetry warn: again",
  ]);
});

test("OTEL_LOG_LEVEL says from which level on, and none is none", () => {
  expect(errorsOf(`startSdk(); diag.warn("w"); diag.error("e");`, { OTEL_LOG_LEVEL: "error" })).toEqual([
    "opentelemetry error: e",
  ]);
  expect(errorsOf(`startSdk(); diag.error("e");`, { OTEL_LOG_LEVEL: "none" })).toEqual([]);
});

test("the application's own logger stays", () => {
  const program = `
    diag.setLogger({ warn: (text) => console.error("mine:", text), error() {}, info() {}, debug() {}, verbose() {} });
    startSdk();
    diag.warn("w");`;
  expect(errorsOf(program)).toEqual(["mine: w"]);
});
