import { ClewError, messageOf } from "@clew/base";
import { startCollector, type Collector, type CollectorSettings } from "./collector.ts";
import { readConfig } from "./config/collector-config.ts";
import type { LoadedConfig } from "./config/load-config.ts";
import type { Address } from "./net/address.ts";
import type { Family } from "./telemetry/exposition.ts";

export interface ReloadingCollectorSettings extends Omit<CollectorSettings, "config"> {
  /** Reads the configuration anew. */
  readonly load: () => Promise<LoadedConfig>;
}

/** A collector that takes a new configuration while it runs. */
export class ReloadingCollector implements Collector {
  readonly #settings: ReloadingCollectorSettings;
  #config: LoadedConfig;
  #running: Collector;
  #reloading: Promise<boolean> = Promise.resolve(true);
  #isStopped = false;

  private constructor(settings: ReloadingCollectorSettings, config: LoadedConfig, running: Collector) {
    this.#settings = settings;
    this.#config = config;
    this.#running = running;
  }

  /** Rejects as `startCollector` and `load` do. */
  static async start(settings: ReloadingCollectorSettings): Promise<ReloadingCollector> {
    const config = await settings.load();
    return new ReloadingCollector(settings, config, await startCollector({ ...settings, config }));
  }

  get addresses(): Readonly<Record<string, Address>> {
    return this.#running.addresses;
  }

  statements(): string {
    return this.#running.statements();
  }

  metrics(): readonly Family[] {
    return this.#running.metrics();
  }

  /**
   * Resolves with whether the new configuration runs. One that has faults is told in the log,
   * and the pipelines go on as they are; one that does not start gives way to the old one.
   */
  reload(): Promise<boolean> {
    this.#reloading = this.#reloading.then(() => this.#reload());
    return this.#reloading;
  }

  async shutdown(): Promise<void> {
    this.#isStopped = true;
    await this.#reloading;
    await this.#running.shutdown();
  }

  async #reload(): Promise<boolean> {
    if (this.#isStopped) return false;
    const { load, logger, components } = this.#settings;
    let config: LoadedConfig;
    try {
      config = await load();
      readConfig(config, components);
    } catch (error) {
      logger.error("Config reload failed. The running configuration is kept.", { error: textOf(error) });
      return false;
    }
    logger.info("Config updated, restart service");
    await this.#running.shutdown();
    try {
      this.#running = await startCollector({ ...this.#settings, config });
      this.#config = config;
      return true;
    } catch (error) {
      logger.error("The new configuration did not start. Returning to the old one.", { error: textOf(error) });
      this.#running = await startCollector({ ...this.#settings, config: this.#config });
      return false;
    }
  }
}

function textOf(error: unknown): string {
  return error instanceof ClewError ? error.message : messageOf(error);
}
