/** Whatever stands in a file, it is telemetry or a problem that is told, and never a fault of ours. */
import { readFileSync } from "node:fs";
import { ClewError } from "@clew/base";
import { encode, PROTOCOLS } from "@clew/otlp";
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
