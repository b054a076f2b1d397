/** What a configuration file says is what the SDK does. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { metrics, propagation, ROOT_CONTEXT, SpanKind, trace } from "@opentelemetry/api";
import { logs } from "@opentelemetry/api-logs";
import { afterEach, describe, expect, test } from "vitest";
import { collectDiagnostics } from "../../diagnostics.test-kit.ts";
import {
  type ComponentProvider,
  ComponentProviderRegistry,
  createComponents,
  InMemoryLogRecordExporter,
  InMemorySpanExporter,
  parseConfiguration,
  type ReadableSpan,
  type SdkComponents,
  SimpleSpanProcessor,
  startSdk,
  TracerProvider,
} from "../../index.ts";
import { decode, plainAttributes } from "../../otlp-schema.test-kit.ts";
import { startGrpcServer, startHttpServer } from "../../otlp-servers.test-kit.ts";
import { unregisterAll } from "../../registered-sdk.test-kit.ts";
import { contextOf, type Parent } from "../../trace/sampling/sampling.test-kit.ts";
import { configurationFile, removeConfigurationFiles } from "./configuration-files.test-kit.ts";

afterEach(() => {
  unregisterAll();
  removeConfigurationFiles();
});

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** What a file with this text makes; the test fails when there is a problem in it. */
function created(yaml: string, ...providers: ComponentProvider[]): SdkComponents {
  const registry = new ComponentProviderRegistry();
  for (const provider of providers) registry.register(provider);
  const options = { componentProviders: registry, env: {} };
  const { model = {}, problems } = parseConfiguration(`file_format: "1.1"\n${yaml}`, options);
  expect(problems).toEqual([]);
  const { components } = createComponents(model, options);
  if (components === undefined) throw new Error("nothing was created");
  return components;
}

/** Gives exporters in files the name `memory`. */
function memory(): { readonly spans: InMemorySpanExporter; readonly provider: ComponentProvider<"span_exporter"> } {
  const spans = new InMemorySpanExporter();
  return { spans, provider: { type: "span_exporter", name: "memory", create: () => spans } };
}

test("one file starts all three signals, over HTTP, JSON and gRPC, whatever the variables say", async () => {
  const [http, grpc] = [await startHttpServer(), await startGrpcServer()];
  const path = configurationFile(`
resource:
  attributes: [{ name: service.name, value: "\${SERVICE}" }]
propagator: { composite_list: "b3,baggage" }
tracer_provider:
  processors:
    - batch:
        exporter:
          otlp_http:
            endpoint: ${http.url}/v1/traces
            encoding: json
            headers_list: "tenant=list,other=x"
            headers: [{ name: tenant, value: "map" }]
meter_provider:
  readers: [{ periodic: { exporter: { otlp_http: { endpoint: "${http.url}/v1/metrics", compression: gzip } } } }]
logger_provider:
  processors: [{ simple: { exporter: { otlp_grpc: { endpoint: "${grpc.url}" } } } }]
`);
  const sdk = startSdk({
    env: { OTEL_CONFIG_FILE: path, SERVICE: "shop", OTEL_TRACES_EXPORTER: "none", OTEL_SERVICE_NAME: "ignored" },
  });
  trace.getTracer("t").startSpan("work").end();
  metrics.getMeter("m").createCounter("c").add(1);
  logs.getLogger("l").emit({ body: "hello" });
  await sdk.shutdown();
  expect(propagation.fields()).toEqual(["b3", "baggage"]);
  const traces = http.received.find((one) => one.path === "/v1/traces");
  expect(traces?.headers).toMatchObject({ "content-type": "application/json", tenant: "map", other: "x" });
  const [{ resource }] = (JSON.parse(traces?.body.toString() ?? "") as { resourceSpans: [{ resource: unknown }] })
    .resourceSpans;
  expect(resource).toMatchObject({
    attributes: expect.arrayContaining([{ key: "service.name", value: { stringValue: "shop" } }]),
  });
  expect(http.received.find((one) => one.path === "/v1/metrics")?.headers["content-encoding"]).toBe("gzip");
  expect(decode("LogsRequest", grpc.received[0]?.body ?? new Uint8Array()).resource_logs).toHaveLength(1);
  await Promise.all([http.close(), grpc.close()]);
});

test("what a file leaves out is off", async () => {
  const sdk = startSdk({
    env: { OTEL_CONFIG_FILE: configurationFile("propagator: { composite: [{ tracecontext: }] }") },
  });
  expect(trace.getTracer("t").startSpan("s").isRecording()).toBe(false);
  expect(propagation.fields()).toEqual(["traceparent", "tracestate"]);
  await sdk.shutdown();
});

test("disabled leaves propagation on and everything else off", () => {
  const { spans, provider } = memory();
  const { isDisabled, tracerProvider, propagator } = created(
    `disabled: true
propagator: { composite: [{ b3multi: }] }
tracer_provider: { processors: [{ simple: { exporter: { memory: } } }] }`,
    provider,
  );
  expect({ isDisabled, tracerProvider, fields: propagator.fields() }).toMatchObject({
    isDisabled: true,
    tracerProvider: undefined,
    fields: expect.arrayContaining(["x-b3-traceid"]),
  });
  expect(spans.getFinishedSpans()).toEqual([]);
});

test("the old name of the variable works, with a warning", async () => {
  const diagnostics = collectDiagnostics();
  const path = configurationFile("propagator: { composite: [{ b3: }] }");
  await startSdk({ env: { OTEL_EXPERIMENTAL_CONFIG_FILE: path } }).shutdown();
  expect(propagation.fields()).toEqual(["b3"]);
  expect(diagnostics.lines).toEqual([expect.stringContaining("OTEL_EXPERIMENTAL_CONFIG_FILE is used, but deprecated")]);
});

describe("resource", () => {
  const attributesOf = async (yaml: string, ...providers: ComponentProvider[]): Promise<Record<string, unknown>> => {
    const { resource } = created(`resource:\n${yaml}`, ...providers);
    await resource.waitForAsyncAttributes?.();
    return { ...resource.attributes, schemaUrl: resource.schemaUrl };
  };

  test("attributes of every type, which win over attributes_list, which wins over detectors", async () => {
    const detector: ComponentProvider<"resource_detector"> = {
      type: "resource_detector",
      name: "mine",
      create: ({ from }) => ({ detect: () => ({ attributes: { a: from, b: from, c: from, "d.secret": from } }) }),
    };
    const attributes = await attributesOf(
      `  attributes:
    - { name: a, value: attributes }
    - { name: number, value: 7 }
    - { name: nothing, value: }
    - { name: bool, value: true, type: bool }
    - { name: int, value: 1, type: int }
    - { name: double, value: 1.5, type: double }
    - { name: texts, value: [x, y], type: string_array }
    - { name: ints, value: [1, 2], type: int_array }
  attributes_list: a=list,b=list%2C2
  schema_url: https://example.com/1
  detection/development:
    attributes: { excluded: ["d.*"] }
    detectors: [{ mine: { from: detector } }]`,
      detector,
    );
    expect(attributes).toMatchObject({
      a: "attributes",
      b: "list,2",
      c: "detector",
      number: "7",
      bool: true,
      int: 1,
      double: 1.5,
      texts: ["x", "y"],
      ints: [1, 2],
      schemaUrl: "https://example.com/1",
      "telemetry.sdk.name": "clew",
    });
    expect(attributes).not.toHaveProperty("d.secret");
    expect(attributes).not.toHaveProperty("nothing");
  });

  test("the detectors of the specification", async () => {
    const attributes = await attributesOf(
      "  detection/development: { detectors: [{ host: }, { process: }, { service: }, { container: }] }",
    );
    expect(Object.keys(attributes)).toEqual(
      expect.arrayContaining(["host.name", "os.type", "process.pid", "service.instance.id"]),
    );
  });
});

describe("tracer_provider", () => {
  async function spansWith(
    yaml: string,
    make: (tracer: ReturnType<typeof trace.getTracer>) => void,
  ): Promise<ReadableSpan[]> {
    const { spans, provider } = memory();
    const text = `tracer_provider:\n  processors: [{ simple: { exporter: { memory: } } }]\n${yaml}`;
    const { tracerProvider } = created(text, provider);
    make(tracerProvider?.getTracer("t") ?? trace.getTracer("none"));
    await tracerProvider?.forceFlush();
    return spans.getFinishedSpans();
  }

  test("limits, where attribute_limits say nothing else", async () => {
    const [span] = await spansWith(
      `  limits: { event_count_limit: 1, attribute_value_length_limit: 3 }
attribute_limits: { attribute_count_limit: 1, attribute_value_length_limit: 2 }`,
      (tracer) => {
        const one = tracer.startSpan("s", { attributes: { a: "abcdef", b: 1 } });
        one.addEvent("x").addEvent("y").end();
      },
    );
    expect(span).toMatchObject({ attributes: { a: "abc" }, droppedAttributesCount: 1, droppedEventsCount: 1 });
  });

  test("a depth limit, where attribute_limits say another", async () => {
    const [span] = await spansWith(
      `  limits: { attribute_value_depth_limit: 1 }
attribute_limits: { attribute_value_depth_limit: 2 }`,
      (tracer) => tracer.startSpan("s", { attributes: { a: [["deep"]] as never } }).end(),
    );
    expect(span?.attributes).toEqual({ a: [null] });
  });

  test("an id generator of the user's", async () => {
    const { spans, provider } = memory();
    const ids: ComponentProvider<"id_generator"> = {
      type: "id_generator",
      name: "fixed",
      create: ({ digit }) => ({
        generateTraceId: () => String(digit).repeat(32),
        generateSpanId: () => String(digit).repeat(16),
      }),
    };
    const { tracerProvider } = created(
      `tracer_provider:
  processors: [{ simple: { exporter: { memory: } } }]
  id_generator: { fixed: { digit: 7 } }`,
      provider,
      ids,
    );
    tracerProvider?.getTracer("t").startSpan("s").end();
    await tracerProvider?.forceFlush();
    expect(spans.getFinishedSpans()[0]?.spanContext().traceId).toBe("7".repeat(32));
  });

  /** The decision of the configured sampler on a span, as the provider takes it: "sampled" or "dropped". */
  function decide(
    sampler: string,
    {
      parent,
      kind = SpanKind.INTERNAL,
      attributes = {},
    }: { parent?: Parent; kind?: SpanKind; attributes?: Record<string, unknown> },
  ): string {
    const text = `tracer_provider:\n  processors: [{ simple: { exporter: { memory: } } }]\n  sampler: ${sampler}`;
    const tracer = created(text, memory().provider).tracerProvider?.getTracer("t");
    const context = parent === undefined ? ROOT_CONTEXT : contextOf(parent);
    const span = tracer?.startSpan("s", { kind, attributes: attributes as Record<string, string> }, context);
    return ((span?.spanContext().traceFlags ?? 0) & 1) === 1 ? "sampled" : "dropped";
  }

  const low = { randomness: "1".repeat(14) };
  const high = { randomness: "e".repeat(14) };

  test.each<[string, Parameters<typeof decide>[1], string]>([
    ["{ always_on: }", {}, "sampled"],
    ["{ always_off: }", {}, "dropped"],
    ["{ always_record: { root: { always_off: } } }", {}, "dropped"],
    ["{ parent_based: }", {}, "sampled"],
    ["{ parent_based: { root: { always_off: } } }", {}, "dropped"],
    ["{ parent_based: { local_parent_not_sampled: { always_on: } } }", { parent: { flags: 2 } }, "sampled"],
    ["{ parent_based: { remote_parent_sampled: { always_off: } } }", { parent: { isRemote: true } }, "dropped"],
    ["{ trace_id_ratio_based: { ratio: 0.5 } }", { parent: low }, "dropped"],
    ["{ trace_id_ratio_based: }", { parent: low }, "sampled"],
    ["{ probability/development: { ratio: 0.5 } }", { parent: high }, "sampled"],
    ["{ composite/development: { always_on: } }", {}, "sampled"],
    ["{ composite/development: { probability: { ratio: 0.5 } } }", { parent: low }, "dropped"],
    ["{ composite/development: { parent_threshold: { root: { always_off: } } } }", {}, "dropped"],
    ["{ composite/development: { parent_threshold: { root: { always_off: } } } }", { parent: {} }, "sampled"],
  ])("sampler %s, %j: %s", (sampler, details, expected) => {
    expect(decide(sampler, details)).toBe(expected);
  });

  const rules = `{ composite/development: { rule_based: { rules: [
    { attribute_values: { key: http.route, values: [/healthz, "404"] }, sampler: { always_off: } },
    { attribute_patterns: { key: http.path, included: ["/internal/*"], excluded: ["/internal/special/*"] }, sampler: { always_on: } },
    { parent: [none], span_kinds: [client, producer], sampler: { always_on: } },
    { parent: [remote], sampler: { always_on: } } ] } } }`;

  test.each<[string, Parameters<typeof decide>[1], string]>([
    ["an attribute's value", { attributes: { "http.route": "/healthz" }, kind: SpanKind.CLIENT }, "dropped"],
    ["a number as its text", { attributes: { "http.route": 404 }, kind: SpanKind.CLIENT }, "dropped"],
    ["an item of a list", { attributes: { "http.route": ["/x", "/healthz"] }, kind: SpanKind.CLIENT }, "dropped"],
    ["an attribute's pattern", { attributes: { "http.path": "/internal/x" } }, "sampled"],
    ["an excluded pattern", { attributes: { "http.path": "/internal/special/x" } }, "dropped"],
    ["parent and kind together", { kind: SpanKind.CLIENT }, "sampled"],
    ["parent without kind", { kind: SpanKind.SERVER }, "dropped"],
    ["a remote parent", { parent: { isRemote: true } }, "sampled"],
    ["a local parent, for which there is no rule", { parent: {}, kind: SpanKind.CLIENT }, "dropped"],
  ])("rules: %s", (_, details, expected) => {
    expect(decide(rules, details)).toBe(expected);
  });

  test("jaeger_remote begins with its initial sampler", () => {
    const sampler =
      "{ jaeger_remote/development: { endpoint: 'http://127.0.0.1:9', initial_sampler: { always_on: } } }";
    expect(decide(sampler, {})).toBe("sampled");
  });
});

test("spans, metrics and log records go to files", async () => {
  const folder = mkdtempSync(join(tmpdir(), "clew-output-"));
  const url = (name: string): string => pathToFileURL(join(folder, name)).href;
  const { tracerProvider, meterProvider, loggerProvider } = created(`
tracer_provider: { processors: [{ batch: { exporter: { otlp_file/development: { output_stream: "${url("t.jsonl")}" } } } }] }
meter_provider: { readers: [{ periodic: { exporter: { otlp_file/development: { output_stream: "${url("m.jsonl")}" } } } }] }
logger_provider: { processors: [{ batch: { exporter: { otlp_file/development: { output_stream: "${url("l.jsonl")}" } } } }] }`);
  tracerProvider?.getTracer("t").startSpan("s").end();
  meterProvider?.getMeter("m").createCounter("c").add(1);
  loggerProvider?.getLogger("l").emit({ body: "x" });
  await Promise.all([tracerProvider?.shutdown(), meterProvider?.shutdown(), loggerProvider?.shutdown()]);
  expect(readFileSync(join(folder, "t.jsonl"), "utf8")).toMatch(/^\{"resourceSpans"/);
  expect(readFileSync(join(folder, "m.jsonl"), "utf8")).toMatch(/^\{"resourceMetrics"/);
  expect(readFileSync(join(folder, "l.jsonl"), "utf8")).toMatch(/^\{"resourceLogs"/);
  rmSync(folder, { recursive: true });
});

test("views, temporality, histograms, cardinality limits and the meter configurator", async () => {
  const server = await startHttpServer();
  const { meterProvider } = created(`
meter_provider:
  readers:
    - periodic:
        cardinality_limits: { default: 100, counter: 2 }
        exporter:
          otlp_http:
            endpoint: ${server.url}
            temporality_preference: delta
            default_histogram_aggregation: base2_exponential_bucket_histogram
  views:
    - selector: { instrument_name: "http.*", instrument_type: histogram }
      stream:
        name: renamed
        description: new
        aggregation: { explicit_bucket_histogram: { boundaries: [1, 2], record_min_max: false } }
        attribute_keys: { included: ["keep.*"], excluded: [keep.not] }
    - selector: { instrument_name: noise }
      stream: { aggregation: { drop: } }
  exemplar_filter: always_off
  meter_configurator/development:
    default_config: { enabled: true }
    meters: [{ name: "off.*", config: { enabled: false } }]
`);
  const meter = meterProvider?.getMeter("on");
  meter?.createHistogram("http.duration").record(1.5, { "keep.me": "a", "keep.not": "b", other: "c" });
  meter?.createHistogram("plain").record(1.5);
  meter?.createCounter("noise").add(1);
  const counter = meter?.createCounter("many");
  for (const key of ["a", "b", "c", "d"]) counter?.add(1, { key });
  meterProvider?.getMeter("off.x").createCounter("unseen").add(1);
  await meterProvider?.shutdown();
  const [{ scope_metrics }] = decode("MetricsRequest", server.received[0]?.body ?? new Uint8Array()).resource_metrics;
  const byName = Object.fromEntries(
    scope_metrics.flatMap((scope: { metrics: { name: string }[] }) =>
      scope.metrics.map((metric) => [metric.name, metric]),
    ),
  );
  expect(Object.keys(byName).sort()).toEqual(["many", "plain", "renamed"]);
  expect(byName["renamed"]).toMatchObject({
    description: "new",
    histogram: { aggregation_temporality: 1, data_points: [{ explicit_bounds: [1, 2] }] },
  });
  expect(plainAttributes(byName["renamed"].histogram.data_points[0].attributes)).toEqual({ "keep.me": "a" });
  expect(byName["plain"]).not.toHaveProperty("histogram");
  const keys = byName["many"].sum.data_points.map(({ attributes }: { attributes: [] }) => plainAttributes(attributes));
  expect(keys).toContainEqual({ "otel.metric.overflow": true });
  expect(keys).not.toContainEqual({ key: "d" });
  await server.close();
});

test("Prometheus reads from a pull reader", async () => {
  const port = await freePort();
  const { meterProvider } = created(`
resource: { attributes: [{ name: team, value: blue }, { name: secret, value: x }] }
meter_provider:
  readers:
    - pull:
        cardinality_limits: { default: 1 }
        exporter:
          prometheus/development:
            host: 127.0.0.1
            port: ${port}
            scope_info_enabled: false
            target_info_enabled/development: false
            translation_strategy: underscore_escaping_without_suffixes/development
            resource_constant_labels: { included: ["tea?", secret], excluded: ["se?ret"] }
`);
  meterProvider?.getMeter("m").createCounter("my.requests").add(2);
  let page = "";
  await expect
    .poll(async () => (page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()), { interval: 5 })
    .toContain("my_requests");
  expect(page).toContain('my_requests{team="blue"} 2');
  expect(page).not.toMatch(/target_info|otel_scope|secret|_total/);
  await meterProvider?.shutdown();
});

test("a provider of the user's that fails makes the file unusable, and says where", () => {
  const failing: ComponentProvider<"log_record_exporter"> = {
    type: "log_record_exporter",
    name: "broken",
    create: () => {
      throw new Error("no key");
    },
  };
  const componentProviders = new ComponentProviderRegistry();
  componentProviders.register(failing);
  const yaml = 'file_format: "1.1"\nlogger_provider: { processors: [{ simple: { exporter: { broken: } } }] }';
  const { model = {} } = parseConfiguration(yaml, { componentProviders, env: {} });
  expect(createComponents(model, { componentProviders })).toEqual({
    components: undefined,
    problems: [
      { path: "", message: "logger_provider.processors[0].simple.exporter.broken: no key", severity: "error" },
    ],
  });
});

test("the limits of log records", async () => {
  const exporter = new InMemoryLogRecordExporter();
  const { loggerProvider } = created(
    `logger_provider:
  processors: [{ simple: { exporter: { memory: } } }]
  limits: { attribute_count_limit: 1, attribute_value_length_limit: 2 }`,
    { type: "log_record_exporter", name: "memory", create: () => exporter },
  );
  loggerProvider?.getLogger("l").emit({ body: "x", attributes: { a: "abc", b: 1 } });
  await loggerProvider?.forceFlush();
  expect(exporter.getFinishedLogRecords()[0]).toMatchObject({ attributes: { a: "ab" }, droppedAttributesCount: 1 });
});

test("configurators turn tracers and loggers off by their names, the first that matches counting", async () => {
  const { spans, provider } = memory();
  const records = new InMemoryLogRecordExporter();
  const { tracerProvider, loggerProvider } = created(
    `tracer_provider:
  processors: [{ simple: { exporter: { memory: } } }]
  tracer_configurator/development:
    default_config: { enabled: false }
    tracers: [{ name: "shop.?", config: { enabled: true } }, { name: "*", config: { enabled: false } }]
logger_provider:
  processors: [{ simple: { exporter: { memory: } } }]
  logger_configurator/development:
    loggers:
      - { name: quiet, config: { minimum_severity: warn2 } }
      - { name: "off.*", config: { enabled: false } }`,
    provider,
    { type: "log_record_exporter", name: "memory", create: () => records },
  );
  for (const name of ["shop.a", "shop.ab", "other"]) tracerProvider?.getTracer(name).startSpan(name).end();
  loggerProvider?.getLogger("quiet").emit({ body: "warn", severityNumber: 13 });
  loggerProvider?.getLogger("quiet").emit({ body: "warn2", severityNumber: 14 });
  loggerProvider?.getLogger("off.x").emit({ body: "off" });
  await Promise.all([tracerProvider?.forceFlush(), loggerProvider?.forceFlush()]);
  expect(spans.getFinishedSpans().map(({ name }) => name)).toEqual(["shop.a"]);
  expect(records.getFinishedLogRecords().map(({ body }) => body)).toEqual(["warn2"]);
});

test("events of logs become events of spans by the bridge", () => {
  const yaml = "logger_provider: { processors: [{ event_to_span_event_bridge/development: }] }";
  const { loggerProvider } = created(yaml);
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const span = provider.getTracer("t").startSpan("s");
  loggerProvider?.getLogger("l").emit({ eventName: "retry", context: trace.setSpan(ROOT_CONTEXT, span) });
  span.end();
  expect((span as unknown as ReadableSpan).events.map(({ name }) => name)).toEqual(["retry"]);
});
