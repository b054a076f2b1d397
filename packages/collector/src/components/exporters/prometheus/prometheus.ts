import { decode, payloadBytes, PROTOCOLS, type MetricsObject, type Payload } from "@clew/otlp";
import type { Component, Settings } from "../../../component.ts";
import type { Consumer } from "../../../consumer.ts";
import { addressText } from "../../../net/address.ts";
import type { RouteServer } from "../../../net/http-routes.ts";
import { serveMetrics, type Page } from "../../../net/scrape-server.ts";
import { expositionText, openMetricsText, OPEN_METRICS_FORMAT } from "../../../telemetry/exposition.ts";
import type { PrometheusConfig } from "./config.ts";
import { MetricFamilies } from "./metric-families.ts";

/** Keeps the latest value of every series and shows them to Prometheus. */
export class PrometheusExporter implements Component, Consumer {
  readonly #settings: Settings;
  readonly #config: PrometheusConfig;
  readonly #families: MetricFamilies;
  #server: RouteServer | undefined;

  constructor(settings: Settings, config: PrometheusConfig) {
    this.#settings = settings;
    this.#config = config;
    this.#families = new MetricFamilies(settings, config);
  }

  async start(): Promise<void> {
    const { settings, config } = { settings: this.#settings, config: this.#config };
    const path = `${settings.path}::endpoint`;
    this.#server = await serveMetrics(config.endpoint, path, (accept) => this.#page(accept), settings.report);
    settings.listening("endpoint", this.#server.address);
    settings.logger.info("Serving metrics", { endpoint: addressText(this.#server.address) });
  }

  async shutdown(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }

  consume(payload: Payload): Promise<void> {
    const metrics = decode(PROTOCOLS.metrics.request, payloadBytes(payload)) as unknown as MetricsObject;
    this.#families.add(metrics);
    return Promise.resolve();
  }

  #page(accept: string): Page {
    const families = this.#families.families();
    if (this.#config.enable_open_metrics && accept.includes("application/openmetrics-text")) {
      return { text: openMetricsText(families), contentType: OPEN_METRICS_FORMAT };
    }
    return { text: expositionText(families) };
  }
}
