import { messageOf } from "@clew/base";
import type { Payload, Signal } from "@clew/otlp";
import type { Exporter, Settings } from "../../../component.ts";
import { ConsumeError, isPermanent } from "../../../consumer.ts";
import type { Destination } from "../../../export/delivery.ts";
import { OtlpGrpcDestination } from "../../../export/otlp-grpc-destination.ts";
import { Sender } from "../../../export/sender.ts";
import type { LoadBalancingConfig } from "./config.ts";
import { HashRing } from "./hash-ring.ts";
import type { Resolver } from "./resolver.ts";
import { resolverOf } from "./resolver-of.ts";
import { route } from "./routing.ts";

const DEFAULT_PORT = 4317;
/** The bounds of the original's histogram, in milliseconds. */
const LATENCY_BOUNDS_MS = [5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];

/** Parts payloads by a key, and sends each part to the endpoint that has this key. */
export class LoadBalancer implements Destination {
  readonly #settings: Settings;
  readonly #config: LoadBalancingConfig;
  readonly #signals: readonly Signal[];
  readonly #resolver: Resolver;
  // endpoint, with its port --> its exporter
  readonly #exporters = new Map<string, Exporter>();
  readonly #leaving = new Set<Promise<void>>();
  /** What of a payload was not delivered by the attempts before. */
  readonly #left = new WeakMap<Payload, readonly Payload[]>();
  readonly #endMetrics: (() => void)[] = [];
  #ring = new HashRing([]);
  #endpoints: readonly string[] = [];
  #changing: Promise<void> = Promise.resolve();

  constructor(settings: Settings, config: LoadBalancingConfig, signals: readonly Signal[], resolver?: Resolver) {
    this.#settings = settings;
    this.#config = config;
    this.#signals = signals;
    this.#resolver = resolver ?? resolverOf(settings, config);
  }

  async open(): Promise<void> {
    const { meter } = this.#settings;
    const labels = { resolver: this.#resolver.name };
    const backends = (): number => this.#endpoints.length;
    this.#endMetrics.push(
      meter.gauge("otelcol_loadbalancer_num_backends", "Current number of backends in use.", labels, backends),
    );
    await this.#resolver.start({
      endpoints: (endpoints) => {
        this.#countResolution(true);
        this.#changing = this.#changing.then(() => this.#use(endpoints));
      },
      failed: (error) => {
        this.#countResolution(false);
        this.#settings.logger.warn("failed to resolve", { error: messageOf(error) });
      },
    });
    await this.#changing;
  }

  async close(): Promise<void> {
    this.#resolver.stop();
    await this.#changing;
    await Promise.all([...Array.from(this.#exporters.values(), (one) => one.shutdown()), ...this.#leaving]);
    for (const end of this.#endMetrics.splice(0)) end();
  }

  /** Resolves once every part was delivered. Where one was not, sending the same payload again sends only what is left. */
  async send(payload: Payload): Promise<void> {
    const parts = new Map<string, Payload[]>();
    for (const left of this.#left.get(payload) ?? [payload])
      for (const [endpoint, part] of this.#route(left)) parts.set(endpoint, [...(parts.get(endpoint) ?? []), part]);
    const failed: Payload[] = [];
    const errors: unknown[] = [];
    await Promise.all(
      Array.from(parts, ([endpoint, together]) =>
        Promise.all(
          together.map((part) =>
            this.#sendTo(endpoint, part).catch((error: unknown) => {
              failed.push(part);
              errors.push(error);
            }),
          ),
        ),
      ),
    );
    if (errors.length === 0) return;
    this.#left.set(payload, failed);
    // What may yet succeed decides, so that it is tried again.
    throw errors.find((error) => !isPermanent(error)) ?? errors[0];
  }

  #route(payload: Payload): Map<string, Payload> {
    const { routing_attributes: attributes, routing_key: key } = this.#config;
    const endpointFor = (identifier: Uint8Array | string): string => {
      const endpoint = this.#ring.endpointFor(identifier);
      if (endpoint === undefined) throw this.#noEndpoint("");
      return endpoint;
    };
    return route(payload, { key, attributes, endpointFor, random: this.#settings.random });
  }

  async #sendTo(endpoint: string, payload: Payload): Promise<void> {
    const { clock, meter } = this.#settings;
    const startMs = clock.nowMs();
    let success = false;
    try {
      const exporter = this.#exporters.get(withPort(endpoint));
      if (exporter === undefined) throw this.#noEndpoint(endpoint);
      await exporter.consume(payload);
      success = true;
    } finally {
      meter
        .histogram(
          "otelcol_loadbalancer_backend_latency",
          "Response latency in ms for the backends.",
          LATENCY_BOUNDS_MS,
          {
            endpoint,
          },
        )
        .record(clock.nowMs() - startMs);
      const help = "Number of successes and failures for each endpoint.";
      meter.counter("otelcol_loadbalancer_backend_outcome", help, { endpoint, success: String(success) }).add(1);
    }
  }

  /** New endpoints are ready before anything goes to them; old ones finish what they have. */
  async #use(endpoints: readonly string[]): Promise<void> {
    if (endpoints.join() === this.#endpoints.join()) return;
    const { logger, meter } = this.#settings;
    const wanted = new Set(endpoints.map(withPort));
    for (const endpoint of wanted) {
      if (this.#exporters.has(endpoint)) continue;
      const exporter = this.#exporterTo(endpoint);
      try {
        await exporter.start();
        this.#exporters.set(endpoint, exporter);
      } catch (error) {
        logger.error("failed to start new exporter for endpoint", { endpoint, error: messageOf(error) });
      }
    }
    this.#endpoints = endpoints;
    this.#ring = new HashRing(endpoints);
    const help = "Number of times the list of backends was updated.";
    meter.counter("otelcol_loadbalancer_num_backend_updates", help, { resolver: this.#resolver.name }).add(1);
    for (const [endpoint, exporter] of Array.from(this.#exporters)) {
      if (wanted.has(endpoint)) continue;
      this.#exporters.delete(endpoint);
      const left = exporter.shutdown().finally(() => this.#leaving.delete(left));
      this.#leaving.add(left);
    }
  }

  #exporterTo(endpoint: string): Exporter {
    const { id, logger } = this.#settings;
    const name = id.split("/").slice(1).join("/");
    const settings = {
      ...this.#settings,
      id: `otlp_grpc/${name === "" ? "" : `${name}_`}${endpoint}`,
      path: `${this.#settings.path}::protocol::otlp`,
      logger: logger.with({ endpoint }),
    };
    const { otlp } = this.#config.protocol;
    const queue = { ...otlp.sending_queue, enabled: false, storage: undefined, batch: undefined };
    const config = { ...otlp, endpoint, ...(this.#config.sending_queue !== undefined && { sending_queue: queue }) };
    return new Sender(settings, config, this.#signals, new OtlpGrpcDestination(settings, config));
  }

  #countResolution(success: boolean): void {
    const labels = { resolver: this.#resolver.name, success: String(success) };
    const help = "Number of times the resolver has triggered new resolutions.";
    this.#settings.meter.counter("otelcol_loadbalancer_num_resolutions", help, labels).add(1);
  }

  #noEndpoint(endpoint: string): ConsumeError {
    return new ConsumeError(
      "EXPORT_FAILED",
      `couldn't find the exporter for the endpoint ${JSON.stringify(endpoint)}`,
      {
        permanent: false,
        path: `${this.#settings.path}::resolver`,
        remedy: "check that the resolver finds endpoints: see otelcol_loadbalancer_num_backends",
      },
    );
  }
}

function withPort(endpoint: string): string {
  return /:\d+$/.test(endpoint) ? endpoint : `${endpoint}:${DEFAULT_PORT}`;
}
