import { type Attributes, type Span, SpanKind } from "@opentelemetry/api";
import {
  BatchSpanProcessor,
  resourceFromAttributes,
  TracerProvider,
  ZipkinExporter,
  type ZipkinExporterConfig,
} from "../../index.ts";
import { type LoopbackServer, startLoopbackServer } from "../../loopback-server.test-kit.ts";

export interface Made {
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  readonly resource?: Attributes;
  readonly with?: (span: Span) => void;
}

export interface ZipkinServer extends LoopbackServer {
  /** The spans of each request so far. */
  readonly received: Record<string, unknown>[][];
}

/** A server that takes spans in JSON, and answers with this status. */
export async function startZipkinServer(status = 202): Promise<ZipkinServer> {
  const received: Record<string, unknown>[][] = [];
  const server = await startLoopbackServer(({ headers }, body) => {
    if (headers["content-type"] !== "application/json") return { status: 415 };
    received.push(JSON.parse(body) as Record<string, unknown>[]);
    return { status };
  });
  return { ...server, received };
}

/** Sends a span from 10.000000001 s to 10.0012346 s after the epoch. */
export async function sendSpan(made: Made, config: ZipkinExporterConfig): Promise<void> {
  const provider = new TracerProvider({
    resource: resourceFromAttributes(made.resource ?? { "service.name": "shop" }),
    spanProcessors: [new BatchSpanProcessor(new ZipkinExporter({ env: {}, ...config }), { env: {} })],
  });
  const { kind = SpanKind.INTERNAL, attributes = {} } = made;
  const span = provider.getTracer("lib", "1.2").startSpan("work", { kind, attributes, startTime: [10, 1] });
  made.with?.(span);
  span.end([10, 1_234_600]);
  await provider.shutdown();
}

/** What Zipkin gets of such a span. */
export async function sent(made: Made, config: ZipkinExporterConfig = {}): Promise<Record<string, unknown>> {
  const server = await startZipkinServer();
  await sendSpan(made, { url: `${server.url}/api/v2/spans`, ...config });
  server.close();
  return server.received.at(-1)?.[0] ?? {};
}

export async function tagsOf(made: Made, config?: ZipkinExporterConfig): Promise<unknown> {
  return (await sent(made, config))["tags"];
}
