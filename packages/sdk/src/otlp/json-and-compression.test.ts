import * as zlib from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { collectDiagnostics } from "../diagnostics.test-kit.ts";
import {
  BatchSpanProcessor,
  type OTLPExporterConfig,
  OTLPTraceExporter,
  resourceFromAttributes,
  TracerProvider,
} from "../index.ts";
import { decode } from "../otlp-schema.test-kit.ts";
import { type HttpAnswer, type OtlpServer, startGrpcServer, startHttpServer } from "../otlp-servers.test-kit.ts";
import { unregisterAll } from "../registered-sdk.test-kit.ts";

const servers: OtlpServer[] = [];
afterEach(async () => {
  unregisterAll();
  for (const server of servers.splice(0)) await server.close();
});

async function started(starting: Promise<OtlpServer>): Promise<OtlpServer> {
  const server = await starting;
  servers.push(server);
  return server;
}

/** Sends one span and resolves to what the SDK reported. */
async function sendSpan(config: OTLPExporterConfig): Promise<string[]> {
  const diagnostics = collectDiagnostics();
  const exporter = new OTLPTraceExporter({ env: {}, ...config });
  const resource = resourceFromAttributes({ "service.name": "shop" });
  const provider = new TracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(exporter, { env: {} })] });
  provider
    .getTracer("t")
    .startSpan("work", { attributes: { count: 3 } })
    .end();
  await provider.shutdown();
  return diagnostics.lines;
}

describe("HTTP/JSON", () => {
  const send = async (answer?: HttpAnswer): Promise<{ readonly server: OtlpServer; readonly lines: string[] }> => {
    const server = await started(startHttpServer(() => answer ?? {}));
    return { server, lines: await sendSpan({ url: server.url, protocol: "http/json" }) };
  };

  test("the request is OTLP/JSON: hex ids, numbers of 64 bits as text, names in lowerCamelCase", async () => {
    const { server, lines } = await send();
    expect(lines).toEqual([]);
    expect(server.received[0]?.headers["content-type"]).toBe("application/json");
    expect(JSON.parse(server.received[0]?.body.toString("utf8") ?? "")).toMatchObject({
      resourceSpans: [
        {
          resource: { attributes: [{ key: "service.name", value: { stringValue: "shop" } }] },
          scopeSpans: [
            {
              scope: { name: "t" },
              spans: [
                {
                  traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
                  spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
                  name: "work",
                  kind: 1,
                  startTimeUnixNano: expect.stringMatching(/^\d{19}$/),
                  attributes: [{ key: "count", value: { intValue: "3" } }],
                },
              ],
            },
          ],
        },
      ],
    });
  });

  test("a partial success in JSON is reported", async () => {
    const body = Buffer.from('{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too old"}}');
    const { server, lines } = await send({ headers: { "content-type": "application/json" }, body });
    expect(lines).toEqual([`warn ${server.url}/ rejected 1 spans: too old`]);
  });

  test("an answer that is no JSON does not make a success a failure", async () => {
    expect((await send({ body: Buffer.from("ok") })).lines).toEqual([]);
  });

  test("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL chooses it", async () => {
    const server = await started(startHttpServer());
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: server.url, OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/json" };
    await sendSpan({ env });
    expect(server.received[0]?.path).toBe("/v1/traces");
    expect(server.received[0]?.headers["content-type"]).toBe("application/json");
  });
});

describe("zstd", () => {
  const { zstdDecompressSync } = zlib as { readonly zstdDecompressSync?: (data: Uint8Array) => Buffer };

  test.runIf(zstdDecompressSync !== undefined)("compresses what goes by HTTP", async () => {
    const server = await started(startHttpServer());
    expect(await sendSpan({ url: server.url, compression: "zstd" })).toEqual([]);
    expect(server.received[0]?.headers["content-encoding"]).toBe("zstd");
    const body = zstdDecompressSync?.(server.received[0]?.body ?? Buffer.alloc(0));
    expect(decode("TracesRequest", body ?? Buffer.alloc(0)).resource_spans).toHaveLength(1);
  });

  test.runIf(zstdDecompressSync === undefined)("is gzip, with a warning, where Node has none", async () => {
    const server = await started(startHttpServer());
    const lines = await sendSpan({ url: server.url, compression: "zstd" });
    expect(lines).toEqual([expect.stringMatching(/^warn OTLP compression zstd is not in Node .*: gzip is used$/)]);
    expect(server.received[0]?.headers["content-encoding"]).toBe("gzip");
  });

  test("is gzip, with a warning, for gRPC", async () => {
    const server = await started(startGrpcServer());
    const lines = await sendSpan({ url: server.url, protocol: "grpc", compression: "zstd" });
    expect(lines).toEqual(["warn OTLP compression zstd is not for gRPC: gzip is used"]);
    expect(server.received[0]?.headers["grpc-encoding"]).toBe("gzip");
  });
});

test("a request that is larger than the limit is not sent, and reported", async () => {
  const server = await started(startHttpServer());
  const lines = await sendSpan({ url: server.url, maxRequestSize: 10 });
  expect(server.received).toEqual([]);
  expect(lines).toEqual([expect.stringMatching(/a request of \d+ bytes exceeds the limit of 10/)]);
});
