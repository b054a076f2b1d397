/** Exports make no spans, whatever instruments the modules that they use, and make no context active only for that. */
import { context, ROOT_CONTEXT, type Tracer } from "@opentelemetry/api";
import { afterEach, expect, test } from "vitest";
import {
  AsyncLocalStorageContextManager,
  BatchLogRecordProcessor,
  LoggerProvider,
  OTLPLogExporter,
  TracerProvider,
} from "../index.ts";
import { startGrpcServer, startHttpServer } from "../otlp-servers.test-kit.ts";
import { unregisterAll } from "../registered-sdk.test-kit.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  unregisterAll();
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

/** A tracer, and the names of the spans that it recorded. */
function recordingTracer(): { tracer: Tracer; names: string[] } {
  const names: string[] = [];
  const processor = {
    onStart: () => {},
    onEnd: ({ name }: { name: string }) => void names.push(name),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  return { tracer: new TracerProvider({ spanProcessors: [processor] }).getTracer("net"), names };
}

/** What an instrumentation of `node:net` does. Returns how often it was called. */
function instrumentConnect(tracer: Tracer): () => number {
  const net = process.getBuiltinModule("node:net");
  const { connect } = net;
  let count = 0;
  net.connect = ((...args: Parameters<typeof connect>) => {
    count++;
    tracer.startSpan("tcp.connect").end();
    return connect(...args);
  }) as typeof connect;
  cleanUps.push(() => (net.connect = connect));
  return () => count;
}

async function exportOne(
  protocol: "http/protobuf" | "grpc",
  headers?: () => Promise<Record<string, string>>,
): Promise<void> {
  const server = await (protocol === "grpc" ? startGrpcServer() : startHttpServer());
  cleanUps.push(() => server.close());
  const exporter = new OTLPLogExporter({ env: {}, protocol, url: server.url, ...(headers && { headers }) });
  const provider = new LoggerProvider({ processors: [new BatchLogRecordProcessor(exporter, { env: {} })] });
  provider.getLogger("x").emit({ body: "hello" });
  await provider.forceFlush();
  expect(server.received).toHaveLength(1);
  await provider.shutdown();
}

test.each([
  ["http/protobuf", false],
  ["http/protobuf", true],
  ["grpc", false],
  ["grpc", true],
] as const)("%s: a connection is opened untraced, with contexts in use: %s", async (protocol, isInUse) => {
  const manager = new AsyncLocalStorageContextManager();
  context.setGlobalContextManager(manager);
  const { tracer, names } = recordingTracer();
  const connects = instrumentConnect(tracer);
  if (isInUse) context.with(ROOT_CONTEXT, () => {});
  await exportOne(protocol);
  expect(connects()).toBe(1);
  expect(names).toEqual([]);
  expect(manager.isInUse).toBe(isInUse);
  tracer.startSpan("own").end();
  expect(names).toEqual(["own"]);
});

test.each(["http/protobuf", "grpc"] as const)("%s: what is called for headers is untraced", async (protocol) => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  const { tracer, names } = recordingTracer();
  let asked = 0;
  await exportOne(protocol, async () => {
    tracer.startSpan("before").end();
    await Promise.resolve();
    tracer.startSpan("behind").end();
    return { token: String(asked++) };
  });
  expect(asked).toBe(1);
  expect(names).toEqual([]);
});
