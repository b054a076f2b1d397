import { decode, payloadBytes, PROTOCOLS, type MetricsObject, type Payload } from "@clew/otlp";
import { negotiate } from "@clew/otlp/prometheus";
import type { Component, Settings } from "../../../component.ts";
import type { Consumer } from "../../../consumer.ts";
import { addressText } from "../../../net/address.ts";
import { guardedRoute } from "../../../net/guarded-route.ts";
import { serveRoutes, type RouteServer } from "../../../net/http-routes.ts";
import { metricsRoute, type Page } from "../../../net/scrape-server.ts";
import { serverTlsOptions } from "../../../net/server-tls.ts";
import { warnOfDeprecated } from "../../../prometheus/translation-config.ts";
import { expositionText, openMetricsText } from "../../../telemetry/exposition.ts";
import type { PrometheusConfig } from "./config.ts";
import { MetricFamilies } from "./metric-families.ts";
import { protobufPage } from "./protobuf-page.ts";
import { escapedFamilies, textFamilies } from "./text-families.ts";

const ALL_FORMATS = ["text", "openmetrics", "protobuf"] as const;
const OLDER_FORMATS = ["text", "protobuf"] as const;

/** Keeps the latest value of every series and shows them to Prometheus. */
export class PrometheusExporter implements Component, Consumer {
  readonly #settings: Settings;
  readonly #config: PrometheusConfig;
  readonly #families: MetricFamilies;
  #server: RouteServer | undefined;
  #cancelExpiry = (): void => {};

  constructor(settings: Settings, config: PrometheusConfig) {
    this.#settings = settings;
    this.#config = config;
    this.#families = new MetricFamilies(settings, config);
  }

  async start(): Promise<void> {
    const { settings, config } = { settings: this.#settings, config: this.#config };
    const { path, report } = settings;
    warnOfDeprecated(config, settings.logger);
    const metrics = metricsRoute((accept) => this.#page(accept));
    const routes = { "/metrics": guardedRoute(metrics, config, settings) };
    const tls = config.tls === undefined ? undefined : await serverTlsOptions(config.tls, `${path}::tls`);
    const times = {
      requestTimeout: config.read_timeout,
      headersTimeout: config.read_header_timeout,
      keepAliveTimeout: config.idle_timeout,
    };
    this.#server = await serveRoutes(config.endpoint, `${path}::endpoint`, routes, report, { tls, times });
    this.#expireLater();
    settings.listening("endpoint", this.#server.address);
    settings.logger.info("Serving metrics", { endpoint: addressText(this.#server.address) });
  }

  async shutdown(): Promise<void> {
    this.#cancelExpiry();
    await this.#server?.close();
    this.#server = undefined;
  }

  consume(payload: Payload): Promise<void> {
    const metrics = decode(PROTOCOLS.metrics.request, payloadBytes(payload)) as unknown as MetricsObject;
    this.#families.add(metrics);
    return Promise.resolve();
  }

  /** Where nobody scrapes, old series would pile up. */
  #expireLater(): void {
    const { metric_expiration: expirationMs } = this.#config;
    if (expirationMs === 0) return;
    this.#cancelExpiry = this.#settings.clock.after(expirationMs, () => {
      this.#families.expire();
      this.#expireLater();
    });
  }

  #page(accept: string): Page {
    const { format, contentType, escaping } = negotiate(
      accept,
      this.#config.enable_open_metrics ? ALL_FORMATS : OLDER_FORMATS,
    );
    const families = escapedFamilies(this.#families.families(), escaping);
    const timestamps = this.#config.send_timestamps;
    if (format === "protobuf") return { body: protobufPage(families, timestamps), contentType };
    const texts = textFamilies(families, timestamps);
    return { body: format === "openmetrics" ? openMetricsText(texts) : expositionText(texts), contentType };
  }
}
