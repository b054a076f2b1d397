/** A trace is read without the columns that it has nothing in, and never without one that it has something in. */
import { encode, payloadOf, PROTOCOLS } from "@clew/otlp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStore, type RunningStore } from "../running-store.test-kit.ts";
import { RARE_COLUMNS } from "../schema/rare-columns.ts";
import { SpanSelect } from "./span-rows.ts";
import { isOfTraces, TraceReader, type WholeTrace } from "./trace-reader.ts";

const START = 1_760_000_000_000_000_000n;
const attributes = [{ key: "a", value: { intValue: 1n } }];

/** What OTLP calls it → where it stands, and which bit of `Has` it is. */
const RARE: Readonly<
  Record<
    string,
    readonly [bit: number, place: "resourceSpans" | "resource" | "scopeSpans" | "scope" | "span", fields: object]
  >
> = {
  "nothing of that": [0, "span", {}],
  "a resource's schema URL": [1, "resourceSpans", { schemaUrl: "https://example.com/1" }],
  "dropped attributes of a resource": [1, "resource", { droppedAttributesCount: 3 }],
  "a scope's schema URL": [2, "scopeSpans", { schemaUrl: "https://example.com/2" }],
  "a scope's attributes": [2, "scope", { attributes }],
  "dropped attributes of a scope": [2, "scope", { droppedAttributesCount: 3 }],
  "a trace state": [4, "span", { traceState: "a=b" }],
  "a status message": [4, "span", { status: { message: "why", code: 2 } }],
  "dropped attributes": [8, "span", { droppedAttributesCount: 3 }],
  "dropped events": [8, "span", { droppedEventsCount: 3 }],
  "dropped links": [8, "span", { droppedLinksCount: 3 }],
  "an event": [
    16,
    "span",
    { events: [{ timeUnixNano: START + 5n, name: "e", attributes, droppedAttributesCount: 1 }] },
  ],
  "a link": [
    32,
    "span",
    {
      links: [
        {
          traceId: Buffer.alloc(16, 9),
          spanId: Buffer.alloc(8, 9),
          traceState: "c=d",
          attributes,
          droppedAttributesCount: 2,
          flags: 1,
        },
      ],
    },
  ],
};
const NAMES = Object.keys(RARE);
let running: RunningStore;

function idOf(name: string): string {
  return (NAMES.indexOf(name) + 1).toString(16).padStart(32, "0");
}

beforeAll(async () => {
  running = await openStore();
  for (const name of NAMES) {
    const [, place, fields] = RARE[name]!;
    const at = (where: string): object => (where === place ? fields : {});
    const span = {
      traceId: Buffer.from(idOf(name), "hex"),
      spanId: Buffer.alloc(8, 1),
      name: "work",
      startTimeUnixNano: START,
      endTimeUnixNano: START + 10n,
      attributes,
      ...at("span"),
    };
    const scopeSpans = [{ scope: { name: "lib", ...at("scope") }, spans: [span], ...at("scopeSpans") }];
    const request = {
      resourceSpans: [{ resource: { attributes, ...at("resource") }, scopeSpans, ...at("resourceSpans") }],
    };
    await running.store.write(payloadOf("traces", encode(PROTOCOLS.traces.request, request)));
  }
  await running.store.flush();
});
afterAll(() => running.stop());

/** Read with every column. */
function whole(name: string): Promise<WholeTrace[]> {
  return new TraceReader(running.store.client).tracesWhere(isOfTraces([idOf(name)]), [idOf(name)]);
}

test.each(NAMES)("%s: noted where the trace is looked up, and given back", async (name) => {
  const [bit, , fields] = RARE[name]!;
  const { client } = running.store;
  for (const table of ["otel_traces", "otel_traces_trace_id_ts"])
    expect(await client.rows(`SELECT Has FROM ${table} WHERE TraceId = '${idOf(name)}'`)).toEqual([[bit]]);
  const found = await new TraceReader(client).traces([idOf(name)]);
  expect(found).toEqual(await whole(name));
  const text = JSON.stringify(found);
  for (const field of Object.keys(fields)) expect(text).toContain(`"${field}":`);
});

test("several traces have what any of them has", async () => {
  const found = await new TraceReader(running.store.client).traces(NAMES.map(idOf));
  expect(found).toEqual((await Promise.all(NAMES.map(whole))).flat());
});

test("spans that came after their trace was looked up are read again with what they have", async () => {
  const { client } = running.store;
  await client.command("ALTER TABLE otel_traces_trace_id_ts UPDATE Has = 0 WHERE 1 SETTINGS mutations_sync = 2");
  for (const name of NAMES) expect(await new TraceReader(client).traces([idOf(name)])).toEqual(await whole(name));
});

test("each group's columns are left out where it is absent, and read where it is not", () => {
  const all = RARE_COLUMNS.reduce((sum, { bit }) => sum | bit, 0);
  for (const { bit, columns } of RARE_COLUMNS) {
    const [without, only] = [new SpanSelect(all & ~bit), new SpanSelect(bit)].map(({ sql }) => sql.split(/, |\)/));
    for (const column of Object.keys(columns)) {
      expect(without).not.toContain(column);
      expect(only).toContain(column);
    }
  }
});
