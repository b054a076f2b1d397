/** Receives OTLP over gRPC and HTTP on one loopback port each, and keeps what came as plain objects. */
import * as http from "node:http";
import * as http2 from "node:http2";
import type { AddressInfo, Server } from "node:net";
import { PROTOCOLS, type Signal, SIGNALS, toJson } from "@clew/otlp";

// oxlint-disable-next-line typescript/no-explicit-any -- the tests read into it by OTLP's field names
type Json = any;

export interface ReceivedSpan {
  readonly service: string;
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly status?: { readonly code?: number; readonly message?: string };
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly string[];
  readonly exceptionType: unknown;
}

export interface ReceivedLog {
  readonly service: string;
  readonly body: unknown;
  readonly severityText: string;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface ReceivedPoint {
  readonly service: string;
  readonly metric: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly value: number;
  readonly exemplarTraceIds: readonly string[];
}

export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  readonly logs: ReceivedLog[] = [];
  readonly points: ReceivedPoint[] = [];
  readonly #waiters: { readonly isMet: () => boolean; readonly resolve: () => void }[] = [];

  /** Resolves once `isMet`, which is asked after each request. */
  until(isMet: () => boolean): Promise<void> {
    if (isMet()) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ isMet, resolve }));
  }

  receive(path: string, body: Uint8Array): void {
    const signal = SIGNALS.find((name) => [PROTOCOLS[name].httpPath, PROTOCOLS[name].grpcPath].includes(path));
    if (signal === undefined) throw new Error(`no signal has the path ${path}`);
    this.#keep(signal, toJson(PROTOCOLS[signal].request, body));
    for (const { isMet, resolve } of this.#waiters) if (isMet()) resolve();
  }

  #keep(signal: Signal, request: Json): void {
    if (signal === "traces") this.spans.push(...items(request.resourceSpans, "scopeSpans", "spans").map(spanOf));
    if (signal === "logs") this.logs.push(...items(request.resourceLogs, "scopeLogs", "logRecords").map(logOf));
    if (signal === "metrics") {
      // Cumulative: what came last holds for all that came before.
      this.points.splice(0, 0, ...items(request.resourceMetrics, "scopeMetrics", "metrics").flatMap(pointsOf));
    }
  }
}

interface Item {
  readonly service: string;
  readonly item: Json;
}

function items(resources: Json[], scopes: string, name: string): Item[] {
  return resources.flatMap((resource) =>
    resource[scopes].flatMap((scope: Json) =>
      scope[name].map((item: Json) => ({ service: plain(resource.resource.attributes)["service.name"], item })),
    ),
  );
}

function spanOf({ service, item }: Item): ReceivedSpan {
  const events: Json[] = item.events ?? [];
  const exception = events.find(({ name }) => name === "exception");
  return {
    ...item,
    service,
    attributes: plain(item.attributes),
    events: events.map(({ name }) => name),
    exceptionType: plain(exception?.attributes)["exception.type"],
  };
}

function logOf({ service, item }: Item): ReceivedLog {
  return { ...item, service, body: valueOf(item.body), attributes: plain(item.attributes) };
}

function pointsOf({ service, item }: Item): ReceivedPoint[] {
  const data = item.sum ?? item.gauge ?? item.histogram;
  return data.dataPoints.map((point: Json) => ({
    service,
    metric: item.name,
    attributes: plain(point.attributes),
    value: Number(point.asDouble ?? point.asInt ?? point.count),
    exemplarTraceIds: (point.exemplars ?? []).map(({ traceId }: Json) => traceId),
  }));
}

function plain(attributes: Json[] | undefined): Record<string, unknown> {
  return Object.fromEntries((attributes ?? []).map(({ key, value }) => [key, valueOf(value)]));
}

function valueOf(value: Json): unknown {
  const [content] = Object.values(value ?? {});
  return value?.intValue === undefined ? content : Number(content);
}

export interface ListeningServer {
  readonly url: string;
  close(): Promise<void>;
}

export async function listenHttp(receiver: OtlpReceiver): Promise<ListeningServer> {
  const respond = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    receiver.receive(request.url ?? "", await readAll(request));
    response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
  };
  const server = http.createServer((request, response) => void respond(request, response));
  return listening(server, () => server.closeAllConnections());
}

export async function listenGrpc(receiver: OtlpReceiver): Promise<ListeningServer> {
  const server = http2.createServer();
  const sessions = new Set<http2.ServerHttp2Session>();
  server.on("session", (session) => void sessions.add(session));
  const respond = async (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders): Promise<void> => {
    const message = await readAll(stream);
    receiver.receive(String(headers[":path"]), message.subarray(5));
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(Buffer.alloc(5));
  };
  server.on("stream", (stream, headers) => void respond(stream, headers));
  return listening(server, () => {
    for (const session of sessions) session.destroy();
  });
}

async function listening(server: Server, disconnect: () => void): Promise<ListeningServer> {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      disconnect();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
