import type { Payload } from "@clew/otlp";
import type { Component, Settings } from "../../../component.ts";
import type { Consumer, Consumers } from "../../../consumer.ts";
import { addressText, type Address } from "../../../net/address.ts";
import { whatOf } from "../../../net/outcome.ts";
import { failed, PostServer, type PostAnswer, type PostedRequest } from "../../../net/post-server.ts";
import type { PostServerConfig } from "../../../net/post-server-config.ts";
import { BinaryReader } from "../../../thrift/binary.ts";
import { CompactReader } from "../../../thrift/compact.ts";
import type { JaegerConfig, JaegerGrpcConfig, UdpConfig } from "./config.ts";
import { JaegerGrpcServer } from "./grpc-server.ts";
import type { JaegerBatch } from "./jaeger-span.ts";
import { batchOfThrift } from "./thrift-batch.ts";
import { payloadOfBatch } from "./translate.ts";
import { UdpServer } from "./udp-server.ts";

const HTTP_PATH = "/api/traces";

/** A server of one protocol. */
interface ProtocolServer {
  readonly protocol: keyof JaegerConfig["protocols"];
  readonly title: string;
  listen(path: string): Promise<Address>;
  close(): Promise<void>;
}

/** Takes spans in Jaeger's formats: protobuf over gRPC, Thrift over HTTP and UDP. */
export class JaegerReceiver implements Component {
  readonly #settings: Settings;
  readonly #servers: readonly ProtocolServer[];
  #running: ProtocolServer[] = [];

  constructor(settings: Settings, { protocols }: JaegerConfig, next: (transport: string) => Consumers) {
    this.#settings = settings;
    const { grpc, thrift_http: http, thrift_binary: binary, thrift_compact: compact } = protocols;
    const consumer = (transport: string): Consumer => next(transport).traces ?? NOBODY;
    this.#servers = [
      ...(binary === undefined ? [] : [udpServer(settings, "thrift_binary", binary, consumer("udp_thrift_binary"))]),
      ...(compact === undefined
        ? []
        : [udpServer(settings, "thrift_compact", compact, consumer("udp_thrift_compact"))]),
      ...(http === undefined ? [] : [httpServer(settings, http, consumer("collector_http"))]),
      ...(grpc === undefined ? [] : [grpcServer(settings, grpc, consumer("grpc"))]),
    ];
  }

  async start(): Promise<void> {
    try {
      for (const server of this.#servers) {
        const setting = `protocols::${server.protocol}::endpoint`;
        const address = await server.listen(`${this.#settings.path}::${setting}`);
        this.#running.push(server);
        this.#settings.listening(setting, address);
        this.#settings.logger.info(`Starting ${server.title}`, { endpoint: addressText(address) });
      }
    } catch (error) {
      await this.shutdown();
      throw error;
    }
  }

  async shutdown(): Promise<void> {
    const running = this.#running;
    this.#running = [];
    await Promise.all(running.map((server) => server.close()));
  }
}

/** Where no pipeline of traces names the receiver. */
const NOBODY: Consumer = { consume: () => Promise.resolve() };

async function handOn(batch: JaegerBatch, next: Consumer, add: Partial<Payload> = {}): Promise<void> {
  const payload = payloadOfBatch(batch);
  if (payload !== undefined) await next.consume({ ...payload, ...add });
}

function udpServer(
  settings: Settings,
  protocol: "thrift_binary" | "thrift_compact",
  config: UdpConfig,
  next: Consumer,
): ProtocolServer {
  const isCompact = protocol === "thrift_compact";
  const server = new UdpServer({
    settings,
    config,
    protocol: `udp_${protocol}`,
    readerFor: (packet) => (isCompact ? new CompactReader(packet) : new BinaryReader(packet)),
    take: (batch) => handOn(batch, next),
  });
  return {
    protocol,
    title: `UDP server for ${isCompact ? "Compact" : "Binary"} Thrift`,
    listen: (path) => server.listen(path),
    close: () => server.close(),
  };
}

function httpServer(settings: Settings, config: PostServerConfig, next: Consumer): ProtocolServer {
  const server = new PostServer({
    settings,
    config,
    setting: "protocols::thrift_http",
    isKnown: (path) => path === HTTP_PATH,
    take: (request) => takeThrift(request, next),
  });
  return {
    protocol: "thrift_http",
    title: "HTTP server for Jaeger Thrift",
    listen: () => server.listen(),
    close: () => server.close(),
  };
}

async function takeThrift({ contentType, body, client }: PostedRequest, next: Consumer): Promise<PostAnswer> {
  const isCompact = contentType === "application/vnd.apache.thrift.compact";
  if (!isCompact && !["application/x-thrift", "application/vnd.apache.thrift.binary"].includes(contentType)) {
    return failed(400, `Unsupported content type: ${contentType}`);
  }
  let batch: JaegerBatch;
  try {
    batch = batchOfThrift((isCompact ? new CompactReader(body) : new BinaryReader(body)).struct());
  } catch (error) {
    return failed(400, `Unable to process request body: ${whatOf(error)}`);
  }
  try {
    await handOn(batch, next, { client });
    return { status: 202 };
  } catch (error) {
    return failed(500, `Cannot submit Jaeger batch: ${whatOf(error)}`);
  }
}

function grpcServer(settings: Settings, config: JaegerGrpcConfig, next: Consumer): ProtocolServer {
  const server = new JaegerGrpcServer(settings, config, {
    refusal: () => next.refusal?.(),
    take: (batch, client) => handOn(batch, next, client === undefined ? {} : { client }),
  });
  return {
    protocol: "grpc",
    title: "gRPC server for Jaeger Protobuf",
    listen: (path) => server.listen(path),
    close: () => server.close(),
  };
}
