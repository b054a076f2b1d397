import { Server, ServerCredentials, status as Code, Metadata, type UntypedHandleCall } from "@grpc/grpc-js";
import { encodeStatus, payloadBytes, PROTOCOLS, SIGNALS } from "@clew/otlp";
import { afterEach, expect, test } from "vitest";
import { runCollector } from "../../../collector.test-kit.ts";
import { componentSettings } from "../../../component.test-kit.ts";
import { logsOf, metricsOf, tracesOf } from "../../../otlp.test-kit.ts";
import { Place } from "../../../schema/place.ts";
import { schema } from "./config.ts";
import { otlpGrpcExporter } from "./factory.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const RECEIVER = `
receivers: { otlp: { protocols: { grpc: { endpoint: "127.0.0.1:0" } } } }
exporters: { clew: }
service:
  telemetry: { metrics: { level: none } }
  pipelines:
    traces: { receivers: [otlp], exporters: [clew] }
    metrics: { receivers: [otlp], exporters: [clew] }
    logs: { receivers: [otlp], exporters: [clew] }
`;

async function exporterTo(endpoint: string, config: object = {}) {
  const kit = componentSettings("exporter", "otlp_grpc");
  const place = new Place("", []);
  const read = schema.read(
    { endpoint, tls: { insecure: true }, retry_on_failure: { enabled: false }, ...config },
    place,
  );
  expect(place.problems).toEqual([]);
  const exporter = otlpGrpcExporter.create(kit.settings, read, SIGNALS);
  await exporter.start();
  cleanUps.push(() => exporter.shutdown());
  return { exporter, ...kit };
}

/** A server of grpc-js whose Export for traces answers as `answer` does. */
async function grpcJsServer(
  answer: (request: Buffer, metadata: Metadata) => { error?: object; response?: Buffer },
): Promise<string> {
  const server = new Server();
  const identity = (bytes: Buffer): Buffer => bytes;
  const method = {
    path: PROTOCOLS.traces.grpcPath,
    requestStream: false,
    responseStream: false,
    requestSerialize: identity,
    requestDeserialize: identity,
    responseSerialize: identity,
    responseDeserialize: identity,
  };
  const handle: UntypedHandleCall = (
    call: { request: Buffer; metadata: Metadata },
    callback: (error: object | null, response?: Buffer) => void,
  ) => {
    const { error = null, response = Buffer.alloc(0) } = answer(call.request, call.metadata);
    callback(error, response);
  };
  server.addService({ Export: method }, { Export: handle });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  cleanUps.push(() => server.forceShutdown());
  return `127.0.0.1:${port}`;
}

test.each(["gzip", "snappy", "zstd", "none"])(
  "delivers all three signals unchanged, compression %s",
  async (compression) => {
    const downstream = await runCollector(RECEIVER);
    cleanUps.push(() => downstream.collector.shutdown());
    const { exporter } = await exporterTo(downstream.at("grpc"), { compression });
    const sent = [tracesOf(["a"]), metricsOf([{ name: "m", gauge: { dataPoints: [{ asInt: 1n }] } }]), logsOf(["l"])];
    for (const payload of sent) await exporter.consume(payload);
    expect(downstream.sink.payloads.map(({ signal }) => signal)).toEqual(SIGNALS);
    expect(downstream.sink.payloads.map((one) => Buffer.from(payloadBytes(one)))).toEqual(
      sent.map((one) => Buffer.from(payloadBytes(one))),
    );
  },
);

test("sends headers to a grpc-js server, and logs what it did not take", async () => {
  const seen: unknown[] = [];
  // ExportTracePartialSuccess { rejected_spans = 1: 2, error_message = 2: "bad" }
  const partial = Buffer.from([10, 7, 8, 2, 18, 3, 98, 97, 100]);
  const endpoint = await grpcJsServer((request, metadata) => {
    seen.push(request.length, metadata.get("x-tenant"));
    return { response: partial };
  });
  const { exporter, lines } = await exporterTo(endpoint, { headers: { "x-tenant": "blue" } });
  const payload = tracesOf(["a", "b"]);
  await exporter.consume(payload);
  expect(seen).toEqual([payload.byteLength, ["blue"]]);
  expect(lines).toEqual(['warn\tPartial success response\t{"message": "bad", "dropped_spans": "2"}']);
});

test.each([
  [Code.UNAVAILABLE, false],
  [Code.ABORTED, false],
  [Code.RESOURCE_EXHAUSTED, true],
  [Code.INVALID_ARGUMENT, true],
  [Code.INTERNAL, true],
])("reads status %i: permanent %s", async (code, permanent) => {
  const endpoint = await grpcJsServer(() => ({ error: { code, details: "ünsaid" } }));
  const { exporter } = await exporterTo(endpoint);
  await expect(exporter.consume(tracesOf(["a"]))).rejects.toMatchObject({
    permanent,
    what: expect.stringMatching(/^rpc error: code = \w+ desc = ünsaid$/) as string,
  });
});

test("comes back when RetryInfo says", async () => {
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(encodeStatus({ code: 8, message: "", retryDelayMs: 3_000 })));
  const endpoint = await grpcJsServer(() => ({ error: { code: Code.RESOURCE_EXHAUSTED, details: "later", metadata } }));
  const { exporter } = await exporterTo(endpoint);
  await expect(exporter.consume(tracesOf(["a"]))).rejects.toMatchObject({ permanent: false, retryAfterMs: 3_000 });
});

test("says of a server without OTLP that it is unimplemented, for good", async () => {
  const endpoint = await grpcJsServer(() => ({}));
  const { exporter, lines } = await exporterTo(endpoint);
  await expect(exporter.consume(logsOf(["l"]))).rejects.toMatchObject({ permanent: true });
  expect(lines.join()).toMatch(/Exporting failed. Dropping data.*code = Unimplemented/);
});

test("finds its server again after it was gone", async () => {
  const first = await runCollector(RECEIVER);
  const endpoint = first.at("grpc");
  const { exporter } = await exporterTo(endpoint);
  await exporter.consume(tracesOf(["a"]));
  await first.collector.shutdown();
  await expect(exporter.consume(tracesOf(["b"]))).rejects.toMatchObject({ permanent: false });
  const second = await runCollector(RECEIVER.replace("127.0.0.1:0", endpoint));
  cleanUps.push(() => second.collector.shutdown());
  await exporter.consume(tracesOf(["c"]));
  expect(second.sink.items).toBe(1);
});

test.each([
  [{}, "endpoint", 'requires a non-empty "endpoint"'],
  [{ endpoint: "jaeger" }, "endpoint", 'expected host:port, got "jaeger"'],
  [
    { endpoint: "a:1", compression: "zip" },
    "compression",
    'expected one of "gzip", "snappy", "zstd", "none", "", got "zip"',
  ],
])("refuses the configuration %j", (config, path, what) => {
  const place = new Place("", []);
  schema.read(config, place);
  expect(place.problems.map((one) => [one.path, one.what])).toEqual([[path, what]]);
});
