import { isAbsolute } from "node:path";
import { uptime } from "node:os";
import { ClewError, messageOf } from "@clew/base";
import { encode, payloadOf, PROTOCOLS } from "@clew/otlp";
import type { Component, Settings } from "../../../component.ts";
import type { Consumers } from "../../../consumer.ts";
import type { ConfiguredScraper, HostMetricsConfig } from "./config.ts";
import type { Host, Scrape } from "./metric.ts";
import { bootTimeMs } from "./proc.ts";
import { ResourceRecorder } from "./request.ts";

interface RunningScraper {
  readonly configured: ConfiguredScraper;
  readonly scrape: Scrape;
}

/** Looks at the host every so often, and hands on what all scrapers found as one payload. */
export class HostMetricsReceiver implements Component {
  readonly #settings: Settings;
  readonly #config: HostMetricsConfig;
  readonly #next: Consumers;
  readonly #host: Host;
  #scrapers: readonly RunningScraper[] = [];
  #bootTimeMs = 0;
  #cancelTimer: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(settings: Settings, config: HostMetricsConfig, next: Consumers) {
    this.#settings = settings;
    this.#config = config;
    this.#next = next;
    const rootPath = config.root_path === "" ? "/" : config.root_path;
    this.#host = { rootPath, platform: process.platform, nowMs: () => settings.clock.nowMs() };
  }

  async start(): Promise<void> {
    if (!isAbsolute(this.#host.rootPath)) {
      throw new ClewError("CONFIG_INVALID", "invalid root_path: must be an absolute path", {
        path: `${this.#settings.path}::root_path`,
        remedy: 'write "/hostfs"',
      });
    }
    this.#bootTimeMs =
      this.#host.platform === "linux" ? await bootTimeMs(this.#host) : this.#host.nowMs() - uptime() * 1_000;
    this.#scrapers = this.#config.scrapers.map((configured) => ({ configured, scrape: configured.create(this.#host) }));
    this.#schedule(this.#config.initial_delay);
  }

  async shutdown(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer?.();
    await this.#running;
  }

  #schedule(delayMs: number): void {
    if (this.#isStopped) return;
    const { clock, report } = this.#settings;
    this.#cancelTimer = clock.after(delayMs, () => {
      const sinceMs = clock.nowMs();
      this.#running = this.#scrapeAll()
        .catch(report)
        .finally(() => this.#schedule(Math.max(0, this.#config.collection_interval - (clock.nowMs() - sinceMs))));
    });
  }

  async #scrapeAll(): Promise<void> {
    const resourceMetrics = (await Promise.all(this.#scrapers.map((one) => this.#scrape(one)))).flat();
    const { metrics } = this.#next;
    if (resourceMetrics.length === 0 || metrics === undefined) return;
    const payload = payloadOf("metrics", encode(PROTOCOLS.metrics.request, { resourceMetrics }));
    await metrics.consume(payload).catch((error: unknown) => {
      this.#settings.logger.error("Failed to hand on metrics", { error: messageOf(error) });
    });
  }

  /** The `ResourceMetrics` of one scraper. What it could not read is logged. */
  async #scrape({ configured, scrape }: RunningScraper): Promise<object[]> {
    const { type, enabled, enabledAttributes } = configured;
    const facts = { scraper: type.name, schemaUrl: type.schemaUrl, nowMs: this.#host.nowMs() };
    const warn = (error: string): void =>
      this.#settings.logger.error("Error scraping metrics", { scraper: type.name, error });
    const recorder = new ResourceRecorder(type.metrics, enabled);
    try {
      await scrape.run(recorder);
      const resources = (await scrape.resources?.((metric) => enabled.has(metric), warn)) ?? [];
      const own = recorder.resourceMetrics({ ...facts, attributes: {}, startTimeMs: this.#bootTimeMs });
      const others = resources.map(({ attributes, startTimeMs, record }) => {
        const ofResource = new ResourceRecorder(type.metrics, enabled);
        record(ofResource);
        const kept = Object.fromEntries(Object.entries(attributes).filter(([name]) => enabledAttributes.has(name)));
        return ofResource.resourceMetrics({ ...facts, attributes: kept, startTimeMs });
      });
      return [own, ...others].filter((one) => one !== undefined);
    } catch (error) {
      warn(messageOf(error));
      const own = recorder.resourceMetrics({ ...facts, attributes: {}, startTimeMs: this.#bootTimeMs });
      return own === undefined ? [] : [own];
    }
  }
}
