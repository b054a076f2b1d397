/** Alertmanagers that are found by one configuration and reached in the same way. */
import { posix } from "node:path";
import { messageOf } from "@clew/base";
import type { DiscoverySettings, DiscoverySource } from "../discovery/discovery.ts";
import { sourcesOf } from "../discovery/sources.ts";
import { HttpClient, type PostAnswer } from "../http-client/http-client.ts";
import type { Labels } from "../relabel/labels.ts";
import { relabel } from "../relabel/relabel.ts";
import type { AlertmanagerConfig } from "./alerting-config.ts";

const PATH_LABEL = "__alerts_path__";

export class AlertmanagerSet {
  readonly #config: AlertmanagerConfig;
  readonly #settings: DiscoverySettings;
  readonly #sources: readonly DiscoverySource[];
  readonly #client: HttpClient;
  // What each source found last.
  readonly #found = new Map<DiscoverySource, readonly Labels[]>();
  #active: readonly string[] = [];
  #dropped: readonly string[] = [];

  constructor(config: AlertmanagerConfig, settings: DiscoverySettings) {
    this.#config = config;
    this.#settings = settings;
    this.#sources = sourcesOf(config, settings);
    this.#client = new HttpClient(config, settings.clock);
  }

  /** Where alerts are posted to: none is there twice. */
  get active(): readonly string[] {
    return this.#active;
  }

  /** What relabelling dropped. */
  get dropped(): readonly string[] {
    return this.#dropped;
  }

  /** Calls `changed` whenever others are found. */
  start(changed: () => void): void {
    for (const source of this.#sources) {
      source.start((targets) => {
        this.#found.set(source, targets);
        this.#sync();
        changed();
      });
    }
  }

  /** Finds no more. What is posted is still sent. */
  async stop(): Promise<void> {
    await Promise.all(this.#sources.map((source) => source.stop()));
  }

  /** Rejects where there is no answer within the configuration's `timeout`. */
  async post(url: string, body: unknown): Promise<PostAnswer> {
    const timeout = new AbortController();
    const { timeout: timeoutMs } = this.#config;
    const late = new Error(`no answer within ${timeoutMs} ms`);
    const cancel = this.#settings.clock.after(timeoutMs, () => timeout.abort(late));
    try {
      return await this.#client.post({ url, body: JSON.stringify(body), signal: timeout.signal });
    } catch (error) {
      throw timeout.signal.aborted ? late : error;
    } finally {
      cancel();
    }
  }

  /** Ends connections. */
  close(): Promise<void> {
    return this.#client.close();
  }

  #sync(): void {
    const active = new Set<string>();
    const dropped: string[] = [];
    for (const found of [...this.#found.values()].flat()) {
      const labels = this.#withDefaults(found);
      const kept = relabel(labels, this.#config.relabel_configs);
      if (kept === undefined) dropped.push(urlOf(labels));
      else if (this.#hasAddress(kept)) active.add(urlOf(kept));
    }
    this.#active = [...active];
    this.#dropped = dropped;
  }

  #withDefaults(found: Labels): Labels {
    const { scheme, path_prefix: prefix, api_version: version } = this.#config;
    const path = posix.join("/", prefix, `/api/${version}/alerts`);
    return new Map([...found, ["__scheme__", scheme], [PATH_LABEL, path]]);
  }

  #hasAddress(labels: Labels): boolean {
    const address = labels.get("__address__") ?? "";
    if (address !== "" && !address.includes("/")) return true;
    const error = address === "" ? "no address" : `${JSON.stringify(address)} is not a valid hostname`;
    this.#settings.logger.error("Creating discovered Alertmanagers failed", { err: messageOf(error) });
    return false;
  }
}

function urlOf(labels: Labels): string {
  return `${labels.get("__scheme__") ?? ""}://${labels.get("__address__") ?? ""}${labels.get(PATH_LABEL) ?? ""}`;
}
