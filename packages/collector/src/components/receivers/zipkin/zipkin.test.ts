import { gzipSync } from "node:zlib";
import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { ZipkinExporter } from "@opentelemetry/exporter-zipkin";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import {
  decode,
  payloadBytes,
  PROTOCOLS,
  Writer,
  type KeyValueObject,
  type Payload,
  type TracesObject,
} from "@clew/otlp";
import { expect, onTestFinished, test } from "vitest";
import { componentSettings, type ComponentKit } from "../../../component.test-kit.ts";
import { ConsumeError } from "../../../consumer.ts";
import { addressText } from "../../../net/address.ts";
import { Place } from "../../../schema/place.ts";
import { schema } from "./config.ts";
import { ZipkinReceiver } from "./zipkin.ts";

class Fixture {
  readonly payloads: Payload[] = [];
  readonly kit: ComponentKit = componentSettings("receiver", "zipkin");
  answer: () => Promise<void> = () => Promise.resolve();
  readonly transports: string[] = [];

  async start(config: object = {}): Promise<void> {
    const place = new Place("", []);
    const read = schema.read({ endpoint: "127.0.0.1:0", ...config }, place);
    if (place.problems.length > 0) throw new Error(JSON.stringify(place.problems));
    const receiver = new ZipkinReceiver(this.kit.settings, read, (transport) => ({
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

  get url(): string {
    const { endpoint } = this.kit.addresses;
    if (endpoint === undefined) throw new Error("nothing listens");
    return `http://${addressText(endpoint)}`;
  }

  post(path: string, body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Response> {
    const sent = typeof body === "string" ? body : new Uint8Array(body);
    return fetch(this.url + path, {
      method: "POST",
      body: sent,
      headers: { "content-type": "application/json", ...headers },
    });
  }

  get resourceSpans(): TracesObject["resourceSpans"] {
    return this.payloads.flatMap(
      (payload) => (decode(PROTOCOLS.traces.request, payloadBytes(payload)) as unknown as TracesObject).resourceSpans,
    );
  }

  get spans(): TracesObject["resourceSpans"][number]["scopeSpans"][number]["spans"] {
    return this.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  }

  get resources(): Record<string, unknown>[] {
    return this.resourceSpans.map(({ resource }) => plain(resource?.attributes));
  }
}

function plain(attributes: readonly KeyValueObject[] = []): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value?.stringValue ?? value?.intValue ?? value?.boolValue ?? value?.doubleValue,
    ]),
  );
}

function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString("hex");
}

test("takes what OpenTelemetry's exporter for Zipkin sends", async () => {
  const fixture = new Fixture();
  await fixture.start();
  const exporter = new ZipkinExporter({ url: `${fixture.url}/api/v2/spans` });
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ "service.name": "shop", "host.name": "h" }),
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  const span = provider.getTracer("kit").startSpan("op", { kind: SpanKind.CLIENT, attributes: { n: 1 } });
  span.addEvent("retry").setStatus({ code: SpanStatusCode.ERROR, message: "bad" }).end();
  await provider.shutdown();
  expect(fixture.transports).toEqual(["http_v2_json"]);
  expect(fixture.resources[0]).toMatchObject({ "service.name": "shop", "host.name": "h" });
  const [taken] = fixture.spans;
  expect(taken).toMatchObject({ name: "op", kind: 3, status: { code: 2 } });
  expect(hex(taken?.spanId)).toBe(span.spanContext().spanId);
  expect(hex(taken?.traceId)).toBe(span.spanContext().traceId);
  expect(taken?.events[0]?.name).toBe("retry");
  expect(plain(taken?.attributes)).toMatchObject({ n: "1" });
});

const V2 = [
  {
    traceId: "4d1e00c0db9010db86154a4ba6e91385",
    parentId: "86154a4ba6e91385",
    id: "4d1e00c0db9010db",
    kind: "CLIENT",
    name: "get",
    timestamp: 1472470996199000,
    duration: 207000,
    localEndpoint: { serviceName: "frontend", ipv6: "7::80:807f", port: 80 },
    remoteEndpoint: { serviceName: "backend", ipv4: "192.168.99.101", port: 9000 },
    annotations: [
      { timestamp: 1472470996238000, value: "foo" },
      { timestamp: 1472470996403000, value: 'bar|{"n":1,"x":"y|z"}|2' },
    ],
    tags: {
      "http.path": "/api",
      code: "200",
      ratio: "1.5",
      flag: "true",
      "otel.scope.name": "lib",
      "otel.scope.version": "1",
      "w3c.tracestate": "a=b",
      "otlp.link.0": '4d1e00c0db9010db86154a4ba6e91386|4d1e00c0db9010dc|c=d|{"k":true}|0',
      "k8s.pod.name": "pod",
    },
  },
  {
    traceId: "86154a4ba6e91385",
    id: "4d1e00c0db9010dd",
    parentId: "4d1e00c0db9010dd",
    name: "no time",
    duration: 5,
    tags: {
      error: "oops",
      "span.kind": "internal",
      "otel.status_code": "STATUS_CODE_OK",
      "otel.status_description": "d",
    },
  },
];

test("translates version 2: endpoints, annotations, links, states, resources, missing times", async () => {
  const fixture = new Fixture();
  await fixture.start({ parse_string_tags: true });
  const response = await fixture.post("/api/v2/spans", gzipSync(JSON.stringify(V2)), { "content-encoding": "gzip" });
  expect([response.status, await response.text()]).toEqual([202, ""]);
  expect(fixture.resources).toEqual([{ "service.name": "frontend", "k8s.pod.name": "pod" }, {}]);
  expect(fixture.resourceSpans[0]?.scopeSpans[0]?.scope).toMatchObject({ name: "lib", version: "1" });
  const [first, second] = fixture.spans;
  expect(first).toMatchObject({
    kind: 3,
    traceState: "a=b",
    startTimeUnixNano: 1472470996199000000n,
    endTimeUnixNano: 1472470996406000000n,
  });
  expect([hex(first?.traceId), hex(first?.spanId), hex(first?.parentSpanId)]).toEqual([
    "4d1e00c0db9010db86154a4ba6e91385",
    "4d1e00c0db9010db",
    "86154a4ba6e91385",
  ]);
  expect(plain(first?.attributes)).toEqual({
    "http.path": "/api",
    code: 200n,
    ratio: 1.5,
    flag: true,
    "network.local.address": "7::80:807f",
    "net.host.port": 80n,
    "service.peer.name": "backend",
    "network.peer.address": "192.168.99.101",
    "net.peer.port": 9000n,
  });
  expect(
    first?.events.map(({ name, attributes, droppedAttributesCount }) => [
      name,
      plain(attributes),
      droppedAttributesCount,
    ]),
  ).toEqual([
    ["foo", {}, 0],
    ["bar", { n: 1n, x: "y|z" }, 2],
  ]);
  expect(
    first?.links.map(({ spanId, traceState, attributes }) => [hex(spanId), traceState, plain(attributes)]),
  ).toEqual([["4d1e00c0db9010dc", "c=d", { k: true }]]);
  expect(second).toMatchObject({
    kind: 1,
    status: { code: 2, message: "d" },
    startTimeUnixNano: 0n,
    endTimeUnixNano: 5000n,
  });
  expect(hex(second?.parentSpanId)).toBe("");
  expect(plain(second?.attributes)).toEqual({ error: "oops", "otel.zipkin.absentField.startTime": true });
});

test("takes version 2 as protobuf", async () => {
  const writer = new Writer();
  const span = writer.begin(1);
  writer.bytes(1, Buffer.from("4d1e00c0db9010db86154a4ba6e91385", "hex"));
  writer.bytes(3, Buffer.from("4d1e00c0db9010db", "hex"));
  writer.uint(4, 2);
  writer.string(5, "get");
  writer.fixed64(6, 1_000n);
  writer.uint(7, 20);
  const local = writer.begin(8);
  writer.string(1, "frontend");
  writer.bytes(2, Buffer.from([127, 0, 0, 1]));
  writer.end(local);
  const remote = writer.begin(9);
  writer.bytes(3, Buffer.from("00070000000000000000000000808077", "hex"));
  writer.uint(4, 9000);
  writer.end(remote);
  const annotation = writer.begin(10);
  writer.fixed64(1, 1_005n);
  writer.string(2, "foo");
  writer.end(annotation);
  const tag = writer.begin(11);
  writer.string(1, "k");
  writer.string(2, "v");
  writer.end(tag);
  writer.end(span);
  const fixture = new Fixture();
  await fixture.start();
  const response = await fixture.post("/api/v2/spans", writer.finish(), { "content-type": "application/x-protobuf" });
  expect(response.status).toBe(202);
  expect(fixture.transports).toEqual(["http_v2_proto"]);
  expect(fixture.resources).toEqual([{ "service.name": "frontend" }]);
  const [taken] = fixture.spans;
  expect(taken).toMatchObject({ kind: 2, name: "get", startTimeUnixNano: 1_000_000n, endTimeUnixNano: 1_020_000n });
  expect(plain(taken?.attributes)).toEqual({
    k: "v",
    "network.local.address": "127.0.0.1",
    "network.peer.address": "7::80:8077",
    "net.peer.port": 9000n,
  });
  expect(taken?.events[0]).toMatchObject({ name: "foo", timeUnixNano: 1_005_000n });
});

test("translates version 1 as JSON", async () => {
  const endpoint = { serviceName: "front-proxy", ipv4: "172.31.0.2", port: 80 };
  const fixture = new Fixture();
  await fixture.start();
  const spans = [
    {
      traceId: "0ed2e63cbe71f5a8",
      id: "0ed2e63cbe71f5a9",
      parentId: "0ed2e63cbe71f5a8",
      name: "checkAvailability",
      annotations: [
        { timestamp: 1544805927446743, value: "sr", endpoint },
        { timestamp: 1544805927448000, value: "note", endpoint },
        { timestamp: 1544805927459699, value: "ss", endpoint },
      ],
      binaryAnnotations: [
        { key: "http.status_code", value: "503" },
        { key: "lc", value: "comp" },
      ],
    },
    {
      traceId: "0ed2e63cbe71f5a8",
      id: "0ed2e63cbe71f5aa",
      name: "bare",
      binaryAnnotations: [{ key: "lc", value: "comp" }],
    },
  ];
  expect((await fixture.post("/api/v1/spans", JSON.stringify(spans))).status).toBe(202);
  expect(fixture.transports).toEqual(["http_v1_json"]);
  expect(fixture.resources).toEqual([
    { "service.name": "front-proxy", ipv4: "172.31.0.2", port: "80" },
    { "service.name": "comp" },
  ]);
  const [first, second] = fixture.spans;
  expect(first).toMatchObject({
    kind: 2,
    startTimeUnixNano: 1544805927446743000n,
    endTimeUnixNano: 1544805927459699000n,
    status: { code: 2, message: "" },
  });
  expect(first?.events.map(({ name }) => name)).toEqual(["note"]);
  expect(plain(first?.attributes)).toEqual({ "http.status_code": "503", component: "comp" });
  expect(plain(second?.attributes)).toEqual({ component: "comp", "otel.zipkin.absentField.startTime": true });
});

/** Thrift's binary protocol, as far as a span of version 1 needs it. */
class ThriftWriter {
  readonly #parts: Buffer[] = [];

  field(type: number, id: number, value: Buffer): this {
    this.#parts.push(Buffer.from([type, id >> 8, id & 255]), value);
    return this;
  }

  i64(id: number, value: bigint): this {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(value);
    return this.field(10, id, bytes);
  }

  i32(id: number, value: number): this {
    return this.field(8, id, int32(value));
  }

  text(id: number, value: string | Uint8Array): this {
    return this.field(11, id, Buffer.concat([int32(Buffer.from(value).length), Buffer.from(value)]));
  }

  struct(id: number, value: ThriftWriter): this {
    return this.field(12, id, value.bytes());
  }

  list(id: number, values: readonly ThriftWriter[]): this {
    return this.field(15, id, listBytes(values));
  }

  bytes(): Buffer {
    return Buffer.concat([...this.#parts, Buffer.from([0])]);
  }
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function listBytes(values: readonly ThriftWriter[]): Buffer {
  return Buffer.concat([Buffer.from([12]), int32(values.length), ...values.map((one) => one.bytes())]);
}

test("translates version 1 as Thrift, with typed values", async () => {
  const host = new ThriftWriter()
    .i32(1, 0x0a000001)
    .field(6, 2, Buffer.from([0x1f, 0x90]))
    .text(3, "svc");
  const annotation = new ThriftWriter().i64(1, 1_000n).text(2, "cs").struct(3, host);
  const binary = (key: string, type: number, value: Buffer): ThriftWriter =>
    new ThriftWriter().text(1, key).text(2, value).i32(3, type);
  const span = new ThriftWriter()
    .i64(1, 1n)
    .i64(12, 2n)
    .text(3, "get")
    .i64(4, 3n)
    .list(6, [annotation])
    .list(8, [
      binary("b", 0, Buffer.from([1])),
      binary("i", 2, Buffer.from([1, 0])),
      binary("short", 4, Buffer.from([1])),
      binary("s", 6, Buffer.from("text")),
      binary("error", 6, Buffer.from("x")),
    ])
    .i64(10, 5_000n)
    .i64(11, 10n);
  const fixture = new Fixture();
  await fixture.start();
  const response = await fixture.post("/api/v1/spans", listBytes([span]), { "content-type": "application/x-thrift" });
  expect(response.status).toBe(202);
  expect(fixture.transports).toEqual(["http_v1_thrift"]);
  expect(fixture.resources).toEqual([{ "service.name": "svc", ipv4: "10.0.0.1", port: "8080" }]);
  const [taken] = fixture.spans;
  expect(taken).toMatchObject({
    kind: 3,
    startTimeUnixNano: 5_000_000n,
    endTimeUnixNano: 5_010_000n,
    status: { code: 2 },
  });
  expect(hex(taken?.traceId)).toBe("00000000000000020000000000000001");
  expect(plain(taken?.attributes)).toEqual({
    b: true,
    i: 256n,
    short: "<not enough bytes representing the number>",
    s: "text",
  });
});

const SPAN = JSON.stringify([{ traceId: "1", id: "1", name: "x" }]);

test.each([
  ["{", 400, /JSON/],
  ['[{"traceId":"1"}]', 400, /^valid span id required\n$/],
  ['[{"traceId":"0","id":"1"}]', 400, /^valid traceId required\n$/],
  ["[]", 202, /^$/],
  [SPAN, 202, /^$/],
])("answers %s as the original does", async (body, status, text) => {
  const fixture = new Fixture();
  await fixture.start();
  const response = await fixture.post("/api/v2/spans", body);
  expect(response.status).toBe(status);
  expect(await response.text()).toMatch(text);
});

test("tells whether trying again can help", async () => {
  const fixture = new Fixture();
  await fixture.start();
  fixture.answer = () => Promise.reject(new ConsumeError("QUEUE_FULL", "full", { permanent: false }));
  const refused = await fixture.post("/api/v2/spans", SPAN);
  expect([refused.status, await refused.text()]).toEqual([500, '"Internal Server Error"']);
  fixture.answer = () => Promise.reject(new ConsumeError("EXPORT_FAILED", "no", { permanent: true }));
  const failed = await fixture.post("/api/v2/spans", SPAN);
  expect([failed.status, await failed.text()]).toEqual([400, '"Bad Request"']);
});

test("lets web pages send that it is told to", async () => {
  const fixture = new Fixture();
  await fixture.start({ cors: { allowed_origins: ["https://*.example.com"] } });
  const preflight = await fetch(`${fixture.url}/api/v2/spans`, {
    method: "OPTIONS",
    headers: { origin: "https://shop.example.com", "access-control-request-method": "POST" },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get("access-control-allow-origin")).toBe("https://shop.example.com");
  const other = await fixture.post("/api/v2/spans", SPAN, { origin: "https://evil.test" });
  expect(other.headers.get("access-control-allow-origin")).toBeNull();
});
