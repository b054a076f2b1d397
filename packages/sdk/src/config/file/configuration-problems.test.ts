import { trace } from "@opentelemetry/api";
import { afterEach, describe, expect, test } from "vitest";
import { collectDiagnostics } from "../../diagnostics.test-kit.ts";
import { parseConfiguration, startSdk } from "../../index.ts";
import { unregisterAll } from "../../registered-sdk.test-kit.ts";
import { configurationFile, removeConfigurationFiles } from "./configuration-files.test-kit.ts";

afterEach(() => {
  unregisterAll();
  removeConfigurationFiles();
});

/** Each problem as `severity path: message`. */
function problemsIn(yaml: string, version = '"1.1"'): string[] {
  const { problems } = parseConfiguration(`file_format: ${version}\n${yaml}`, { env: {} });
  return problems.map(({ severity, path, message }) => `${severity} ${path}: ${message}`);
}

test("all that is wrong is told at once, each with its path, what was expected and what is there", () => {
  expect(
    problemsIn(`
disabled: maybe
log_level: loud
propagator:
  composite: [{ tracecontext: }, { pigeon: }]
  composite_list: b3,owl
tracer_provider:
  processors:
    - batch:
        schedule_delay: soon
        max_queue_size: 0
        exporter: { otlp_http: { endpoint: "localhost:4318", timeout: -1, compression: brotli } }
    - simple: {}
    - batch: { exporter: { console: } , other: 1 }
    - { batch: , simple: }
  sampler: { trace_id_ratio_based: { ratio: 2 } }
  limits: { event_count_limit: 1.5 }
meter_provider:
  readers: []
  views:
    - selector: { instrument_type: thermometer }
      stream: { aggregation: { explicit_bucket_histogram: { boundaries: [2, 1] } } }
logger_provider: { limits: }
resource:
  attributes:
    - { name: a, value: x, type: int }
    - { value: 1 }
`),
  ).toEqual([
    'error disabled: expected true or false, got "maybe"',
    expect.stringMatching(/^error log_level: expected one of trace, .*, got "loud"$/),
    expect.stringMatching(/^error resource.attributes\[0\].value: expected a value of type int, got "x"$/),
    "error resource.attributes[1].name: is required",
    expect.stringMatching(
      /^error propagator.composite\[1\].pigeon: no such component: expected one of tracecontext, .*text_map_propagator pigeon$/,
    ),
    expect.stringMatching(/^error propagator.composite_list: expected some of tracecontext, .*, got owl$/),
    'error tracer_provider.processors[0].batch.schedule_delay: expected a whole number of at least 0, got "soon"',
    "error tracer_provider.processors[0].batch.max_queue_size: expected a whole number of at least 1, got 0",
    expect.stringMatching(
      /^error tracer_provider.processors\[0\].batch.exporter.otlp_http.endpoint: expected an address .*got "localhost:4318"$/,
    ),
    'error tracer_provider.processors[0].batch.exporter.otlp_http.compression: expected one of none, gzip, zstd, got "brotli"',
    "error tracer_provider.processors[0].batch.exporter.otlp_http.timeout: expected a whole number of at least 0, got -1",
    "error tracer_provider.processors[1].simple.exporter: is required",
    expect.stringMatching(
      /^error tracer_provider.processors\[2\].batch.other: is not known here: expected schedule_delay, /,
    ),
    "error tracer_provider.processors[3]: expected one component, got batch, simple",
    "error tracer_provider.limits.event_count_limit: expected a whole number of at least 0, got 1.5",
    "error tracer_provider.sampler.trace_id_ratio_based.ratio: expected a number from 0 to 1, got 2",
    "error meter_provider.readers: expected a list of mappings, got []",
    expect.stringMatching(/^error meter_provider.views\[0\].selector.instrument_type: expected one of counter, /),
    "error meter_provider.views[0].stream.aggregation.explicit_bucket_histogram.boundaries: the bucket boundaries are not ascending numbers",
    "error logger_provider.processors: is required",
  ]);
});

describe("file_format", () => {
  test.each(['"1.0"', '"1.1"', "1.0", '"1.0-rc.2"'])("%s is known", (version) => {
    expect(problemsIn("", version)).toEqual([]);
  });

  test.each(['"0.4"', '"2.0"', "soon"])("%s is not", (version) => {
    expect(problemsIn("", version)).toEqual([
      expect.stringMatching(/^error file_format: expected a version such as "1.1", got/),
    ]);
  });

  test("is required", () => {
    expect(parseConfiguration("disabled: false").problems).toEqual([
      { path: "file_format", message: "is required", severity: "error" },
    ]);
  });

  test("of a later minor version, what is not known is a warning", () => {
    expect(problemsIn("attribute_limits: { new_limit: 1 }", '"1.9"')).toEqual([
      "warning file_format: is 1.9: what is newer than 1.1 in it is ignored",
      expect.stringMatching(/^warning attribute_limits.new_limit: is not known here/),
    ]);
  });
});

test("what is said to others, and of conventions that are not emitted, is told, and the file is usable", () => {
  expect(
    problemsIn(`
distribution: { acme: { license: x } }
instrumentation/development:
  general:
    http: { semconv: { version: 2, experimental: true, dual_emit: true }, client: { known_methods: [] } }
    db: { semconv: { version: 1, dual_emit: false } }
    stability_opt_in_list: "http,database/dup"
  java: { example: { property: value } }
  js: { express: { enabled: true, layers: all } }
`),
  ).toEqual([
    expect.stringMatching(/^warning .*general.stability_opt_in_list: database\/dup: only the stable conventions/),
    "warning instrumentation/development.general.http.semconv.version: is 2: version 1 is emitted",
    expect.stringMatching(/^warning .*general.http.semconv.dual_emit: has no effect/),
    "warning instrumentation/development.js.express.layers: is not known here, so it has no effect: expected enabled",
    "warning distribution.acme: is another distribution's, so it has no effect",
  ]);
});

test("what is wrong of instrumentations is told by its path", () => {
  expect(problemsIn("instrumentation/development: { general: { http: { server: { known_method: [GET] } } } }")).toEqual(
    [expect.stringMatching(/^error instrumentation\/development.general.http.server.known_method: is not known here/)],
  );
});

test("text that is no YAML, or no mapping, is told where", () => {
  expect(problemsIn("a: [1")).toEqual([expect.stringMatching(/^error : .*at line \d/)]);
  expect(parseConfiguration("- 1").problems[0]?.message).toBe("expected a mapping at the top of the file");
});

describe("a file that is not usable leaves the SDK off, with a clear message", () => {
  function startWith(path: string): string[] {
    const { lines } = collectDiagnostics();
    expect(() => startSdk({ env: { OTEL_CONFIG_FILE: path } })).not.toThrow();
    expect(trace.getTracer("t").startSpan("s").isRecording()).toBe(false);
    return lines;
  }

  test("because of what it says", () => {
    const path = configurationFile("tracer_provider: { processors: [{ batch: { exporter: { owl: } } }] }");
    expect(startWith(path)).toEqual([
      expect.stringContaining(`${path}: tracer_provider.processors[0].batch.exporter.owl: no such component`),
      `error ${path} is not usable, so OpenTelemetry is off: correct it, or unset OTEL_CONFIG_FILE`,
    ]);
  });

  test("because there is none", () => {
    expect(startWith("/no/such.yaml")).toEqual([
      expect.stringContaining("ENOENT"),
      expect.stringContaining("/no/such.yaml is not usable"),
    ]);
  });

  test("because of its name", () => {
    expect(startWith(configurationFile("", { name: "otel.json" }))[0]).toContain("expected a name with .yaml or .yml");
  });
});
