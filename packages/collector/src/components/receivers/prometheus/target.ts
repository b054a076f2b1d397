/** From what discovery found to what is scraped. */
import { METRIC_NAME, labelsText, type Labels } from "../../../relabel/labels.ts";
import { relabel } from "../../../relabel/relabel.ts";
import type { ScrapeConfig } from "./scrape-config.ts";
import { parsePrometheusDuration } from "../../../prometheus/values.ts";

export interface Target {
  /** Tells targets apart: the same key is the same target. */
  readonly key: string;
  readonly url: string;
  /** The labels that its samples get. */
  readonly labels: Labels;
  /** Its labels before relabelling. */
  readonly discovered: Labels;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/** The target, undefined where relabelling drops it, or why it cannot be one. */
export function targetOf(found: Labels, config: ScrapeConfig): Target | string | undefined {
  const discovered = withDefaults(found, config);
  const relabelled = relabel(discovered, config.relabel_configs);
  if (relabelled === undefined) return undefined;
  const address = relabelled.get("__address__") ?? "";
  if (address === "") return "no address";
  if (address.includes("/")) return `${JSON.stringify(address)} is not a valid hostname`;
  const intervalMs = parsePrometheusDuration(relabelled.get("__scrape_interval__") ?? "");
  const timeoutMs = parsePrometheusDuration(relabelled.get("__scrape_timeout__") ?? "");
  if (!intervalMs) return "error parsing scrape interval: the scrape interval cannot be 0";
  if (!timeoutMs) return "error parsing scrape timeout: the scrape timeout cannot be 0";
  if (timeoutMs > intervalMs) return `scrape timeout cannot be greater than scrape interval`;
  const labels = new Map([...relabelled].filter(([name]) => !name.startsWith("__") || name === METRIC_NAME));
  if (!labels.has("instance")) labels.set("instance", address);
  const url = urlOf(relabelled, address, config);
  return { key: `${url} ${labelsText(labels)}`, url, labels, discovered, intervalMs, timeoutMs };
}

/** What discovery found, with what the scrape config says of all targets. */
export function withDefaults(found: Labels, config: ScrapeConfig): Labels {
  const defaults: [string, string][] = [
    ["job", config.job_name],
    ["__scrape_interval__", `${config.scrape_interval}ms`],
    ["__scrape_timeout__", `${config.scrape_timeout}ms`],
    ["__metrics_path__", config.metrics_path],
    ["__scheme__", config.scheme],
    ...Object.entries(config.params).map(([name, [first = ""]]): [string, string] => [`__param_${name}`, first]),
  ];
  return new Map([...defaults, ...[...found].filter(([, value]) => value !== "")]);
}

function urlOf(labels: Labels, address: string, config: ScrapeConfig): string {
  const query = new URLSearchParams();
  for (const [name, values] of Object.entries(config.params)) {
    for (const value of values) query.append(name, value);
  }
  for (const [label, value] of labels) {
    if (!label.startsWith("__param_")) continue;
    const name = label.slice("__param_".length);
    const rest = query.getAll(name).slice(1);
    query.delete(name);
    for (const one of [value, ...rest]) query.append(name, one);
  }
  const text = query.toString();
  return `${labels.get("__scheme__")}://${address}${labels.get("__metrics_path__") ?? ""}${text === "" ? "" : `?${text}`}`;
}
