import { createSocket } from "node:dgram";
import { gzipSync } from "node:zlib";
import { credentials, loadPackageDefinition, type ServiceError } from "@grpc/grpc-js";
import { decode, payloadBytes, PROTOCOLS, type KeyValueObject, type Payload, type TracesObject } from "@clew/otlp";
import jaegerClient from "jaeger-client";
import protobuf from "protobufjs";
import { expect, onTestFinished, test } from "vitest";
import { until } from "../../../collector.test-kit.ts";
import { componentSettings, type ComponentKit } from "../../../component.test-kit.ts";
import { ConsumeError } from "../../../consumer.ts";
import { addressText } from "../../../net/address.ts";
import { Place } from "../../../schema/place.ts";
import { schema } from "./config.ts";
import { JaegerReceiver } from "./jaeger.ts";

const ANY = { endpoint: "127.0.0.1:0" };

class Fixture {
  readonly payloads: Payload[] = [];
  readonly kit: ComponentKit = componentSettings("receiver", "jaeger");
  answer: () => Promise<void> = () => Promise.resolve();
  transports: string[] = [];

  async start(protocols: object): Promise<void> {
    const place = new Place("", []);
    const config = schema.read({ protocols }, place);
    if (place.problems.length > 0) throw new Error(JSON.stringify(place.problems));
    const receiver = new JaegerReceiver(this.kit.settings, config, (transport) => ({
      traces: {
        consume: async (payload) => {
          await this.answer();
          this.transports.push(transport);
          this.payloads.push(payload);
        },
      },
    }));
    await receiver.start();
    onTestFinished(() => receiver.shutdown());
  }

  at(protocol: string): { host: string; port: number } {
    const address = this.kit.addresses[`protocols::${protocol}::endpoint`];
    if (address === undefined) throw new Error(`no ${protocol}`);
    return address;
  }

  get resourceSpans(): TracesObject["resourceSpans"] {
    return this.payloads.flatMap(
      (payload) => (decode(PROTOCOLS.traces.request, payloadBytes(payload)) as unknown as TracesObject).resourceSpans,
    );
  }

  get spans(): TracesObject["resourceSpans"][number]["scopeSpans"][number]["spans"] {
    return this.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  }
}

function plain(attributes: readonly KeyValueObject[] = []): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value?.stringValue ?? value?.intValue ?? value?.boolValue ?? value?.doubleValue ?? value?.bytesValue,
    ]),
  );
}

function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString("hex");
}

/** Sends a child of a root with Jaeger's own client for Node, and waits until it has. */
async function sendTrace(reporter: object): Promise<void> {
  const tracer = jaegerClient.initTracer(
    { serviceName: "shop", sampler: { type: "const", param: 1 }, reporter: { flushIntervalMs: 10, ...reporter } },
    { tags: { version: "1.0", hostname: "host-1" } },
  );
  const root = tracer.startSpan("root", { tags: { "span.kind": "server" } });
  const child = tracer.startSpan("child", { childOf: root.context() });
  child.setTag("error", true).setTag("n", 1.5).setTag("flag", false);
  child.log({ event: "retry", attempt: "2" });
  child.finish();
  root.finish();
  await new Promise<void>((resolve) => tracer.close(() => resolve()));
}

function expectTrace(fixture: Fixture): void {
  const resource = plain(fixture.resourceSpans[0]?.resource?.attributes);
  expect(resource).toMatchObject({ "service.name": "shop", version: "1.0", "host.name": "host-1" });
  expect(resource["opencensus.exporterversion"]).toMatch(/^Jaeger-Node-/);
  const root = fixture.spans.find(({ name }) => name === "root");
  const child = fixture.spans.find(({ name }) => name === "child");
  expect(root).toMatchObject({ kind: 2, flags: 1 });
  expect(hex(child?.parentSpanId)).toBe(hex(root?.spanId));
  expect(hex(child?.traceId)).toBe(hex(root?.traceId));
  expect(child?.status).toEqual({ code: 2, message: "" });
  expect(plain(child?.attributes)).toMatchObject({ n: 1.5, flag: false });
  expect(child?.events[0]).toMatchObject({ name: "retry" });
  expect(plain(child?.events[0]?.attributes)).toEqual({ attempt: "2" });
  expect(child?.links).toEqual([]);
}

test("takes what Jaeger's client sends over HTTP", async () => {
  const fixture = new Fixture();
  await fixture.start({ thrift_http: ANY });
  await sendTrace({ collectorEndpoint: `http://${addressText(fixture.at("thrift_http"))}/api/traces` });
  await until(() => fixture.spans.length === 2);
  expectTrace(fixture);
  expect(fixture.transports[0]).toBe("collector_http");
});

test("takes what Jaeger's client sends over UDP", async () => {
  const fixture = new Fixture();
  await fixture.start({ thrift_binary: ANY });
  const { host, port } = fixture.at("thrift_binary");
  await sendTrace({ agentHost: host, agentPort: port });
  await until(() => fixture.spans.length === 2);
  expectTrace(fixture);
  expect(fixture.transports[0]).toBe("udp_thrift_binary");
});

/** `emitBatch` in the compact protocol, as Go's clients send it. */
const COMPACT_PACKET = Buffer.from(
  [
    "822101", // protocol, version and one-way call, number
    "09656d69744261746368", // "emitBatch"
    "1c", // field 1: struct Batch
    "1c", //   field 1: struct Process
    "18047368", // "sh"…
    "6f70", // …"op"
    "00",
    "191c", //   field 2: list of one struct: Span
    "1602", //     1: trace id, low: 1
    "1600", //     2: trace id, high: 0
    "1604", //     3: span id: 2
    "1606", //     4: parent id: 3
    "18026f70", // 5: "op"
    "2502", //     7: flags: 1
    "16d00f", //   8: start: 1000 µs
    "1614", //     9: duration: 10 µs
    "191c", //     10: list of one struct: Tag
    "18016b", //     1: "k"
    "1506", //       2: type: LONG
    "4654", //       6: 42
    "00",
    "00",
    "00",
    "00",
  ].join(""),
  "hex",
);

test("takes the compact protocol over UDP, and counts what it cannot read", async () => {
  const fixture = new Fixture();
  await fixture.start({ thrift_compact: ANY });
  const { host, port } = fixture.at("thrift_compact");
  const socket = createSocket("udp4");
  onTestFinished(() => void socket.close());
  socket.send(COMPACT_PACKET.subarray(0, 30), port, host);
  socket.send(COMPACT_PACKET, port, host);
  await until(() => fixture.spans.length === 1);
  const [span] = fixture.spans;
  expect(span).toMatchObject({ name: "op", startTimeUnixNano: 1_000_000n, endTimeUnixNano: 1_010_000n, flags: 1 });
  expect([hex(span?.traceId), hex(span?.spanId), hex(span?.parentSpanId)]).toEqual([
    "00000000000000000000000000000001",
    "0000000000000002",
    "0000000000000003",
  ]);
  expect(plain(span?.attributes)).toEqual({ k: 42n });
  expect(plain(fixture.resourceSpans[0]?.resource?.attributes)).toEqual({ "service.name": "shop" });
  const dropped = fixture.kit.meter
    .families()
    .find(({ name }) => name.startsWith("otelcol_receiver_udp_packets_dropped"));
  expect(dropped?.samples[0]?.value).toBe(1);
});

const MODEL = protobuf.parse(`
syntax = "proto3";
package jaeger.api_v2;
message Time { int64 seconds = 1; int32 nanos = 2; }
message KeyValue { string key = 1; int32 v_type = 2; string v_str = 3; bool v_bool = 4; int64 v_int64 = 5; double v_float64 = 6; bytes v_binary = 7; }
message Log { Time timestamp = 1; repeated KeyValue fields = 2; }
message SpanRef { bytes trace_id = 1; bytes span_id = 2; int32 ref_type = 3; }
message Process { string service_name = 1; repeated KeyValue tags = 2; }
message Span { bytes trace_id = 1; bytes span_id = 2; string operation_name = 3; repeated SpanRef references = 4; uint32 flags = 5; Time start_time = 6; Time duration = 7; repeated KeyValue tags = 8; repeated Log logs = 9; Process process = 10; }
message Batch { repeated Span spans = 1; Process process = 2; }
message PostSpansRequest { Batch batch = 1; }
message PostSpansResponse {}
service CollectorService { rpc PostSpans(PostSpansRequest) returns (PostSpansResponse); }
`).root;

/** Calls PostSpans with gRPC's own client. */
function postSpans(address: string, batch: object): Promise<void> {
  const [request, response] = ["PostSpansRequest", "PostSpansResponse"].map((name) =>
    MODEL.lookupType(`jaeger.api_v2.${name}`),
  );
  if (request === undefined || response === undefined) throw new Error("no types");
  const definition = {
    "jaeger.api_v2.CollectorService": {
      PostSpans: {
        path: "/jaeger.api_v2.CollectorService/PostSpans",
        requestStream: false,
        responseStream: false,
        requestSerialize: (value: object) => Buffer.from(request.encode(request.fromObject(value)).finish()),
        requestDeserialize: (bytes: Buffer) => request.decode(bytes),
        responseSerialize: () => Buffer.alloc(0),
        responseDeserialize: (bytes: Buffer) => response.decode(bytes),
      },
    },
  };
  const { jaeger } = loadPackageDefinition(definition) as unknown as {
    jaeger: { api_v2: { CollectorService: new (address: string, with_: unknown) => Client } };
  };
  const client = new jaeger.api_v2.CollectorService(address, credentials.createInsecure());
  onTestFinished(() => client.close());
  return new Promise((resolve, reject) => {
    client.PostSpans({ batch }, (error) => (error === null ? resolve() : reject(error)));
  });
}

interface Client {
  PostSpans(request: object, done: (error: ServiceError | null) => void): void;
  close(): void;
}

const TRACE_ID = Buffer.from("000102030405060708090a0b0c0d0e0f", "hex");
const id = (last: number): Buffer => Buffer.from([0, 0, 0, 0, 0, 0, 0, last]);
const text = (key: string, vStr: string): object => ({ key, vStr });

test("takes spans over gRPC: parents from references, scopes, states, statuses, processes of their own", async () => {
  const fixture = new Fixture();
  await fixture.start({ grpc: ANY });
  await postSpans(addressText(fixture.at("grpc")), {
    process: { serviceName: "shop" },
    spans: [
      {
        traceId: TRACE_ID,
        spanId: id(1),
        operationName: "op",
        references: [
          { traceId: TRACE_ID, spanId: id(8), refType: 1 },
          { traceId: TRACE_ID, spanId: id(9), refType: 0 },
        ],
        startTime: { seconds: 1, nanos: 5 },
        duration: { nanos: 10 },
        tags: [
          text("span.kind", "client"),
          text("otel.scope.name", "lib"),
          text("otel.scope.version", "2"),
          text("w3c.tracestate", "a=b"),
          { key: "http.status_code", vType: 2, vInt64: 404 },
          text("http.status_message", "gone"),
          { key: "raw", vType: 4, vBinary: Buffer.from([1, 2]) },
        ],
        logs: [{ timestamp: { seconds: 2 }, fields: [text("event", "e"), text("x", "y")] }],
      },
      {
        traceId: TRACE_ID.subarray(8),
        spanId: id(2),
        operationName: "other",
        process: { serviceName: "OTLPResourceNoServiceName" },
        tags: [
          text("otel.status_code", "ERROR"),
          text("otel.status_description", "bad"),
          { key: "error", vType: 1, vBool: false },
        ],
      },
    ],
  });
  const [first, second] = fixture.spans;
  expect(fixture.resourceSpans.map(({ resource }) => plain(resource?.attributes))).toEqual([
    { "service.name": "shop" },
    {},
  ]);
  expect(fixture.resourceSpans[0]?.scopeSpans[0]?.scope).toMatchObject({ name: "lib", version: "2" });
  expect(first).toMatchObject({
    kind: 3,
    traceState: "a=b",
    startTimeUnixNano: 1_000_000_005n,
    endTimeUnixNano: 1_000_000_015n,
    status: { code: 2, message: "gone" },
  });
  expect(hex(first?.parentSpanId)).toBe(hex(id(9)));
  expect(first?.links.map(({ spanId, attributes }) => [hex(spanId), plain(attributes)])).toEqual([
    [hex(id(8)), { "opentracing.ref_type": "follows_from" }],
  ]);
  expect(Object.keys(plain(first?.attributes))).toEqual(["http.status_code", "http.status_message", "raw"]);
  expect(first?.events[0]).toMatchObject({ name: "e", timeUnixNano: 2_000_000_000n });
  expect(hex(second?.traceId)).toBe(`0000000000000000${hex(TRACE_ID.subarray(8))}`);
  expect(second?.status).toEqual({ code: 2, message: "bad" });
  expect(plain(second?.attributes)).toEqual({ error: false });
});

test("tells a gRPC client whether trying again can help", async () => {
  const fixture = new Fixture();
  await fixture.start({ grpc: ANY });
  const batch = { spans: [{ traceId: TRACE_ID, spanId: id(1), operationName: "op" }] };
  fixture.answer = () => Promise.reject(new ConsumeError("QUEUE_FULL", "sending queue is full", { permanent: false }));
  await expect(postSpans(addressText(fixture.at("grpc")), batch)).rejects.toMatchObject({ code: 14 });
  fixture.answer = () => Promise.reject(new ConsumeError("EXPORT_FAILED", "no", { permanent: true }));
  await expect(postSpans(addressText(fixture.at("grpc")), batch)).rejects.toMatchObject({ code: 13 });
});

test.each([
  ["POST", "/api/traces", "text/plain", Buffer.alloc(0), 400, "Unsupported content type: text/plain\n"],
  [
    "POST",
    "/api/traces",
    "application/x-thrift",
    Buffer.from([9]),
    400,
    "Unable to process request body: unexpected EOF\n",
  ],
  ["GET", "/api/traces", "application/x-thrift", undefined, 405, "405 method not allowed, supported: [POST]\n"],
  ["POST", "/other", "application/x-thrift", Buffer.from([0]), 404, "404 page not found\n"],
  ["POST", "/api/traces", "application/x-thrift", Buffer.from([0]), 202, ""],
])("answers HTTP %s %s of %s as the original does", async (method, path, type, body, status, answer) => {
  const fixture = new Fixture();
  await fixture.start({ thrift_http: ANY });
  const url = `http://${addressText(fixture.at("thrift_http"))}${path}`;
  const response = await fetch(url, {
    method,
    headers: { "content-type": type },
    ...(body === undefined ? {} : { body: new Uint8Array(body) }),
  });
  expect([response.status, await response.text()]).toEqual([status, answer]);
});

test("refuses bodies that are too large, as they are and after decompression", async () => {
  const fixture = new Fixture();
  await fixture.start({ thrift_http: { ...ANY, max_request_body_size: 100 } });
  const url = `http://${addressText(fixture.at("thrift_http"))}/api/traces`;
  const headers = { "content-type": "application/x-thrift", "content-encoding": "gzip" };
  const response = await fetch(url, { method: "POST", headers, body: new Uint8Array(gzipSync(Buffer.alloc(10_000))) });
  expect(response.status).toBe(413);
});

test.each([
  [{}, "must specify at least one protocol when using the Jaeger receiver"],
  [
    { protocols: { grpc: {} }, remote_sampling: {} },
    "remote sampling config detected in the Jaeger receiver; use the `jaegerremotesampling` extension instead",
  ],
])("%j is refused", (config, what) => {
  const place = new Place("", []);
  schema.read(config, place);
  expect(place.problems.map((problem) => problem.what)).toContain(what);
});
