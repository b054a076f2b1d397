/** What is stored of points is the same, whether their series were seen before, in this order or another, or not. */
import { encode, payloadOf, PROTOCOLS, Writer, type Payload } from "@clew/otlp";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { MetricsTranscoder } from "../metrics.ts";

const SHAPES = ["gauge", "histogram", "exponentialHistogram", "summary"] as const;
const TABLES = new Set(["metric_samples", "metric_histograms", "metric_exponential_histograms", "metric_summaries"]);

const attribute = fc.record({
  key: fc.constantFrom("a", "b", "c", ""),
  value: fc.record({ stringValue: fc.constantFrom("", "1", "2", "x".repeat(40), "y".repeat(140)) }),
});
const point = fc.record({
  attributes: fc.array(attribute, { maxLength: 4 }),
  timeUnixNano: fc.constantFrom(1n, 86_400_000_000_001n),
});
const metric = fc.tuple(fc.constantFrom(...SHAPES), fc.array(point, { maxLength: 5 }));

function bytesOf(metrics: readonly (readonly [shape: string, dataPoints: readonly object[]])[]): Uint8Array {
  const named = metrics.map(([shape, dataPoints]) => ({ name: "m", [shape]: { dataPoints } }));
  return encode(PROTOCOLS.metrics.request, { resourceMetrics: [{ scopeMetrics: [{ metrics: named }] }] });
}

/** The columns of all points, as they go to the engine. */
function points(transcoder: MetricsTranscoder, payload: Payload): string[] {
  transcoder.add(payload);
  const tables = transcoder.blocks.filter(({ table }) => TABLES.has(table));
  const found = tables.flatMap(({ columns }) =>
    ["Locality", "Fingerprint", "Timestamp"].map((name) => {
      const parts: Uint8Array[] = [];
      columns[name]!.data(parts);
      return Buffer.concat(parts).toString("hex");
    }),
  );
  for (const block of transcoder.blocks) block.reset();
  return found;
}

test("points of any series, again and again, in any order", () => {
  fc.assert(
    fc.property(fc.array(fc.array(metric, { maxLength: 3 }), { maxLength: 4 }), (requests) => {
      const seenBefore = new MetricsTranscoder();
      const all = requests.map((metrics) => payloadOf("metrics", bytesOf(metrics)));
      for (const payload of [...all, ...all, ...all.toReversed(), ...all])
        expect(points(seenBefore, payload)).toEqual(points(new MetricsTranscoder(), payload));
    }),
  );
});

/** A gauge of one point whose attributes stand on both sides of its time, some of them perhaps twice. */
function parted(before: readonly string[], behind: readonly string[]): Payload {
  const writer = new Writer();
  const open = [1, 2, 2].map((field) => writer.begin(field));
  writer.string(1, "m");
  open.push(writer.begin(5), writer.begin(1));
  for (const text of before) addAttribute(writer, text);
  writer.fixed64(3, 1n);
  for (const text of behind) addAttribute(writer, text);
  for (const message of open.toReversed()) writer.end(message);
  return payloadOf("metrics", writer.finish());
}

function addAttribute(writer: Writer, text: string): void {
  const attribute = writer.begin(7);
  writer.string(1, text);
  writer.end(attribute);
}

test("attributes of one point that stand apart are all its own", () => {
  const texts = fc.array(fc.constantFrom("", "a", "b", "c".repeat(150)), { maxLength: 3 });
  fc.assert(
    fc.property(fc.array(fc.tuple(texts, texts), { maxLength: 8 }), (all) => {
      const seenBefore = new MetricsTranscoder();
      const payloads = all.map(([before, behind]) => parted(before, behind));
      for (const payload of [...payloads, ...payloads, ...payloads.toReversed()])
        expect(points(seenBefore, payload)).toEqual(points(new MetricsTranscoder(), payload));
    }),
  );
});
