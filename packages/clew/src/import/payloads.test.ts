/** Whatever stands in a file, it is telemetry or a problem that is told, and never a fault of ours. */
import { readFileSync } from "node:fs";
import { ClewError } from "@clew/base";
import { decode, encode, payloadBytes, PROTOCOLS, type Signal } from "@clew/otlp";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { payloadsOf } from "./payloads.ts";
import { FORMATS } from "./recognise.ts";

const golden = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../../e2e/telemetry-files/${name}`, import.meta.url), "utf8"));
const otlp = {
  resourceSpans: [
    {
      scopeSpans: [{ spans: [{ traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "00f067aa0ba902b7", name: "n" }] }],
    },
  ],
  resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: "b" } }] }] }],
};
const documents = [golden("jaeger.json"), golden("zipkin.json"), otlp];

/** The document with its `n`th value replaced. */
function changed(document: unknown, n: number, replacement: unknown): unknown {
  let left = n;
  return JSON.parse(JSON.stringify(document), (_key, value: unknown) =>
    left-- === 0 ? replacement : value,
  ) as unknown;
}

async function outcome(bytes: Buffer, format: (typeof FORMATS)[number] = "auto"): Promise<number | string> {
  try {
    const payloads = await payloadsOf(bytes, format, undefined);
    return payloads.reduce((total, { counts }) => total + counts.items, 0);
  } catch (error) {
    if (error instanceof ClewError) return error.code;
    throw error;
  }
}

test("documents with anything in the place of anything", async () => {
  const values = fc.oneof(fc.jsonValue(), fc.constantFrom(-1, 1e300, 0.5, 2 ** 53, "", "0", null, [], {}, [null]));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...documents), fc.nat(200), values, async (document, n, value) => {
      expect(await outcome(Buffer.from(JSON.stringify(changed(document, n, value))))).toBeDefined();
    }),
    { numRuns: 1_000 },
  );
});

test("bytes of any kind", async () => {
  const request = encode(PROTOCOLS.traces.request, { resourceSpans: [{ scopeSpans: [{ spans: [{ name: "n" }] }] }] });
  const bytes = fc.oneof(
    fc.uint8Array(),
    fc.nat(request.length).map((length) => request.subarray(0, length)),
  );
  await fc.assert(
    fc.asyncProperty(bytes, fc.constantFrom(...FORMATS), async (some, format) => {
      expect(await outcome(Buffer.from(some), format)).toBeDefined();
    }),
  );
});

test("each document has what it has, and nothing of what another format is asked for", async () => {
  const [jaeger, zipkin, requests] = documents.map((document) => Buffer.from(JSON.stringify(document)));
  for (const [document, items, format] of [
    [jaeger!, 3, "jaeger"],
    [zipkin!, 2, "zipkin"],
    [requests!, 2, "otlp-json"],
  ] as const) {
    expect(await outcome(document)).toBe(items);
    for (const other of ["otlp-json", "jaeger", "zipkin"] as const)
      expect(await outcome(document, other)).toBe(other === format ? items : "IMPORT_UNREADABLE");
  }
});

const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

test.each([
  ["a tag of Zipkin's", `{"traceId":"1","id":"1","tags":${nested(100_000)}}`],
  ["a tag of Jaeger's", `{"traceID":"1","spans":[{"tags":[{"key":"a","value":${nested(100_000)}}]}]}`],
  ["a request", `{"resourceSpans":${nested(100_000)}}`],
])("%s that is nested without end is refused, and what is in quotes is not nested", async (_name, json) => {
  expect(await outcome(Buffer.from(json))).toBe("IMPORT_UNREADABLE");
  const quoted = `{"traceId":"1","id":"1","tags":{"\\\\":"${"[".repeat(2_000)}\\""}}`;
  expect(await outcome(Buffer.from(quoted))).toBe(1);
});

test("a message that begins like text is one: a brace is also a length of 91 or 123", async () => {
  for (const length of [0x5b, 0x7b]) {
    const requests = Array.from({ length: 130 }, (_unused, n) =>
      Buffer.from(
        encode(PROTOCOLS.logs.request, {
          resourceLogs: [{ scopeLogs: [{ logRecords: [{ timeUnixNano: 1n, body: { stringValue: "x".repeat(n) } }] }] }],
        }),
      ),
    );
    const found = requests.find((bytes) => bytes[1] === length);
    expect(await outcome(found!)).toBe(1);
    expect(await outcome(found!, "otlp-proto")).toBe(1);
  }
});

test("what may be of two signals is not guessed", async () => {
  const bytes = Buffer.from(
    encode(PROTOCOLS.logs.request, {
      resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: "x" } }] }] }],
    }),
  );
  await expect(payloadsOf(bytes, "auto", undefined)).rejects.toMatchObject({
    code: "IMPORT_UNREADABLE",
    what: "it may be traces or logs",
  });
  for (const signal of ["traces", "logs"] satisfies Signal[])
    expect(await payloadsOf(bytes, "auto", signal)).toMatchObject([{ signal, counts: { items: 1 } }]);
});

test("integers of Jaeger's tags stay what they are, and what is none becomes text", async () => {
  const tag = (key: string, value: string): string => `{"key":"${key}","type":"int64","value":${value}}`;
  const tags = [
    tag("greatest", "9223372036854775807"),
    tag("least", "-9223372036854775808"),
    tag("too great", "9223372036854775808"),
    tag("not whole", "1.5"),
    `{"key":"quoted","type":"string","value":"\\"value\\": 9223372036854775807,"}`,
  ];
  const span = `{"traceID":"1","spanID":"1","operationName":"a","startTime":1760000000000000,"tags":[${tags.join(",")}]}`;
  const [payload] = await payloadsOf(Buffer.from(`{"traceID":"1","spans":[${span}]}`), "auto", undefined);
  const { resourceSpans } = decode(PROTOCOLS.traces.request, payloadBytes(payload!)) as {
    resourceSpans: { scopeSpans: { spans: { attributes: object[] }[] }[] }[];
  };
  expect(resourceSpans[0]!.scopeSpans[0]!.spans[0]!.attributes).toMatchObject([
    { key: "greatest", value: { intValue: 2n ** 63n - 1n } },
    { key: "least", value: { intValue: -(2n ** 63n) } },
    { key: "too great", value: { stringValue: "9223372036854775808" } },
    { key: "not whole", value: { stringValue: "1.5" } },
    { key: "quoted", value: { stringValue: '"value": 9223372036854775807,' } },
  ]);
});

test("spans of Zipkin's version 1 keep their service, kind, times and tags", async () => {
  const endpoint = { serviceName: "shop" };
  const span = {
    traceId: "1",
    id: "2",
    name: "get",
    annotations: [
      { timestamp: 1_760_000_000_000_000, value: "sr", endpoint },
      { timestamp: 1_760_000_000_100_000, value: "ss", endpoint },
    ],
    binaryAnnotations: [{ key: "http.path", value: "/", endpoint }],
  };
  const [payload] = await payloadsOf(Buffer.from(JSON.stringify(span)), "auto", undefined);
  expect(decode(PROTOCOLS.traces.request, payloadBytes(payload!))).toMatchObject({
    resourceSpans: [
      {
        resource: { attributes: [{ key: "service.name", value: { stringValue: "shop" } }] },
        scopeSpans: [
          {
            spans: [
              {
                kind: 2,
                startTimeUnixNano: 1_760_000_000_000_000_000n,
                endTimeUnixNano: 1_760_000_000_100_000_000n,
                attributes: [{ key: "http.path", value: { stringValue: "/" } }],
              },
            ],
          },
        ],
      },
    ],
  });
});
