/** Blocks of rows with attributes, which must not show what was transcoded before them. */
import { encode, payloadOf, PROTOCOLS } from "@clew/otlp";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { arbitraryMessage } from "../../../otlp/src/arbitrary-requests.test-kit.ts";
import { nativeBlock } from "../block/native-block.ts";
import { LogsTranscoder } from "./logs.ts";
import type { RecordTranscoder } from "./record-transcoder.ts";
import { SpansTranscoder } from "./spans.ts";

const SIGNALS = {
  traces: () => new SpansTranscoder(),
  logs: () => new LogsTranscoder(() => 1_760_000_000_000),
} as const;

function blockOf(transcoder: RecordTranscoder, signal: keyof typeof SIGNALS, requests: readonly Uint8Array[]): Buffer {
  for (const request of requests) transcoder.add(payloadOf(signal, Buffer.from(request)));
  const block = transcoder.rows === 0 ? Buffer.alloc(0) : Buffer.concat(nativeBlock(transcoder.columns));
  for (const one of transcoder.blocks) one.reset();
  return block;
}

test.each(["traces", "logs"] as const)("a block of %s says the same whatever was in the one before it", (signal) => {
  const requests = fc.array(
    arbitraryMessage(PROTOCOLS[signal].request).map((object) => encode(PROTOCOLS[signal].request, object)),
    { minLength: 1, maxLength: 4 },
  );
  const used = SIGNALS[signal]();
  fc.assert(
    fc.property(requests, requests, (some, others) => {
      const again = [...some, ...others, ...some];
      expect(blockOf(used, signal, again).equals(blockOf(SIGNALS[signal](), signal, again))).toBe(true);
    }),
    { numRuns: 50 },
  );
});

const NAMES = ["cart", "shop", "cart", "cart", "shop", "", "pay", "cart", ""];

/** Values of different types. */
function attributesOf(name: string): readonly unknown[] {
  if (name === "") return [];
  const service = { key: "service.name", value: { stringValue: name } };
  const other = name === "shop" ? { boolValue: true } : { intValue: BigInt(name.length) };
  return [service, { key: `of ${name}`, value: other }];
}

/** The content of a ResourceSpans. */
function resourceSpans(content: object): Uint8Array {
  const request = Buffer.from(encode(PROTOCOLS.traces.request, { resourceSpans: [content] }));
  return request.subarray(request[1]! < 128 ? 2 : 3);
}

/** The request with some ResourceSpans, each in one or more parts, which protobuf merges. */
function requestOf(parts: readonly (readonly Uint8Array[])[]): Buffer {
  return Buffer.concat(
    parts.flatMap((pieces) => {
      const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
      return [Buffer.from([10, (length & 127) | 128, length >> 7]), ...pieces];
    }),
  );
}

test("a resource that comes again is written as one is whose parts stand apart", () => {
  const spansOf = (i: number): object => ({
    scopeSpans: [{ spans: Array.from({ length: 1 + (i % 3) }, (_unused, j) => ({ name: `span ${i} ${j}` })) }],
  });
  const whole = NAMES.map((name, i) => [
    resourceSpans({ resource: { attributes: attributesOf(name) }, ...spansOf(i) }),
  ]);
  const apart = NAMES.map((name, i) => [
    ...attributesOf(name).map((one) => resourceSpans({ resource: { attributes: [one] } })),
    resourceSpans({ resource: {}, ...spansOf(i) }),
  ]);
  expect(blockOf(new SpansTranscoder(), "traces", [requestOf(whole)])).toEqual(
    blockOf(new SpansTranscoder(), "traces", [requestOf(apart)]),
  );
});
