import * as http2 from "node:http2";
import * as https from "node:https";
import type { AddressInfo, Server } from "node:net";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { collectDiagnostics } from "../diagnostics.test-kit.ts";
import { BatchSpanProcessor, type OTLPExporterConfig, OTLPTraceExporter, TracerProvider } from "../index.ts";
import { unregisterAll } from "../registered-sdk.test-kit.ts";
import { CERTIFICATE, KEY } from "./tls.test-kit.ts";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  unregisterAll();
  for (const close of closers.splice(0)) await close();
});

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
}

/** A server of each protocol that answers everything with success. */
async function startTlsServer(
  protocol: "grpc" | "http/protobuf",
): Promise<{ port: number; requestCount: () => number }> {
  let count = 0;
  if (protocol === "http/protobuf") {
    const server = https.createServer({ cert: CERTIFICATE, key: KEY }, (_, response) => {
      count++;
      response.writeHead(200, { connection: "close" }).end();
    });
    return { port: await portOf(server), requestCount: () => count };
  }
  const server = http2.createSecureServer({ cert: CERTIFICATE, key: KEY });
  server.on("stream", (stream) => {
    count++;
    stream.respond({ ":status": 200, "content-type": "application/grpc", "grpc-status": "0" }, { endStream: true });
  });
  return { port: await portOf(server), requestCount: () => count };
}

async function sendSpan(config: OTLPExporterConfig): Promise<string[]> {
  const diagnostics = collectDiagnostics();
  const exporter = new OTLPTraceExporter({ env: {}, timeoutMillis: 500, ...config });
  const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter, { env: {} })] });
  provider.getTracer("t").startSpan("work").end();
  await provider.shutdown();
  return diagnostics.lines;
}

test.each(["grpc", "http/protobuf"] as const)(
  "%s goes over TLS to a server whose authority is known",
  async (protocol) => {
    const { port, requestCount } = await startTlsServer(protocol);
    const url = `https://127.0.0.1:${port}`;
    expect(await sendSpan({ protocol, url, tls: { ca: CERTIFICATE } })).toEqual([]);
    expect(requestCount()).toBe(1);
  },
);

test.each(["grpc", "http/protobuf"] as const)(
  "%s does not trust a server whose authority is not known",
  async (protocol) => {
    const { port, requestCount } = await startTlsServer(protocol);
    const [line] = await sendSpan({ protocol, url: `https://127.0.0.1:${port}` });
    expect(line).toContain("self-signed certificate");
    expect(requestCount()).toBe(0);
  },
);

test("the environment names the authority's file, and a gRPC address without a scheme means TLS", async () => {
  const folder = await mkdtemp(join(tmpdir(), "clew-sdk-"));
  closers.push(() => rm(folder, { recursive: true }));
  const file = join(folder, "ca.pem");
  await writeFile(file, CERTIFICATE);
  const { port, requestCount } = await startTlsServer("grpc");
  const env = {
    OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
    OTEL_EXPORTER_OTLP_ENDPOINT: `127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_CERTIFICATE: file,
  };
  expect(await sendSpan({ env })).toEqual([]);
  expect(requestCount()).toBe(1);
});
