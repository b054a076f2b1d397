import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { encodeStatus, payloadBytes, SIGNALS } from "@clew/otlp";
import { afterEach, expect, test } from "vitest";
import { runCollector } from "../../../collector.test-kit.ts";
import { componentSettings } from "../../../component.test-kit.ts";
import { logsOf, metricsOf, tracesOf } from "../../../otlp.test-kit.ts";
import { Place } from "../../../schema/place.ts";
import { schema } from "./config.ts";
import { otlpHttpExporter } from "./factory.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function exporterTo(config: object) {
  const kit = componentSettings("exporter", "otlp_http");
  const place = new Place("", []);
  const read = schema.read({ retry_on_failure: { enabled: false }, ...config }, place);
  expect(place.problems).toEqual([]);
  const exporter = otlpHttpExporter.create(kit.settings, read, SIGNALS);
  await exporter.start();
  cleanUps.push(() => exporter.shutdown());
  return { exporter, ...kit };
}

/** Answers every request alike and remembers what was asked. */
async function serverThat(status: number, headers: Record<string, string> = {}, body: Uint8Array = Buffer.alloc(0)) {
  const seen: { url: string | undefined; headers: IncomingHttpHeaders }[] = [];
  const server = createServer((request, response) => {
    seen.push({ url: request.url, headers: request.headers });
    request.resume().on("end", () => response.writeHead(status, headers).end(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanUps.push(() => server.close());
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test.each([
  ["proto", "gzip"],
  ["proto", "none"],
  ["json", "gzip"],
])("delivers all three signals unchanged as %s, compression %s", async (encoding, compression) => {
  const downstream = await runCollector(`
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:0" } } } }
exporters: { clew: }
service:
  telemetry: { metrics: { level: none } }
  pipelines:
    traces: { receivers: [otlp], exporters: [clew] }
    metrics: { receivers: [otlp], exporters: [clew] }
    logs: { receivers: [otlp], exporters: [clew] }
`);
  cleanUps.push(() => downstream.collector.shutdown());
  const { exporter } = await exporterTo({ endpoint: `http://${downstream.at("http")}`, encoding, compression });
  const sent = [tracesOf(["a"]), metricsOf([{ name: "m", gauge: { dataPoints: [{ asInt: 1n }] } }]), logsOf(["l"])];
  for (const payload of sent) await exporter.consume(payload);
  expect(downstream.sink.payloads.map(({ signal }) => signal)).toEqual(SIGNALS);
  expect(downstream.sink.payloads.map((one) => Buffer.from(payloadBytes(one)))).toEqual(
    sent.map((one) => Buffer.from(payloadBytes(one))),
  );
});

test("sends each signal where its own endpoint says, with headers", async () => {
  const { seen, url } = await serverThat(200);
  const { exporter } = await exporterTo({
    endpoint: `${url}/otlp/`,
    logs_endpoint: `${url}/elsewhere`,
    headers: { "x-tenant": "blue" },
  });
  await exporter.consume(tracesOf(["a"]));
  await exporter.consume(logsOf(["l"]));
  expect(seen.map((one) => [one.url, one.headers["x-tenant"]])).toEqual([
    ["/otlp/v1/traces", "blue"],
    ["/elsewhere", "blue"],
  ]);
});

test.each([
  [429, false],
  [503, false],
  [400, true],
  [404, true],
  [500, true],
])("reads HTTP status %i: permanent %s", async (status, permanent) => {
  const { url } = await serverThat(status);
  const { exporter } = await exporterTo({ endpoint: url });
  await expect(exporter.consume(tracesOf(["a"]))).rejects.toMatchObject({
    permanent,
    what: `error exporting items, request to ${url}/v1/traces responded with HTTP Status Code ${status}`,
  });
});

test("comes back when Retry-After says, and tells what the receiver said", async () => {
  const body = encodeStatus({ code: 14, message: "slow down" });
  const { url } = await serverThat(503, { "retry-after": "7", "content-type": "application/x-protobuf" }, body);
  const { exporter } = await exporterTo({ endpoint: url });
  await expect(exporter.consume(tracesOf(["a"]))).rejects.toMatchObject({
    retryAfterMs: 7_000,
    what: expect.stringContaining("Message=slow down") as string,
  });
});

test("may try again where nobody answers", async () => {
  const { exporter } = await exporterTo({ endpoint: "http://127.0.0.1:1" });
  await expect(exporter.consume(tracesOf(["a"]))).rejects.toMatchObject({ permanent: false });
});
