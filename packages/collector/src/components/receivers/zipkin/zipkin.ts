import { addressText } from "../../../net/address.ts";
import { payloadOf, encode, PROTOCOLS } from "@clew/otlp";
import type { Component, Settings } from "../../../component.ts";
import { isPermanent, type Consumers } from "../../../consumer.ts";
import { whatOf } from "../../../net/outcome.ts";
import { failed, PostServer, type PostAnswer, type PostedRequest } from "../../../net/post-server.ts";
import type { ZipkinConfig } from "./config.ts";
import { spansOfJson } from "./json-spans.ts";
import { spansOfProto } from "./proto-spans.ts";
import { resourceSpansOf } from "./translate.ts";
import { resourceSpansOfV1, spansOfV1Json, spansOfV1Thrift } from "./v1.ts";

type Transport = "http_v1_thrift" | "http_v1_json" | "http_v2_proto" | "http_v2_json";

/** Takes spans in Zipkin's formats over HTTP: version 2 as JSON and protobuf, version 1 as JSON and Thrift. */
export class ZipkinReceiver implements Component {
  readonly #settings: Settings;
  readonly #parsesTags: boolean;
  readonly #next: (transport: Transport) => Consumers;
  readonly #server: PostServer;
  // Counted apart, by transport.
  readonly #consumers = new Map<Transport, Consumers>();
  #isRunning = false;

  constructor(settings: Settings, config: ZipkinConfig, next: (transport: string) => Consumers) {
    this.#settings = settings;
    this.#parsesTags = config.parse_string_tags;
    this.#next = next;
    this.#server = new PostServer({
      settings,
      config,
      setting: "",
      isKnown: () => true,
      take: (request) => this.#take(request),
    });
  }

  async start(): Promise<void> {
    const address = await this.#server.listen();
    this.#isRunning = true;
    this.#settings.listening("endpoint", address);
    this.#settings.logger.info("Starting HTTP server for Zipkin", { endpoint: addressText(address) });
  }

  async shutdown(): Promise<void> {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    await this.#server.close();
  }

  async #take(request: PostedRequest): Promise<PostAnswer> {
    const transport = transportOf(request);
    let resourceSpans: object[];
    try {
      resourceSpans = this.#read(transport, request.body);
    } catch (error) {
      return failed(400, whatOf(error));
    }
    const { traces } = this.#consumersOf(transport);
    if (resourceSpans.length === 0 || traces === undefined) return { status: 202 };
    try {
      const payload = payloadOf("traces", encode(PROTOCOLS.traces.request, { resourceSpans }));
      await traces.consume({ ...payload, client: request.client });
      return { status: 202 };
    } catch (error) {
      if (isPermanent(error)) return { status: 400, text: '"Bad Request"' };
      return { status: 500, text: '"Internal Server Error"' };
    }
  }

  #read(transport: Transport, body: Buffer): object[] {
    switch (transport) {
      case "http_v1_thrift":
        return resourceSpansOfV1(spansOfV1Thrift(body), this.#settings.clock.nowMs());
      case "http_v1_json":
        return resourceSpansOfV1(spansOfV1Json(body, this.#parsesTags), this.#settings.clock.nowMs());
      case "http_v2_proto":
        return resourceSpansOf(spansOfProto(body), this.#parsesTags);
      default:
        return resourceSpansOf(spansOfJson(body), this.#parsesTags);
    }
  }

  #consumersOf(transport: Transport): Consumers {
    const known = this.#consumers.get(transport);
    if (known !== undefined) return known;
    const made = this.#next(transport);
    this.#consumers.set(transport, made);
    return made;
  }
}

function transportOf({ path, contentType }: PostedRequest): Transport {
  if (path.includes("api/v1/spans")) return contentType === "application/x-thrift" ? "http_v1_thrift" : "http_v1_json";
  return contentType === "application/x-protobuf" ? "http_v2_proto" : "http_v2_json";
}
