import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

/** Runs a program, the built hook loaded, and gives what it printed, read as JSON. */
function run(type: "module" | "commonjs", program: string): unknown {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", "@clew/sdk/compat/register", `--input-type=${type}`, "-e", program],
    { cwd: import.meta.dirname, env: { ...process.env, NODE_OPTIONS: "" }, encoding: "utf8" },
  );
  return JSON.parse(stdout === "" ? JSON.stringify(stderr) : stdout);
}

const SPAN = `
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  provider.register();
  trace.getTracer("t").startSpan("work").end();
  console.log(JSON.stringify([SDK_INFO["telemetry.sdk.name"], exporter.getFinishedSpans().map(({ name }) => name)]));
`;

test("an application that imports the official packages runs on ours", () => {
  const program = `
    import { trace } from "@opentelemetry/api";
    import { SDK_INFO } from "@opentelemetry/core";
    import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
    ${SPAN}`;
  expect(run("module", program)).toEqual(["clew", ["work"]]);
});

test("an application that requires the official packages runs on ours", () => {
  const program = `
    const { trace } = require("@opentelemetry/api");
    const { SDK_INFO } = require("@opentelemetry/core");
    const { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } = require("@opentelemetry/sdk-trace-node");
    ${SPAN}`;
  expect(run("commonjs", program)).toEqual(["clew", ["work"]]);
});

test("import and require give the same module, in a package of others too", () => {
  const program = `
    import { createRequire } from "node:module";
    import { hrTime } from "@opentelemetry/core";
    const require = createRequire(import.meta.url);
    const there = createRequire(require.resolve("@opentelemetry/instrumentation-http"));
    console.log(JSON.stringify([require, there].map((load) => load("@opentelemetry/core").hrTime === hrTime)));`;
  expect(run("module", program)).toEqual([true, true]);
});
