/** An OTLP/HTTP receiver on loopback, for protobuf and JSON, which keeps what it is sent in shapes that tests can read. */
import http from "node:http";
import type { AddressInfo } from "node:net";
import {
  type AnyValueObject,
  decode,
  fromJson,
  type KeyValueObject,
  type LogsObject,
  type MetricsObject,
  PROTOCOLS,
  type Signal,
  SIGNALS,
  type SpanObject,
  type TracesObject,
} from "@clew/otlp";

/** How long a test waits for telemetry. */
const DEADLINE_MS = 15_000;

type Attributes = Readonly<Record<string, unknown>>;

export interface SentSpan {
  readonly scope: string;
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly attributes: Attributes;
  readonly events: readonly { readonly name: string; readonly attributes: Attributes }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  /** 0 is unset, 2 an error. */
  readonly status: { readonly code: number; readonly message: string };
  readonly service: unknown;
}

export interface SentLog {
  readonly scope: string;
  readonly body: unknown;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly attributes: Attributes;
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
}

export interface SentPoint {
  readonly metric: string;
  readonly unit: string;
  readonly attributes: Attributes;
  /** Of a sum or gauge. */
  readonly value?: number;
  /** Of a histogram. */
  readonly count?: number;
  readonly sum?: number | undefined;
}

export class TelemetrySink {
  readonly spans: SentSpan[] = [];
  readonly logs: SentLog[] = [];
  points: SentPoint[] = [];
  /** How what came was written. */
  readonly contentTypes: Set<string | undefined> = new Set();
  readonly #server = http.createServer((request, response) => void this.#receive(request, response));
  readonly #waiters = new Set<() => void>();

  static async start(): Promise<TelemetrySink> {
    const sink = new TelemetrySink();
    await new Promise<void>((resolve) => sink.#server.listen(0, "127.0.0.1", resolve));
    return sink;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves with what `find` finds, as soon as enough came; fails with what did come. */
  async until<Found>(find: (sink: this) => Found | undefined | false, note: () => string = () => ""): Promise<Found> {
    return await new Promise<Found>((resolve, reject) => {
      const look = (): void => {
        const found = find(this);
        if (found === undefined || found === false) return;
        clearTimeout(timer);
        this.#waiters.delete(look);
        resolve(found);
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(look);
        const { spans, logs, points } = this;
        reject(new Error(`it was not sent; sent were ${JSON.stringify({ spans, logs, points }, null, 1)}\n${note()}`));
      }, DEADLINE_MS);
      this.#waiters.add(look);
      look();
    });
  }

  /** The first span of that name. */
  span(name: string): Promise<SentSpan> {
    return this.until(({ spans }) => spans.find((span) => span.name === name));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #receive(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const signal = SIGNALS.find((one) => PROTOCOLS[one].httpPath === request.url);
    const type = request.headers["content-type"];
    this.contentTypes.add(type);
    const body = Buffer.concat(chunks);
    const isJson = type === "application/json";
    if (signal !== undefined) this.#keep(signal, isJson ? fromJson(PROTOCOLS[signal].request, body.toString()) : body);
    response.writeHead(200, { "content-type": type }).end(isJson ? "{}" : "");
    for (const look of this.#waiters) look();
  }

  #keep(signal: Signal, bytes: Uint8Array): void {
    const message: unknown = decode(PROTOCOLS[signal].request, bytes);
    if (signal === "traces") this.spans.push(...spansOf(message as TracesObject));
    else if (signal === "logs") this.logs.push(...logsOf(message as LogsObject));
    // Cumulative: what came last tells all.
    else this.points = pointsOf(message as MetricsObject);
  }
}

function spansOf({ resourceSpans }: TracesObject): SentSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = attributesOf(resource?.attributes)["service.name"];
    return scopeSpans.flatMap(({ scope, spans }) => spans.map((span) => spanOf(span, scope?.name ?? "", service)));
  });
}

function spanOf(span: SpanObject, scope: string, service: unknown): SentSpan {
  const { name, kind, attributes, events, links, status } = span;
  return {
    scope,
    name,
    kind,
    traceId: hex(span.traceId) ?? "",
    spanId: hex(span.spanId) ?? "",
    parentSpanId: hex(span.parentSpanId),
    attributes: attributesOf(attributes),
    events: events.map((event) => ({ name: event.name, attributes: attributesOf(event.attributes) })),
    links: links.map((link) => ({ traceId: hex(link.traceId) ?? "", spanId: hex(link.spanId) ?? "" })),
    status: status ?? { code: 0, message: "" },
    service,
  };
}

function logsOf({ resourceLogs }: LogsObject): SentLog[] {
  return resourceLogs.flatMap(({ scopeLogs }) =>
    scopeLogs.flatMap(({ scope, logRecords }) =>
      logRecords.map(({ body, severityNumber, severityText, attributes, traceId, spanId }) => ({
        scope: scope?.name ?? "",
        body: valueOf(body),
        severityNumber,
        severityText,
        attributes: attributesOf(attributes),
        traceId: hex(traceId),
        spanId: hex(spanId),
      })),
    ),
  );
}

function pointsOf({ resourceMetrics }: MetricsObject): SentPoint[] {
  const metrics = resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));
  return metrics.flatMap(({ name, unit, sum, gauge, histogram }) => [
    ...[...(sum?.dataPoints ?? []), ...(gauge?.dataPoints ?? [])].map(({ attributes, asDouble, asInt }) => ({
      metric: name,
      unit,
      attributes: attributesOf(attributes),
      value: asDouble ?? Number(asInt),
    })),
    ...(histogram?.dataPoints ?? []).map(({ attributes, count, sum: total }) => ({
      metric: name,
      unit,
      attributes: attributesOf(attributes),
      count: Number(count),
      sum: total,
    })),
  ]);
}

function attributesOf(attributes: readonly KeyValueObject[] = []): Attributes {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, valueOf(value)]));
}

function valueOf(value: AnyValueObject | undefined): unknown {
  if (value?.arrayValue !== undefined) return value.arrayValue.values.map(valueOf);
  if (value?.kvlistValue !== undefined) return attributesOf(value.kvlistValue.values);
  if (value?.intValue !== undefined) return Number(value.intValue);
  return value?.stringValue ?? value?.boolValue ?? value?.doubleValue ?? value?.bytesValue;
}

/** An id that is absent has no bytes. */
function hex(id: Uint8Array): string | undefined {
  return id.length === 0 ? undefined : Buffer.from(id).toString("hex");
}
