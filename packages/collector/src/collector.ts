/**
 * The service: reads a configuration, makes its pipelines and runs them. Exporters start
 * first and receivers last, so that nothing is taken in before it can be handed on.
 */
import { availableParallelism } from "node:os";
import { systemClock, type Clock } from "@clew/base";
import type { Component, Kind, Settings } from "./component.ts";
import type { CollectorView, Extension } from "./extension.ts";
import { readConfig, type CollectorConfig, type PipelineConfig } from "./config/collector-config.ts";
import type { LoadedConfig } from "./config/load-config.ts";
import type { Address } from "./net/address.ts";
import type { Route, RouteServer } from "./net/http-routes.ts";
import { localRoute } from "./net/local-route.ts";
import { observeStatements, statementsText } from "./ottl/explain.ts";
import { buildGraph, type Graph, type Tap } from "./pipeline/graph.ts";
import { TapPoints } from "./pipeline/tap-points.ts";
import type { Registry } from "./registry.ts";
import type { Family } from "./telemetry/exposition.ts";
import { loggerFrom, type Logger } from "./telemetry/logger.ts";
import { MemoryMeter } from "./telemetry/meter.ts";
import { sampledLogger } from "./telemetry/sampled-logger.ts";
import { serveOwnMetrics } from "./telemetry/own-metrics.ts";
import { OwnTelemetry } from "./telemetry/own-telemetry.ts";
import { serveTap } from "./telemetry/tap-endpoint.ts";
import { observeProcess } from "./telemetry/process-metrics.ts";

export interface CollectorSettings {
  /** What `loadConfig` returned. */
  readonly config: LoadedConfig;
  readonly components: Registry;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** From 0 up to 1, for jitter. */
  readonly random?: () => number;
  /** What the collector is, such as `service.name`: in its log and its `target_info`. */
  readonly resource?: Readonly<Record<string, string>>;
  /** Stands between the components instead of what `/debug/tap` serves. */
  readonly tap?: Tap;
}

export interface Collector {
  /** Where its servers listen, by the configuration path of the setting: `receivers::otlp::protocols::grpc::endpoint`. */
  readonly addresses: Readonly<Record<string, Address>>;
  /** What became of each OTTL statement and condition since the start, as text; empty where there are none. */
  statements(): string;
  /** Its own metrics, by the names that Prometheus gives them. */
  metrics(): readonly Family[];
  /** Takes nothing new, delivers what it has, then stops. Safe to call twice. */
  shutdown(): Promise<void>;
}

/**
 * Rejects with `CONFIG_INVALID` and every fault of the configuration, `PORT_TAKEN`, or what
 * a component could not start for; nothing is left running then.
 */
export async function startCollector(settings: CollectorSettings): Promise<Collector> {
  const config = readConfig(settings.config, settings.components);
  const service = new Service(config, settings);
  service.warn(settings.config.unsetVariables);
  await service.start();
  return service;
}

class Service implements Collector {
  readonly addresses: Record<string, Address> = {};
  readonly #config: CollectorConfig;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #logger: Logger;
  readonly #unsampledLogger: Logger;
  readonly #resource: Readonly<Record<string, string>>;
  readonly #meter = new MemoryMeter();
  readonly #tapPoints = new TapPoints();
  readonly #ownTelemetry: OwnTelemetry;
  readonly #graph: Graph;
  // id --> extension
  readonly #extensions: ReadonlyMap<string, Extension>;
  readonly #report: (error: unknown) => void;
  // What runs, in the order in which it was started.
  readonly #running: Component[] = [];
  #servers: readonly RouteServer[] = [];
  #endProcessMetrics: () => void = () => {};
  #endStatementMetrics: () => void = () => {};
  #stopped: Promise<void> | undefined;

  constructor(config: CollectorConfig, settings: CollectorSettings) {
    const { clock = systemClock, random = Math.random, logger, resource = {} } = settings;
    const { telemetry } = config.service;
    this.#config = config;
    this.#clock = clock;
    this.#random = random;
    this.#resource = resourceOf(resource, telemetry.resource);
    const fields = Object.keys(this.#resource).length > 0 ? { resource: this.#resource } : {};
    const { encoding, initial_fields: initialFields, level, sampling } = telemetry.logs;
    const local = loggerFrom(level, logger)
      .encodedAs(encoding)
      .with({ ...fields, ...initialFields });
    const { exporters } = settings.components;
    const isTraced = config.service.extensions.some((id) => config.extensions.get(id)!.factory.observesSpans === true);
    this.#report = (error) => this.#logger.error("Unexpected error", { error: String(error) });
    const own = this.#ownSettings(local);
    this.#ownTelemetry = new OwnTelemetry(telemetry, exporters, own, this.#meter, this.#resource, isTraced);
    this.#unsampledLogger = this.#ownTelemetry.logged(local, initialFields);
    this.#logger = sampledLogger(this.#unsampledLogger, sampling, () => clock.nowMs());
    this.#graph = buildGraph(
      config,
      (kind, id, pipeline) => this.#settingsFor(kind, id, pipeline),
      settings.tap ?? this.#tapPoints.tap,
    );
    this.#extensions = new Map(
      config.service.extensions.map((id) => {
        const { factory, config: own } = config.extensions.get(id)!;
        return [id, factory.create(this.#settingsFor("extension", id), own)];
      }),
    );
    for (const { spans } of this.#extensions.values())
      if (spans !== undefined) this.#ownTelemetry.tracer?.observe(spans);
  }

  metrics(): readonly Family[] {
    return this.#meter.families({ typeSuffix: true, units: true });
  }

  warn(unsetVariables: readonly string[]): void {
    for (const name of unsetVariables) {
      this.#logger.warn("Configuration references unset environment variable", { name });
    }
    const { receivers, processors, exporters, connectors, extensions } = this.#config;
    const all = [receivers, processors, exporters, connectors, extensions].flatMap((map) => [...map.values()]);
    for (const { id, warning } of all) {
      if (warning !== undefined) this.#logger.warn(warning, { "otelcol.component.id": id });
    }
  }

  async start(): Promise<void> {
    const { exporters, inner, receivers } = this.#graph;
    try {
      this.#endProcessMetrics = observeProcess(this.#meter, this.#clock);
      const listening = (path: string, address: Address): void => void (this.addresses[path] = address);
      const { metrics } = this.#config.service.telemetry;
      if (metrics.level === "detailed") this.#endStatementMetrics = observeStatements(this.#meter, this.#graph.placed);
      this.#servers = await serveOwnMetrics(
        metrics,
        { meter: this.#meter, resource: this.#resource, routes: this.#routes() },
        this.#logger,
        listening,
        this.#report,
      );
      this.#logger.info(`Starting ${this.#resource["service.name"] ?? "collector"}...`, {
        Version: this.#resource["service.version"],
        NumCPU: availableParallelism(),
      });
      await this.#ownTelemetry.start();
      this.#logger.info("Starting extensions...");
      for (const component of [...this.#extensions.values(), ...exporters, ...[...inner].reverse(), ...receivers]) {
        await component.start();
        this.#running.push(component);
      }
    } catch (error) {
      await this.shutdown();
      throw error;
    }
    this.#logger.info("Everything is ready. Begin running and processing data.");
    const view = this.#view();
    for (const extension of this.#extensions.values()) extension.ready?.(view);
  }

  statements(): string {
    return statementsText(this.#graph.placed);
  }

  shutdown(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /**
   * Receivers end when all that they took was answered, which waits for what processors hold
   * back and exporters try to deliver: so these are stopped meanwhile, in the order in which
   * data passes them, and whoever could not be served is told to come back.
   */
  async #stop(): Promise<void> {
    this.#logger.info("Starting shutdown...");
    for (const extension of this.#extensions.values()) extension.notReady?.();
    const { exporters, inner, receivers } = this.#graph;
    const receiversStopped = Promise.all(this.#runningOf(receivers).map((receiver) => this.#shutdownOf(receiver)));
    for (const component of this.#runningOf(inner)) await this.#shutdownOf(component);
    await Promise.all(this.#runningOf(exporters).map((exporter) => this.#shutdownOf(exporter)));
    await receiversStopped;
    this.#logger.info("Stopping extensions...");
    for (const extension of this.#runningOf([...this.#extensions.values()])) await this.#shutdownOf(extension);
    await this.#ownTelemetry.shutdown();
    this.#endProcessMetrics();
    this.#endStatementMetrics();
    await Promise.all(this.#servers.map((server) => server.close()));
    this.#logger.info("Shutdown complete.");
  }

  #view(): CollectorView {
    const { pipelines, service } = this.#config;
    return { resource: this.#resource, startTimeMs: this.#clock.nowMs(), pipelines, extensions: service.extensions };
  }

  #routes(): Record<string, Route> {
    return {
      "/debug/tap": localRoute((request, response) => serveTap(this.#tapPoints, this.#clock, request, response)),
      "/debug/statements": localRoute((_request, response) => {
        response.setHeader("content-type", "text/plain; charset=utf-8");
        response.end(this.statements() || "No component runs statements.\n");
      }),
    };
  }

  #runningOf(components: readonly Component[]): Component[] {
    return components.filter((component) => this.#running.includes(component));
  }

  /** One that cannot stop must not keep the others from stopping. */
  async #shutdownOf(component: Component): Promise<void> {
    try {
      await component.shutdown();
    } catch (error) {
      this.#report(error);
    }
  }

  #settingsFor(kind: Kind, id: string, pipeline?: PipelineConfig): Settings {
    const path = `${kind}s::${id}`;
    const fields = {
      "otelcol.component.id": id,
      "otelcol.component.kind": kind,
      ...(pipeline === undefined ? {} : { "otelcol.pipeline.id": pipeline.id, "otelcol.signal": pipeline.signal }),
    };
    const logger = this.#logger.with(fields);
    return {
      ...this.#ownSettings(logger),
      id,
      path,
      unsampledLogger: this.#unsampledLogger.with(fields),
      tracer: this.#ownTelemetry.tracer,
      report: (error) => logger.error("Unexpected error", { error: String(error) }),
      listening: (setting, address) => {
        this.addresses[`${path}::${setting}`] = address;
      },
    };
  }

  /** What is the same for every component. */
  #ownSettings(logger: Logger): Settings {
    return {
      id: "",
      path: "service",
      logger,
      unsampledLogger: logger,
      clock: this.#clock,
      random: this.#random,
      meter: this.#meter,
      report: this.#report,
      listening: () => {},
      extension: (name) => this.#extensions.get(name),
    };
  }
}

/**
 * An attribute that is configured stands in place of what the program says; null takes it
 * away. They are written as `key: value`, or under `attributes` as a list of name and value.
 */
function resourceOf(
  given: Readonly<Record<string, string>>,
  { attributes, ...configured }: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const named = Array.isArray(attributes) ? (attributes as readonly { name?: unknown; value?: unknown }[]) : [];
  const listed = Object.fromEntries(named.map(({ name, value }) => [String(name), value]));
  const entries = Object.entries({ ...given, ...configured, ...listed }).filter(([, value]) => value !== null);
  return Object.fromEntries(entries.map(([key, value]) => [key, String(value)]));
}
