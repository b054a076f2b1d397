/** Calls between services, from spans that come in any order and in different requests. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { encode, payloadOf, PROTOCOLS } from "@clew/otlp";
import { OverviewReader, type ServiceEdge } from "../read/overview-reader.ts";
import { openStore, type RunningStore } from "../running-store.test-kit.ts";

const START = BigInt(Date.parse("2026-11-27T10:07:00Z")) * 1_000_000n;
const window = { startUnixNano: START - 60_000_000_000n, endUnixNano: START + 60_000_000_000n };
const [SERVER, CLIENT, PRODUCER, CONSUMER] = [2, 3, 4, 5];
let running: RunningStore;

beforeEach(async () => {
  running = await openStore();
});
afterEach(() => running.stop());

interface Sent {
  readonly service: string;
  readonly kind: number | undefined;
  readonly id: number;
  readonly parent?: number;
  readonly millis?: number;
  readonly isError?: boolean;
}

/** Each span in a request of its own. */
async function send(...spans: readonly Sent[]): Promise<void> {
  for (const { service, kind, id, parent, millis = 10, isError = false } of spans) {
    const resource = { attributes: [{ key: "service.name", value: { stringValue: service } }] };
    const span = {
      traceId: Buffer.alloc(16, 1),
      spanId: Buffer.alloc(8, id),
      ...(parent === undefined ? {} : { parentSpanId: Buffer.alloc(8, parent) }),
      kind,
      startTimeUnixNano: START,
      endTimeUnixNano: START + BigInt(millis) * 1_000_000n,
      ...(isError ? { status: { code: 2 } } : {}),
    };
    const request = { resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] };
    await running.store.write(payloadOf("traces", Buffer.from(encode(PROTOCOLS.traces.request, request))));
  }
}

async function graph(): Promise<ServiceEdge[]> {
  await running.store.flush();
  return new OverviewReader(running.store.client).serviceGraph(window);
}

test("a call is counted once, whichever side arrives first, with the called one's duration and outcome", async () => {
  await send(
    { service: "web", kind: CLIENT, id: 1, millis: 30 },
    { service: "cart", kind: SERVER, id: 2, parent: 1, millis: 20 },
  );
  await send(
    { service: "cart", kind: SERVER, id: 4, parent: 3, millis: 20, isError: true },
    { service: "web", kind: CLIENT, id: 3 },
  );
  await send({ service: "cart", kind: PRODUCER, id: 5 }, { service: "mail", kind: CONSUMER, id: 6, parent: 5 });
  const edges = await graph();
  expect(edges.map(({ client, server, calls, errors }) => ({ client, server, calls, errors }))).toEqual([
    { client: "web", server: "cart", calls: 2, errors: 1 },
    { client: "cart", server: "mail", calls: 1, errors: 0 },
  ]);
  expect(Math.abs((edges[0]?.p95Nanos ?? 0) / 20e6 - 1)).toBeLessThan(0.03);
});

test("what has one side only, or both in one service, is no call between services", async () => {
  await send({ service: "web", kind: CLIENT, id: 1 }, { service: "cart", kind: SERVER, id: 2, parent: 9 });
  await send({ service: "cart", kind: CLIENT, id: 3 }, { service: "cart", kind: SERVER, id: 4, parent: 3 });
  await send({ service: "web", kind: undefined, id: 5 }, { service: "cart", kind: SERVER, id: 6, parent: 5 });
  await send({ service: "cart", kind: SERVER, id: 7 });
  expect(await graph()).toEqual([]);
});
