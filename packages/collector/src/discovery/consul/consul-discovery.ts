/** Watches Consul with queries that wait for changes: the catalog for services, and the health of each that is wanted. */
import { sleep } from "@clew/base";
import type { DiscoverySettings, DiscoverySource } from "../discovery.ts";
import type { Labels } from "../../relabel/labels.ts";
import { errorText } from "../json-api.ts";
import { ConsulApi, type Indexed } from "./consul-api.ts";
import type { ConsulSdConfig } from "./consul-sd.ts";
import { instanceLabels } from "./instance-labels.ts";
import { ServiceTargets } from "./service-targets.ts";

/** After an error Consul is left alone so long. */
const RETRY_MS = 15_000;

export class ConsulDiscovery implements DiscoverySource {
  readonly #config: ConsulSdConfig;
  readonly #settings: DiscoverySettings;
  readonly #api: ConsulApi;
  readonly #targets: ServiceTargets;
  readonly #abort = new AbortController();
  // service --> what ends its watch
  readonly #watched = new Map<string, AbortController>();
  readonly #running = new Set<Promise<void>>();

  constructor(config: ConsulSdConfig, settings: DiscoverySettings) {
    this.#config = config;
    this.#settings = settings;
    this.#api = new ConsulApi(config, settings.clock);
    this.#targets = new ServiceTargets(settings);
  }

  start(found: (targets: readonly Labels[]) => void): void {
    this.#targets.start(found);
    this.#run(this.#discover(this.#abort.signal));
  }

  async stop(): Promise<void> {
    this.#targets.stop();
    this.#abort.abort();
    for (const watch of this.#watched.values()) watch.abort();
    while (this.#running.size > 0) await Promise.all(this.#running);
    await this.#api.close();
  }

  async #discover(signal: AbortSignal): Promise<void> {
    const datacenter = this.#config.datacenter === "" ? await this.#ownDatacenter(signal) : this.#config.datacenter;
    if (datacenter === undefined) return;
    const { services, tags, filter } = this.#config;
    if (services.length > 0 && tags.length === 0 && filter === "") {
      return this.#keepWatched(new Set(services), () => true, datacenter);
    }
    await this.#watch(
      { what: "service list", signal },
      (index) => this.#api.services(index, signal),
      (catalog) => {
        const wanted = [...catalog].filter(([name, itsTags]) => this.#isWanted(name, itsTags));
        // A service that loses its tags stays watched as long as the catalog has it: its answer is empty then.
        this.#keepWatched(new Set(wanted.map(([name]) => name)), (name) => catalog.has(name), datacenter);
      },
    );
  }

  /** Undefined once we stop. */
  async #ownDatacenter(signal: AbortSignal): Promise<string | undefined> {
    while (!signal.aborted) {
      try {
        return await this.#api.datacenter(signal);
      } catch (error) {
        if (signal.aborted) break;
        this.#log("Error retrieving datacenter name", error);
        await sleep(this.#settings.clock, RETRY_MS, signal);
      }
    }
    return undefined;
  }

  #isWanted(name: string, itsTags: readonly string[]): boolean {
    const { services, tags } = this.#config;
    return (services.length === 0 || services.includes(name)) && tags.every((tag) => itsTags.includes(tag));
  }

  #keepWatched(wanted: ReadonlySet<string>, exists: (name: string) => boolean, datacenter: string): void {
    for (const [name, watch] of this.#watched) {
      if (exists(name)) continue;
      watch.abort();
      this.#watched.delete(name);
      this.#targets.remove(name);
    }
    const added = [...wanted].filter((name) => !this.#watched.has(name));
    // All are expected before the first answers, so that they are told together.
    for (const name of added) this.#targets.expect(name);
    for (const name of added) {
      const watch = new AbortController();
      this.#watched.set(name, watch);
      this.#run(this.#watchService(name, datacenter, watch.signal));
    }
    if (this.#watched.size === 0) this.#targets.changed();
  }

  async #watchService(service: string, datacenter: string, signal: AbortSignal): Promise<void> {
    const context = { service, datacenter, tagSeparator: this.#config.tag_separator };
    await this.#watch(
      { what: "service", service, signal },
      (index) => this.#api.instances(service, index, signal),
      (instances) =>
        this.#targets.set(
          service,
          instances.map((instance) => instanceLabels(instance, context)),
        ),
    );
  }

  /** Asks again and again until `signal` aborts, and hands on each answer that is a new one. */
  async #watch<T>(
    { what, service, signal }: { readonly what: string; readonly service?: string; readonly signal: AbortSignal },
    ask: (index: string) => Promise<Indexed<T>>,
    take: (value: T) => void,
  ): Promise<void> {
    let last = "";
    while (!signal.aborted) {
      const pause = sleep(this.#settings.clock, this.#config.refresh_interval, signal);
      try {
        const { index, value } = await ask(last);
        if (signal.aborted) return;
        // The same index again means that the wait ended without a change.
        if (index === "" || index !== last) take(value);
        // One that goes back is of a server that began anew: what we knew of its count is worth nothing.
        last = isBefore(index, last) ? "" : index;
      } catch (error) {
        if (signal.aborted) return;
        this.#log(`Error refreshing ${what}`, error, service);
        if (service !== undefined) this.#targets.failed(service);
        last = "";
        await sleep(this.#settings.clock, RETRY_MS, signal);
      }
      await pause;
    }
  }

  #log(text: string, error: unknown, service?: string): void {
    this.#settings.logger.error(text, {
      discovery: "consul",
      ...(service === undefined ? {} : { service }),
      error: errorText(error),
    });
  }

  #run(task: Promise<void>): void {
    const running = task.catch(this.#settings.report).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }
}

/** Indexes are of 64 bits, more than a number holds. */
function isBefore(index: string, last: string): boolean {
  return index !== "" && last !== "" && BigInt(index) < BigInt(last);
}
