/** `--config.auto-reload`: has the configuration taken anew when one of its files is another. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { messageOf, type Clock } from "@clew/base";
import { glob, type Logger } from "@clew/collector";
import { readPrometheusConfig, type LiveConfig } from "@clew/server";
import type { UpOptions } from "./options.ts";

export interface WatchSettings {
  readonly options: Pick<UpOptions, "prometheusConfig" | "rules">;
  readonly everyMs: number;
  readonly live: LiveConfig;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class ConfigurationWatch {
  readonly #settings: WatchSettings;
  readonly #cancel: () => void;
  #known: string | undefined;
  #looking: Promise<void>;

  /** What the files have now is what is known of them. */
  constructor(settings: WatchSettings) {
    this.#settings = settings;
    this.#looking = this.#remember();
    this.#cancel = settings.clock.every(settings.everyMs, () => void this.look());
  }

  /** Looks once; one look begins when the one before is over. Never rejects. */
  look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#look());
    return this.#looking;
  }

  async stop(): Promise<void> {
    this.#cancel();
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { logger, live } = this.#settings;
    const before = this.#known;
    await this.#remember();
    if (this.#known === undefined || this.#known === before) return;
    logger.info("Configuration file change detected, reloading the configuration.");
    // What is wrong with it is told by whoever reads it.
    await live.reload().catch(() => {});
  }

  async #remember(): Promise<void> {
    const { options, logger } = this.#settings;
    try {
      this.#known = await checksumOf(options);
    } catch (error) {
      this.#known = undefined;
      logger.error("Failed to generate checksum during configuration reload", { err: messageOf(error) });
    }
  }
}

/** Of the configuration, and of the files of rules and scrapes that it or the command line names. Rejects where one can't be read. */
async function checksumOf({ prometheusConfig, rules }: WatchSettings["options"]): Promise<string> {
  const hash = createHash("sha256");
  const patterns = [...rules.files];
  if (prometheusConfig !== undefined) {
    const text = await readFile(prometheusConfig, "utf8");
    hash.update(text);
    const { rules: ofConfig, scrape } = readPrometheusConfig(prometheusConfig, text, {});
    patterns.push(...ofConfig.files, ...((scrape?.["scrape_config_files"] as readonly string[] | undefined) ?? []));
  }
  for (const pattern of patterns)
    for (const path of await glob(pattern)) hash.update(`\0${path}\0`).update(await readFile(path));
  return hash.digest("hex");
}
