/** Server-sent events of what arrives. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServer, type Json, type RunningServer } from "./running-server.test-kit.ts";

const START = 1_760_000_000_000_000_000n;
const TRACE = "00000000000000000000000000000001";

let server: RunningServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(async () => {
  await server.stop();
});

const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } });
const id = (hex: string): Uint8Array => Buffer.from(hex, "hex");

describe("the live stream", () => {
  test("sends what arrives and matches, and counts what it leaves out", async () => {
    const stopped = new AbortController();
    const response = await fetch(
      `${server.url}/api/clew/v1/live?signal=logs&q=WANTED&service=live&severity=9&attr=n=~^[0-9]$`,
      { signal: stopped.signal },
    );
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const events = eventsOf(response);
    expect(await events.next()).toMatchObject({ value: { event: "ready" } });
    const record = (body: string, severityNumber = 9, n = "1"): object => ({
      timeUnixNano: START,
      severityNumber,
      body: { stringValue: body },
      attributes: [text("n", n)],
    });
    const others = [record("wanted, but too mild", 5), record("something else"), record("wanted, otherwise", 9, "x")];
    const many = Array.from({ length: 60 }, (_unused, i) => record(`wanted ${i}`));
    const logRecords = [...others, ...many];
    await server.send("logs", {
      resourceLogs: [
        { resource: { attributes: [text("service.name", "live")] }, scopeLogs: [{ scope: { name: "s" }, logRecords }] },
      ],
    });
    const received: Json[] = [];
    for await (const event of events) {
      received.push(event);
      if (event.event === "skipped") break;
    }
    stopped.abort();
    expect(received.slice(0, -1).map(({ data }) => data.bodyText)).toEqual(
      Array.from({ length: 50 }, (_unused, i) => `wanted ${i}`),
    );
    expect(received.at(-1)).toEqual({ event: "skipped", data: { count: 10 } });
    expect(received[0]).toMatchObject({
      event: "log",
      data: { service: "live", scope: "s", severityNumber: 9, attributes: { n: "1" } },
    });
  });

  test("sends spans where those are asked for", async () => {
    const stopped = new AbortController();
    const response = await fetch(`${server.url}/api/clew/v1/live?signal=traces&service=live`, {
      signal: stopped.signal,
    });
    const events = eventsOf(response);
    await events.next();
    const span = {
      traceId: id(TRACE),
      spanId: id("00000000000000ab"),
      name: "lively",
      kind: 2,
      startTimeUnixNano: START,
      endTimeUnixNano: START + 5n,
      status: { code: 2 },
    };
    await server.send("traces", {
      resourceSpans: [{ resource: { attributes: [text("service.name", "live")] }, scopeSpans: [{ spans: [span] }] }],
    });
    const { value } = await events.next();
    stopped.abort();
    expect(value).toEqual({
      event: "span",
      data: {
        traceId: TRACE,
        spanId: "00000000000000ab",
        parentSpanId: "",
        startUnixNano: String(START),
        durationNanos: "5",
        service: "live",
        name: "lively",
        kind: 2,
        error: true,
      },
    });
  });
});

async function* eventsOf(response: Response): AsyncGenerator<{ event: string; data: Json }, void> {
  let buffered = "";
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    buffered += Buffer.from(chunk).toString();
    for (let end = buffered.indexOf("\n\n"); end >= 0; end = buffered.indexOf("\n\n")) {
      const [, event = "", data = ""] = /event: (.*)\ndata: (.*)/.exec(buffered.slice(0, end)) ?? [];
      buffered = buffered.slice(end + 2);
      yield { event, data: JSON.parse(data) };
    }
  }
}
