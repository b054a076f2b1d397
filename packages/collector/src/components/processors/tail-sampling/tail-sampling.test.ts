import { decode, encode, payloadBytes, payloadOf, PROTOCOLS, type Payload, type TracesObject } from "@clew/otlp";
import { describe, expect, test } from "vitest";
import { ManualClock } from "../../../collector.test-kit.ts";
import { componentSettings } from "../../../component.test-kit.ts";
import { ConsumeError } from "../../../consumer.ts";
import type { Extension, StorageChange } from "../../../extension.ts";
import { attributesOf, type Attributes } from "../../../otlp.test-kit.ts";
import { Place } from "../../../schema/place.ts";
import { schema } from "./config.ts";
import { TailSampling } from "./tail-sampling.ts";

interface Span {
  readonly trace: number;
  readonly name: string;
  readonly attributes?: Attributes;
  readonly isError?: boolean;
  readonly startMs?: number;
  readonly endMs?: number;
  readonly parent?: number;
  readonly flags?: number;
  readonly traceState?: string;
}

function spans(all: readonly Span[], resource: Attributes = {}): Payload {
  const nanos = (ms: number): bigint => BigInt(ms) * 1_000_000n;
  const written = all.map(({ trace, name, attributes = {}, startMs = 1, endMs = 2, ...span }) => ({
    traceId: Buffer.alloc(16, trace),
    spanId: Buffer.alloc(8, 1),
    parentSpanId: Buffer.alloc(span.parent === undefined ? 0 : 8, span.parent),
    name,
    traceState: span.traceState ?? "",
    flags: span.flags ?? 0,
    startTimeUnixNano: nanos(startMs),
    endTimeUnixNano: nanos(endMs),
    attributes: attributesOf(attributes),
    status: { code: span.isError === true ? 2 : 0 },
  }));
  return payloadOf(
    "traces",
    encode(PROTOCOLS.traces.request, {
      resourceSpans: [{ resource: { attributes: attributesOf(resource) }, scopeSpans: [{ spans: written }] }],
    }),
  );
}

function namesOf(payload: Payload): string {
  const { resourceSpans } = decode(PROTOCOLS.traces.request, payloadBytes(payload)) as unknown as TracesObject;
  const all = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
  return all.map(({ name }) => name).join("");
}

const ALL = { name: "all", type: "always_sample" };
const ERRORS = { name: "errors", type: "status_code", status_code: { status_codes: ["ERROR"] } };

interface SetUp {
  readonly clock?: ManualClock;
  readonly extensions?: Readonly<Record<string, Extension>>;
  readonly id?: string;
}

function setUp(config: object, { clock = new ManualClock(), extensions = {}, id = "tail_sampling" }: SetUp = {}) {
  const place = new Place("processors::tail_sampling", []);
  const read = schema.read(config, place);
  expect(place.problems).toEqual([]);
  const kit = componentSettings("processor", id, clock, extensions);
  const sent: string[] = [];
  const answers: Promise<void>[] = [];
  const next = {
    async consume(payload: Payload): Promise<void> {
      await answers.shift();
      sent.push(namesOf(payload));
    },
  };
  const metric = (name: string, labels: object = {}): number | undefined =>
    kit.meter
      .families()
      .find((family) => family.name === `otelcol_processor_tail_sampling_${name}`)
      ?.samples.find((sample) => Object.entries(labels).every(([key, value]) => sample.labels[key] === value))?.value;
  return { ...kit, clock, sent, answers, metric, processor: new TailSampling(kit.settings, read, next) };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Which traces of some are kept, by the names of their spans. */
async function kept(policies: readonly object[], ...traces: readonly Payload[]): Promise<string[]> {
  const { processor, clock, sent } = setUp({ policies });
  for (const trace of traces) await processor.consume(trace);
  clock.advance(30_000);
  await settled();
  return sent;
}

describe("waits and decides", () => {
  test("hands a trace on as a whole once decision_wait has passed, if a policy matches it", async () => {
    const { processor, clock, sent, metric } = setUp({ decision_wait: "10s", policies: [ERRORS] });
    await processor.consume(
      spans([
        { trace: 1, name: "a" },
        { trace: 2, name: "b" },
      ]),
    );
    await processor.consume(spans([{ trace: 1, name: "c", isError: true }]));
    clock.advance(9_999);
    await settled();
    expect(sent).toEqual([]);
    expect(metric("sampling_traces_on_memory")).toBeUndefined();
    clock.advance(1);
    await settled();
    expect(sent).toEqual(["ac"]);
    expect(metric("new_trace_id_received")).toBe(2);
    expect(metric("global_count_traces_sampled", { decision: "sampled" })).toBe(1);
    expect(metric("global_count_traces_sampled", { decision: "not_sampled" })).toBe(1);
    expect(metric("count_spans_sampled", { policy: "errors", sampled: "true" })).toBe(2);
  });

  test("decides sooner once the root span has come, where that is set", async () => {
    const { processor, clock, sent } = setUp({ decision_wait_after_root_received: "2s", policies: [ALL] });
    await processor.consume(spans([{ trace: 1, name: "child", parent: 9 }]));
    clock.advance(5_000);
    await processor.consume(spans([{ trace: 1, name: "root" }]));
    clock.advance(2_000);
    await settled();
    expect(sent).toEqual(["childroot"]);
  });

  test("does with late spans what was decided", async () => {
    const { processor, clock, sent, metric } = setUp({ policies: [ERRORS], decision_cache: { sampled_cache_size: 9 } });
    await processor.consume(
      spans([
        { trace: 1, name: "a", isError: true },
        { trace: 2, name: "b" },
      ]),
    );
    clock.advance(30_000);
    await processor.consume(spans([{ trace: 1, name: "late" }]));
    await processor.consume(spans([{ trace: 2, name: "late", isError: true }]));
    await settled();
    expect(sent).toEqual(["a", "late"]);
    expect(metric("early_releases_from_cache_decision", { sampled: "true" })).toBe(1);
  });

  test("keeps a trace at its first match with span-ingest, and gives up the others after the wait", async () => {
    const { processor, clock, sent } = setUp({ sampling_strategy: "span-ingest", policies: [ERRORS] });
    await processor.consume(
      spans([
        { trace: 1, name: "a" },
        { trace: 2, name: "b" },
      ]),
    );
    await processor.consume(spans([{ trace: 1, name: "c", isError: true }]));
    await settled();
    expect(sent).toEqual(["ac"]);
    clock.advance(30_000);
    await processor.consume(spans([{ trace: 2, name: "d", isError: true }]));
    await settled();
    expect(sent).toEqual(["ac"]);
  });

  test("keeps no trace that grows too large", async () => {
    const { processor, clock, sent, metric } = setUp({ maximum_trace_size_bytes: 100, policies: [ALL] });
    await processor.consume(spans([{ trace: 1, name: "a".repeat(99) }]));
    clock.advance(30_000);
    await settled();
    expect(sent).toEqual([]);
    expect(metric("traces_dropped_too_large")).toBe(1);
  });
});

describe("has room for so many traces and bytes", () => {
  test.each([
    ["num_traces", { num_traces: 1 }],
    ["max_held_bytes", { max_held_bytes: 100 }],
  ])("decides the oldest trace early where %s is reached, and counts that", async (limit, config) => {
    const { processor, sent, metric } = setUp({ ...config, policies: [ALL] });
    await processor.consume(spans([{ trace: 1, name: "a" }]));
    await processor.consume(spans([{ trace: 2, name: "b" }]));
    await settled();
    expect(sent).toEqual(["a"]);
    expect(metric("traces_decided_early", { limit })).toBe(1);
  });

  test("lets senders wait with block_on_overflow", async () => {
    const { processor, clock, sent } = setUp({ num_traces: 1, block_on_overflow: true, policies: [ALL] });
    await processor.consume(spans([{ trace: 1, name: "a" }]));
    const second = processor.consume(spans([{ trace: 2, name: "b" }]));
    clock.advance(30_000);
    await second;
    expect(sent).toEqual(["a"]);
  });
});

describe("answers senders", () => {
  test("at once, says that this is risky, and tries again what is not taken", async () => {
    const { processor, clock, sent, answers, lines } = setUp({ policies: [ALL] });
    await processor.start();
    expect(lines.join("\n")).toContain("lost in a crash");
    answers.push(Promise.reject(new Error("down")));
    await processor.consume(spans([{ trace: 1, name: "a" }]));
    clock.advance(30_000);
    await settled();
    expect(sent).toEqual([]);
    clock.advance(1_000);
    await settled();
    expect(sent).toEqual(["a"]);
  });

  test("counts what is refused for good as lost", async () => {
    const { processor, clock, answers, metric } = setUp({ policies: [ALL] });
    answers.push(Promise.reject(new ConsumeError("EXPORT_FAILED", "no", { permanent: true })));
    await processor.consume(spans([{ trace: 1, name: "a" }]));
    clock.advance(30_000);
    await settled();
    expect(metric("spans_lost")).toBe(1);
  });

  test("refuses more where too much waits to be taken", async () => {
    const { processor, answers } = setUp({ policies: [ALL], max_held_bytes: 10 });
    answers.push(new Promise(() => {}));
    await processor.consume(spans([{ trace: 1, name: "a" }]));
    await expect(processor.consume(spans([{ trace: 2, name: "b" }]))).rejects.toThrow("too many spans wait");
    expect(processor.refusal()?.code).toBe("QUEUE_FULL");
  });

  test("with wait_for_decision once all their traces were decided, and taken", async () => {
    const { processor, clock, answers } = setUp({ policies: [ERRORS], wait_for_decision: true });
    answers.push(Promise.reject(new Error("down")));
    const outcomes = Promise.allSettled([
      processor.consume(spans([{ trace: 1, name: "a" }])),
      processor.consume(
        spans([
          { trace: 1, name: "b" },
          { trace: 2, name: "c", isError: true },
        ]),
      ),
    ]);
    clock.advance(30_000);
    expect((await outcomes).map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  });
});

describe("stops", () => {
  test("decides what it holds", async () => {
    const { processor, sent, clock } = setUp({ policies: [ERRORS] });
    await processor.consume(
      spans([
        { trace: 1, name: "a", isError: true },
        { trace: 2, name: "b" },
      ]),
    );
    await processor.shutdown();
    await settled();
    expect(sent).toEqual(["a"]);
    expect(clock.pending).toBe(0);
  });

  test("gives up what it holds with drop_pending_traces_on_shutdown, and takes nothing more", async () => {
    const { processor, sent } = setUp({ policies: [ALL], drop_pending_traces_on_shutdown: true });
    await processor.consume(spans([{ trace: 1, name: "a" }]));
    await processor.shutdown();
    await expect(processor.consume(spans([{ trace: 2, name: "b" }]))).rejects.toThrow("shutting down");
    expect(sent).toEqual([]);
  });

  test("tries once more what was not taken yet", async () => {
    const { processor, sent, clock, answers } = setUp({ policies: [ALL] });
    answers.push(Promise.reject(new Error("down")));
    await processor.consume(spans([{ trace: 1, name: "a" }]));
    clock.advance(30_000);
    await settled();
    await processor.shutdown();
    await settled();
    expect(sent).toEqual(["a"]);
  });
});

/** A storage extension in memory. */
function memoryStorage(): { readonly extension: Extension; readonly values: Map<string, Uint8Array> } {
  const values = new Map<string, Uint8Array>();
  const apply = (changes: readonly StorageChange[]): Promise<void> => {
    for (const { key, value } of changes)
      if (value === undefined) values.delete(key);
      else values.set(key, value);
    return Promise.resolve();
  };
  const client = {
    get: (key: string) => Promise.resolve(values.get(key)),
    keys: () => [...values.keys()],
    apply,
    close: () => Promise.resolve(),
  };
  const none = (): Promise<void> => Promise.resolve();
  return { values, extension: { start: none, shutdown: none, storage: { open: () => Promise.resolve(client) } } };
}

describe("with a storage", () => {
  const config = { policies: [ERRORS], storage: "disk" };

  test("answers once spans are there, and removes them once they are decided and taken", async () => {
    const { extension, values } = memoryStorage();
    const { processor, clock, sent } = setUp(config, { extensions: { disk: extension } });
    await processor.start();
    await processor.consume(
      spans([
        { trace: 1, name: "a", isError: true },
        { trace: 2, name: "b" },
      ]),
    );
    expect(values.size).toBe(2);
    clock.advance(30_000);
    await settled();
    expect(sent).toEqual(["a"]);
    expect(values.size).toBe(0);
  });

  test("goes on after a restart with what was held, also with what came while it stopped", async () => {
    const { extension, values } = memoryStorage();
    const first = setUp(config, { extensions: { disk: extension } });
    await first.processor.start();
    await first.processor.consume(spans([{ trace: 1, name: "a" }]));
    await first.processor.shutdown();
    await first.processor.consume(spans([{ trace: 1, name: "b", isError: true }]));
    await settled();
    expect(first.sent).toEqual([]);
    expect(first.clock.pending).toBe(0);
    const second = setUp(config, { extensions: { disk: extension } });
    await second.processor.start();
    second.clock.advance(30_000);
    await settled();
    expect(second.sent).toEqual(["ab"]);
    expect(values.size).toBe(0);
  });

  test("leaves there what is not taken when it stops", async () => {
    const { extension, values } = memoryStorage();
    const { processor, clock, answers } = setUp(config, { extensions: { disk: extension } });
    await processor.start();
    answers.push(Promise.reject(new Error("down")));
    await processor.consume(spans([{ trace: 1, name: "a", isError: true }]));
    clock.advance(30_000);
    await settled();
    await processor.shutdown();
    await settled();
    expect(values.size).toBe(1);
  });
});

describe("policies", () => {
  const span = (name: string, trace: number, rest: Partial<Span> = {}): Payload => spans([{ trace, name, ...rest }]);
  const traces = [
    span("a", 1, { attributes: { k: "apple", n: 5 }, endMs: 1_002 }),
    span("b", 2, { attributes: { k: "banana", n: 50 }, isError: true, flags: 1 }),
    spans(
      [
        { trace: 3, name: "c", traceState: "v=1" },
        { trace: 3, name: "c" },
      ],
      { k: "apple" },
    ),
  ];
  const string = (rest: object): object => ({ type: "string_attribute", string_attribute: { key: "k", ...rest } });
  const number = (rest: object): object => ({ type: "numeric_attribute", numeric_attribute: { key: "n", ...rest } });
  const apples = { name: "apples", ...string({ values: ["apple"] }) };
  const fives = { name: "fives", ...number({ max_value: 10 }) };
  const errors = { ...ERRORS };

  test.each<[string, object | readonly object[], string[]]>([
    ["always_sample", ALL, ["a", "b", "cc"]],
    ["latency", { type: "latency", latency: { threshold_ms: 1_000 } }, ["a"]],
    ["latency with an upper threshold", { type: "latency", latency: { upper_threshold_ms: 1_000 } }, ["b", "cc"]],
    ["numeric_attribute", number({ min_value: 10 }), ["b"]],
    ["numeric_attribute, inverted", number({ min_value: 1, max_value: 10, invert_match: true }), ["b", "cc"]],
    ["probabilistic of none", { type: "probabilistic", probabilistic: { sampling_percentage: 0 } }, []],
    ["probabilistic of all", { type: "probabilistic", probabilistic: { sampling_percentage: 100 } }, ["a", "b", "cc"]],
    ["status_code", errors, ["b"]],
    ["string_attribute of spans and resources", apples, ["a", "cc"]],
    ["string_attribute, inverted", string({ values: ["apple"], invert_match: true }), ["b"]],
    ["string_attribute by pattern", string({ values: ["^ban"], enabled_regex_matching: true }), ["b"]],
    ["rate_limiting", { type: "rate_limiting", rate_limiting: { spans_per_second: 1 } }, ["a", "b"]],
    [
      "rate_limiting with a burst",
      { type: "rate_limiting", rate_limiting: { spans_per_second: 1, burst_capacity: 4 } },
      ["a", "b", "cc"],
    ],
    ["bytes_limiting", { type: "bytes_limiting", bytes_limiting: { bytes_per_second: 75 } }, ["a"]],
    ["span_count", { type: "span_count", span_count: { min_spans: 2 } }, ["cc"]],
    ["span_count with a maximum", { type: "span_count", span_count: { max_spans: 1 } }, ["a", "b"]],
    [
      "boolean_attribute",
      { type: "boolean_attribute", boolean_attribute: { key: "k", invert_match: true } },
      ["a", "b", "cc"],
    ],
    ["trace_state", { type: "trace_state", trace_state: { key: "v", values: ["1"] } }, ["cc"]],
    ["trace_flags", { type: "trace_flags" }, ["b"]],
    ["ottl_condition", { type: "ottl_condition", ottl_condition: { span: ['span.name == "c"'] } }, ["cc"]],
    ["and", { type: "and", and: { and_sub_policy: [apples, fives] } }, ["a"]],
    ["not", { type: "not", not: { not_sub_policy: apples } }, ["b"]],
    ["drop, above others", [ALL, { name: "no", type: "drop", drop: { drop_sub_policy: [apples] } }], ["b"]],
    [
      "composite, by shares of spans",
      {
        type: "composite",
        composite: {
          max_total_spans_per_second: 4,
          policy_order: ["errors", "apples"],
          composite_sub_policy: [apples, errors],
          rate_allocation: [{ policy: "apples", percent: 25 }],
        },
      },
      ["a", "b"],
    ],
  ])("%s", async (_name, policies, expected) => {
    const all = Array.isArray(policies) ? policies : [policies];
    expect(
      await kept(
        all.map((one: object, i) => ({ name: `p${i}`, ...one })),
        ...traces,
      ),
    ).toEqual(expected);
  });

  test("probabilistic picks the traces that the original picks", async () => {
    const many = Array.from({ length: 10 }, (_, i) => span(String(i), i + 1));
    const policy = { name: "p", type: "probabilistic", probabilistic: { sampling_percentage: 50 } };
    expect((await kept([policy], ...many)).join("")).toBe("01234689");
  });

  test("a condition that fails leaves the policy out, and is counted", async () => {
    const failing = { name: "p", type: "ottl_condition", ottl_condition: { span: ["Int(ParseJSON(span.name)) == 1"] } };
    const { processor, clock, sent, metric } = setUp({ policies: [failing, ERRORS] });
    await processor.consume(span("a", 1, { isError: true }));
    clock.advance(30_000);
    await settled();
    expect(sent).toEqual(["a"]);
    expect(metric("sampling_policy_evaluation_error")).toBe(1);
    expect(processor.explain()).toMatchObject([{ text: "Int(ParseJSON(span.name)) == 1", evaluated: 1, errors: 1 }]);
  });

  test("sample_on_first_match asks no policy after the first that matches", async () => {
    const { processor, clock, metric } = setUp(
      { policies: [ALL, ERRORS], sample_on_first_match: true },
      { id: "tail_sampling/mine" },
    );
    await processor.consume(span("a", 1));
    clock.advance(30_000);
    expect(metric("sampling_policy_execution_count", { policy: "mine.all" })).toBe(1);
    expect(metric("sampling_policy_execution_count", { policy: "mine.errors" })).toBe(0);
  });
});

test.each<[string, object, string]>([
  ["an unnamed policy", { policies: [{ type: "always_sample" }] }, "policy name cannot be empty"],
  ["two policies of one name", { policies: [ALL, ALL] }, 'duplicate policy name "all"'],
  ["no status code", { policies: [{ name: "a", type: "status_code" }] }, "expected at least one status code"],
  [
    "an unknown status code",
    { policies: [{ ...ERRORS, status_code: { status_codes: ["BAD"] } }] },
    'unknown status code "BAD", supported: OK, ERROR, UNSET',
  ],
  ["a number without a range", { policies: [{ name: "a", type: "numeric_attribute" }] }, "at least one of min_value"],
  [
    "a condition that cannot be read",
    { policies: [{ name: "a", type: "ottl_condition", ottl_condition: { span: ["span.nam == 1"] } }] },
    "span.nam",
  ],
  [
    "a policy type where it cannot be",
    { policies: [{ name: "a", type: "and", and: { and_sub_policy: [{ type: "drop" }] } }] },
    "expected one of",
  ],
  [
    "a limit with span-ingest",
    { sampling_strategy: "span-ingest", policies: [{ name: "a", type: "rate_limiting" }] },
    'requires all policies to be stateless, but policy "a" is stateful',
  ],
  [
    "an order of policies that are not there",
    { policies: [{ name: "a", type: "composite", composite: { policy_order: ["x"] } }] },
    'there is no policy "x"',
  ],
  ["a storage that has no use", { storage: "a", wait_for_decision: true }, "has no use with wait_for_decision"],
])("refuses %s", (_name, config, problem) => {
  const place = new Place("", []);
  schema.read(config, place);
  expect(place.problems.map(({ what }) => what).join("\n")).toContain(problem);
});
