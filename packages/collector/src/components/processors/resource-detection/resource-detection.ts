import { messageOf, sleep, type Clock } from "@clew/base";
import type { Payload, TelemetryView, Value } from "@clew/otlp";
import type { Component, Settings } from "../../../component.ts";
import type { ConsumeError, Consumer } from "../../../consumer.ts";
import { editedViews } from "../../../pipeline/edited-views.ts";
import type { DetectorName, ResourceDetectionConfig } from "./config.ts";
import { chosen, type Detected, type DetectorWorld } from "./detector.ts";
import { detectEc2, detectEcs } from "./detectors/aws.ts";
import { detectAzure } from "./detectors/azure.ts";
import { detectDocker } from "./detectors/docker.ts";
import { detectEnv } from "./detectors/env.ts";
import { detectGcp } from "./detectors/gcp.ts";
import { detectHeroku } from "./detectors/heroku.ts";
import { detectSystem, SYSTEM_DEFAULTS } from "./detectors/system.ts";

/** Adds to every resource what is known of the place where the collector runs. */
export class ResourceDetection implements Component, Consumer {
  readonly #settings: Settings;
  readonly #config: ResourceDetectionConfig;
  readonly #world: DetectorWorld;
  readonly #edited: Consumer;
  #attributes: readonly (readonly [string, Value])[] = [];
  #stopRefreshing: () => void = () => {};

  constructor(settings: Settings, config: ResourceDetectionConfig, next: Consumer, world: DetectorWorld) {
    this.#settings = settings;
    this.#config = config;
    this.#world = world;
    this.#edited = editedViews(next, (view) => this.#edit(view));
  }

  /** Rejects where a detector fails to the end of its attempts. */
  async start(): Promise<void> {
    this.#settings.logger.info("began detecting resource information");
    await this.#detectAll();
    const { refresh_interval: intervalMs } = this.#config;
    if (intervalMs === 0) return;
    this.#stopRefreshing = this.#settings.clock.every(intervalMs, () => {
      // What was known stays where a later look fails.
      this.#detectAll().catch((error: unknown) => {
        this.#settings.logger.warn("resource refresh failed", { error: messageOf(error) });
      });
    });
  }

  shutdown(): Promise<void> {
    this.#stopRefreshing();
    return Promise.resolve();
  }

  consume(payload: Payload): Promise<void> {
    return this.#edited.consume(payload);
  }

  refusal(): ConsumeError | undefined {
    return this.#edited.refusal?.();
  }

  async #detectAll(): Promise<void> {
    const all = await Promise.all(this.#config.detectors.map((name) => this.#withRetries(name)));
    const kept = this.#config.attributes === undefined ? undefined : new Set(this.#config.attributes);
    const merged = new Map<string, Value>();
    for (const detected of all) {
      for (const [name, value] of Object.entries(detected)) {
        if (value === undefined || merged.has(name) || kept?.has(name) === false) continue;
        merged.set(name, typeof value === "number" ? BigInt(value) : value);
      }
    }
    this.#attributes = [...merged];
    this.#settings.logger.info("detected resource information", { resource: Object.fromEntries(merged) });
  }

  async #withRetries(name: DetectorName): Promise<Detected> {
    const { retry, timeout } = this.#config;
    const { clock, logger } = this.#settings;
    const budgetMs = retry.max_elapsed_time > 0 ? retry.max_elapsed_time : timeout;
    const startMs = clock.nowMs();
    let intervalMs = retry.initial_interval;
    for (;;) {
      try {
        return await within(clock, timeout, this.#detect(name));
      } catch (error) {
        const isOver = !retry.enabled || clock.nowMs() - startMs + intervalMs > budgetMs;
        if (isOver) throw new Error(`failed to detect resource with ${name}: ${messageOf(error)}`, { cause: error });
        logger.warn("failed to detect resource, retrying", { detector: name, error: messageOf(error) });
        await sleep(clock, intervalMs);
        intervalMs = Math.min(intervalMs * retry.multiplier, retry.max_interval);
      }
    }
  }

  async #detect(name: DetectorName): Promise<Detected> {
    const configured = this.#config[name].resource_attributes;
    switch (name) {
      case "env":
        return chosen(await detectEnv(this.#world), "all", configured);
      case "system":
        return chosen(await detectSystem(this.#config.system), SYSTEM_DEFAULTS, configured);
      case "docker":
        return chosen(await detectDocker(this.#world), "all", configured);
      case "heroku":
        return chosen(await detectHeroku(this.#world), "all", configured);
      case "ec2":
        return chosen(await detectEc2(this.#world, this.#config.ec2), "all", configured);
      case "ecs":
        return chosen(await detectEcs(this.#world), "all", configured);
      case "gcp":
        return chosen(await detectGcp(this.#world), "all", configured);
      default:
        return chosen(await detectAzure(this.#world), "all", configured);
    }
  }

  #edit(view: TelemetryView): void {
    for (const resource of view.resources) {
      const attributes = resource.one("resource").attributes();
      for (const [name, value] of this.#attributes)
        if (this.#config.override || !attributes.has(name)) attributes.set(name, value);
    }
  }
}

function within<T>(clock: Clock, timeoutMs: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(timeoutMs, () => reject(new Error(`no answer within ${timeoutMs} ms`)));
    work.then(resolve, reject).finally(cancel);
  });
}
