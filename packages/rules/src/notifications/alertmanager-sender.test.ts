import { systemClock } from "@clew/base";
import { Labels } from "@clew/query";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { AlertmanagerSender, QUEUE_CAPACITY } from "./alertmanager-sender.ts";
import { postServer, type PostServer } from "./http-server.test-kit.ts";
import { postJson } from "./post-json.ts";
import { postedAlert, type PostedAlert } from "./posted-alert.ts";

let server: PostServer;
beforeAll(async () => void (server = await postServer()));
afterAll(() => server.close());
beforeEach(() => {
  server.posted.length = 0;
  server.answer = { status: 200, text: "" };
});

const reports: string[] = [];

function sender(url = server.url): AlertmanagerSender {
  reports.length = 0;
  return new AlertmanagerSender({
    url: `${url}/api/v2/alerts`,
    post: async (address, body) => ({ ...(await postJson(address, body, { timeoutMs: 5_000 })), statusText: "" }),
    clock: systemClock,
    report: (line) => void reports.push(line),
    measure: () => {},
  });
}

function alert(number: number): PostedAlert {
  return postedAlert(
    {
      labels: Labels.of({ alertname: "ProbeHigh", replica: "mine", n: String(number) }),
      annotations: new Map([["summary", "7.5"]]),
      startsAtMs: 1_795_368_242_088,
      endsAtMs: 1_795_368_262_088,
      sentAtMs: 1_795_368_242_088,
      isResolved: false,
      expression: "probe_value > 5",
    },
    { externalLabels: Labels.of({ cluster: "test", replica: "a" }), externalUrl: "http://clew:16686" },
  );
}

test("alerts arrive as Prometheus posts them", async () => {
  const one = sender();
  one.send([alert(1)]);
  const [post] = await server.received(1);
  expect(post).toMatchObject({ path: "/api/v2/alerts", headers: { "content-type": "application/json" } });
  expect(post?.body).toEqual([
    {
      annotations: { summary: "7.5" },
      endsAt: "2026-11-22T17:24:22.088Z",
      startsAt: "2026-11-22T17:24:02.088Z",
      generatorURL: "http://clew:16686/graph?g0.expr=probe_value+%3E+5&g0.tab=1",
      labels: { alertname: "ProbeHigh", cluster: "test", n: "1", replica: "mine" },
    },
  ]);
  await one.drain();
  expect(one.counts).toEqual({ sent: 1, errors: 0, dropped: 0 });
  expect(one.url).toBe(`${server.url}/api/v2/alerts`);
});

test("many go in batches, and beyond the queue's capacity the oldest are dropped and counted", async () => {
  const one = sender();
  one.send(Array.from({ length: QUEUE_CAPACITY + 300 }, (_, i) => alert(i)));
  await one.drain();
  const sizes = server.posted.map(({ body }) => (body as unknown[]).length);
  expect(Math.max(...sizes)).toBe(256);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(QUEUE_CAPACITY);
  const [oldest] = server.posted[0]!.body as { readonly labels: object }[];
  expect(oldest?.labels).toMatchObject({ n: "300" });
  expect(one.counts).toEqual({ sent: QUEUE_CAPACITY, errors: 0, dropped: 300 });
  expect(reports[0]).toContain("Alert notification queue full, dropping 300 alerts");
});

test("what is refused or does not arrive is counted, and later alerts are sent all the same", async () => {
  const one = sender();
  server.answer = { status: 500, text: "" };
  one.send([alert(1)]);
  await one.drain();
  server.answer = { status: 200, text: "" };
  one.send([alert(2)]);
  await one.drain();
  expect(one.counts).toEqual({ sent: 1, errors: 1, dropped: 1 });
  const nobody = sender("http://127.0.0.1:1");
  nobody.send([alert(1)]);
  await nobody.drain();
  expect(nobody.counts).toEqual({ sent: 0, errors: 1, dropped: 1 });
  expect(reports[0]).toMatch(
    /^Error sending 1 alerts to http:\/\/127.0.0.1:1\/api\/v2\/alerts: (bad port|ECONNREFUSED)/,
  );
});
