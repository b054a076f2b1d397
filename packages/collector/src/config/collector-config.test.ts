import { expect, test } from "vitest";
import { builtinComponents } from "../registry.ts";
import { readConfig } from "./collector-config.ts";
import { ConfigError } from "./config-error.ts";
import { loadConfig } from "./load-config.ts";

async function problemsOf(yaml: string): Promise<string[]> {
  try {
    readConfig(await loadConfig(yaml, {}), builtinComponents());
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(
      ({ path, what, remedy }) => `${path}: ${what}${remedy === undefined ? "" : ` (${remedy})`}`,
    );
  }
  return [];
}

const OTLP = "receivers: { otlp: { protocols: { grpc: } } }";

test("tells all faults at once, with their paths and what was probably meant", async () => {
  const problems = await problemsOf(`
${OTLP}
processors:
  batch: { send_batch_sizes: 5, timeout: soon }
  bach:
exporters: { nop: }
service:
  pipelines:
    traces: { receivers: [otlp], processors: [batch, resource], exporters: [nop, nop] }
    spans: { receivers: [otlp], exporters: [nop] }
    logs: { receivers: [oltp], exporters: [] }
  extension: []
`);
  expect(problems).toEqual([
    "processors::batch: '' has invalid keys: send_batch_sizes (did you mean \"send_batch_size\"?)",
    'processors::batch::timeout: expected a duration, got "soon" (write "200ms" or "5s")',
    expect.stringMatching(
      /^processors::bach: unknown type: "bach" for id: "bach" \(valid values: \[.*batch.*\]\) \(did you mean "batch"\?\)$/,
    ) as string,
    "service: 'service' has invalid keys: extension (did you mean \"extensions\"?)",
    'service::pipelines::spans: unknown pipeline signal: "spans" (start its id with traces, metrics, logs)',
    "service::pipelines::logs: must have at least one exporter",
    'service::pipelines::traces: references processor "resource" which is not configured (configure it under processors)',
    'service::pipelines::traces: references exporter "nop" multiple times',
    'service::pipelines::logs: references receiver "oltp" which is not configured (did you mean "otlp"?)',
  ]);
});

test("what has a fault is told once, not again wherever it is named", async () => {
  expect(
    await problemsOf(`
receivers: { otlp: { protocols: { grpc: } }, kafka: }
exporters: { logging: { loglevel: debug } }
extensions: { pproof: }
service:
  extensions: [pproof]
  pipelines: { logs: { receivers: [otlp, kafka], exporters: [logging] } }
`),
  ).toEqual([
    expect.stringMatching(/^receivers::kafka: unknown type/) as string,
    expect.stringMatching(/^exporters::logging: unknown type.*\(did you mean "debug"\?\)$/) as string,
    expect.stringMatching(/^extensions::pproof: unknown type/) as string,
  ]);
});

test("levels are read as the Collector reads them, with any capitals", async () => {
  const telemetry = "{ logs: { level: INFO }, metrics: { level: Detailed } }";
  expect(
    await problemsOf(`
${OTLP}
exporters: { debug: { verbosity: Basic } }
service: { telemetry: ${telemetry}, pipelines: { logs: { receivers: [otlp], exporters: [debug] } } }
`),
  ).toEqual([]);
});

test("refuses a component in a pipeline of a signal that it does not take", async () => {
  expect(
    await problemsOf(`
${OTLP}
exporters: { prometheus: }
service: { pipelines: { logs: { receivers: [otlp], exporters: [prometheus] } } }
`),
  ).toEqual(['service::pipelines::logs: exporter "prometheus" does not support logs (name another exporter)']);
});

test("wants a protocol, a pipeline and known sections", async () => {
  expect(await problemsOf("receivers: { otlp: }\nservice: {}\nprocesors: {}")).toEqual([
    ": '' has invalid keys: procesors (did you mean \"processors\"?)",
    'receivers::otlp: must specify at least one protocol when using the OTLP receiver (write "protocols: { grpc: , http: }")',
  ]);
  expect(await problemsOf(OTLP)).toEqual(["service::pipelines: service must have at least one pipeline"]);
});

test("takes no protocol settings that it does not have", async () => {
  expect((await problemsOf(OTLP.replace("grpc:", "grpc: { tsl: { cert_file: x } }")))[0]).toMatch(
    /^receivers::otlp::protocols::grpc: 'protocols.grpc' has invalid keys: tsl/,
  );
});

test("tells where each fault is written: file, line and column", async () => {
  const text = `receivers:
  otlp:
    protocols:
      grpc:
processors:
  batch:
    send_batch_sizes: 5
    timeout: soon
exporters:
  nop:
service:
  pipelines:
    traces:
      receivers: [otlp]
      processors: [batch, resource]
      exporters: [nop]
`;
  const error = await loadConfig([{ name: "c.yaml", text }], {})
    .then((loaded) => readConfig(loaded, builtinComponents()))
    .catch((one: unknown) => one);
  expect((error as ConfigError).what).toBe(`invalid configuration:
  c.yaml:7:5: processors::batch: '' has invalid keys: send_batch_sizes (did you mean "send_batch_size"?)
  c.yaml:8:5: processors::batch::timeout: expected a duration, got "soon" (write "200ms" or "5s")
  c.yaml:13:5: service::pipelines::traces: references processor "resource" which is not configured (configure it under processors)`);
});

const CONNECTED = `
${OTLP}
exporters: { nop: }
connectors: { forward/a: , forward/b: }
service:
  pipelines:
`;

test("wants a pipeline on both ends of a connector, and no cycle", async () => {
  expect(
    await problemsOf(`${CONNECTED}    traces/in: { receivers: [otlp, forward/b], exporters: [forward/a] }
    traces/out: { receivers: [forward/a], exporters: [forward/b] }`),
  ).toEqual([
    'service::pipelines: cycle detected: pipeline "traces/out" -> connector "forward/b" -> pipeline "traces/in" -> connector "forward/a" -> pipeline "traces/out" (take one of the connectors out)',
  ]);
  expect(
    await problemsOf(`${CONNECTED}    traces: { receivers: [otlp], exporters: [forward/a] }
    logs: { receivers: [forward/a], exporters: [nop] }`),
  ).toEqual([
    'connectors::forward/a: connector "forward/a" used as exporter in [traces] pipeline but not used in any supported receiver pipeline',
    'connectors::forward/a: connector "forward/a" used as receiver in [logs] pipeline but not used in any supported exporter pipeline',
  ]);
  expect((await problemsOf(`${OTLP}\nexporters: { forward: , nop: }\nconnectors: { forward: }`)).join("\n")).toContain(
    'exporters::forward: unknown type: "forward" for id: "forward" (valid values: [',
  );
});

test("a fault may come from a variable that is not set, which is told", async () => {
  const yaml = `
${OTLP}
processors: { resource: { attributes: [{ key: a, action: insert, value: "\${env:NOWHERE}" }] } }
exporters: { nop: }
service: { pipelines: { traces: { receivers: [otlp], processors: [resource], exporters: [nop] } } }
`;
  const loaded = await loadConfig(yaml, {});
  expect(() => readConfig(loaded, builtinComponents())).toThrow(
    "environment variable NOWHERE is not set, and so empty",
  );
});

test("a type is known however its words are parted", async () => {
  const yaml = `
${OTLP}
processors: { group_by_trace: , memorylimiter: { check_interval: 1s, limit_mib: 1000 } }
connectors: { service_graph: , servicegraph: }
exporters: { nop: }
service:
  pipelines:
    traces: { receivers: [otlp], processors: [memorylimiter, group_by_trace], exporters: [service_graph, servicegraph] }
    metrics: { receivers: [service_graph, servicegraph], exporters: [nop] }
`;
  expect(await problemsOf(yaml)).toEqual([]);
});
