/** `targets` and `scrape_pools`: what the program scrapes, and how that goes. */
import type { ScrapePoolState, ScrapedTarget } from "@clew/collector";
import { Labels, labelsTest, parseSelector, prometheusDurationText } from "@clew/query";
import { stringify } from "yaml";
import { asParameter, badData } from "./api-error.ts";
import { type Answer, dataOf } from "./envelope.ts";
import type { Parameters } from "./parameters.ts";

const EVERYTHING = ["", "any"];
/** What was never scraped, as Go writes its zero time. */
const NEVER = "0001-01-01T00:00:00Z";

export class TargetEndpoints {
  readonly #pools: () => readonly ScrapePoolState[];

  /** `pools`: by name. */
  constructor(pools: () => readonly ScrapePoolState[]) {
    this.#pools = pools;
  }

  scrapePools(): Answer {
    return dataOf({ scrapePools: this.#pools().map(({ name }) => name) });
  }

  scrapePoolConfig(parameters: Parameters): Answer {
    return dataOf({ yaml: stringify(this.#pool(parameters).config) });
  }

  targets(parameters: Parameters): Answer {
    const wanted = parameters.text("scrapePool");
    const state = parameters.text("state").toLowerCase();
    const pools = this.#pools().filter(({ name }) => wanted === "" || name === wanted);
    const isActive = [...EVERYTHING, "active"].includes(state);
    const isDropped = [...EVERYTHING, "dropped"].includes(state);
    return dataOf({
      activeTargets: isActive ? pools.flatMap((pool) => pool.active.map((target) => activeTarget(target, pool))) : [],
      droppedTargets: isDropped
        ? pools.flatMap(({ name, dropped }) =>
            dropped.map((labels) => ({ discoveredLabels: Object.fromEntries(labels), scrapePool: name })),
          )
        : [],
      droppedTargetCounts: isDropped
        ? Object.fromEntries(this.#pools().map(({ name, dropped }) => [name, dropped.length]))
        : null,
    });
  }

  async metadata(parameters: Parameters): Promise<Answer> {
    const limit = parameters.text("limit") === "" ? Infinity : parameters.count("limit");
    const match = parameters.text("match_target");
    const matchers = match === "" ? [] : await asParameter("match_target", () => parseSelector(match));
    const isWanted = labelsTest(matchers);
    const metric = parameters.text("metric");
    const found = this.#pools()
      .flatMap(({ active }) => active)
      .filter(({ labels }) => isWanted(Labels.from(labels)))
      .flatMap((target) => metadataOf(target, metric));
    return dataOf(found.slice(0, limit));
  }

  relabelSteps(parameters: Parameters): Answer {
    const pool = this.#pool(parameters);
    if (parameters.text("labels") === "") throw badData("no labels parameter provided");
    const steps = pool.relabelSteps(labelsOf(parameters.text("labels")));
    return dataOf({ steps: steps.map((step) => ({ ...step, output: Object.fromEntries(step.output) })) });
  }

  #pool(parameters: Parameters): ScrapePoolState {
    const name = parameters.text("scrapePool");
    if (name === "") throw badData("no scrapePool parameter provided");
    const pool = this.#pools().find((one) => one.name === name);
    if (pool === undefined) throw badData(`error retrieving scrape config: scrape pool "${name}" not found`);
    return pool;
  }
}

function labelsOf(text: string): Map<string, string> {
  const labels = parsed(text);
  if (typeof labels !== "object" || labels === null || Array.isArray(labels))
    throw badData("error parsing labels: expected an object of texts");
  return new Map(Object.entries(labels).map(([name, value]) => [name, String(value)]));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw badData(`error parsing labels: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function activeTarget(target: ScrapedTarget, { name }: ScrapePoolState): Readonly<Record<string, unknown>> {
  const { labels, discovered, url, lastError, lastScrapeMs, lastScrapeSeconds, isUp } = target;
  return {
    discoveredLabels: Object.fromEntries(discovered),
    labels: Object.fromEntries(labels),
    scrapePool: name,
    scrapeUrl: url,
    globalUrl: url,
    lastError,
    lastScrape: lastScrapeMs === undefined ? NEVER : new Date(lastScrapeMs).toISOString(),
    lastScrapeDuration: lastScrapeSeconds,
    health: isUp === undefined ? "unknown" : isUp ? "up" : "down",
    scrapeInterval: prometheusDurationText(target.intervalMs),
    scrapeTimeout: prometheusDurationText(target.timeoutMs),
  };
}

function metadataOf({ labels, metadata }: ScrapedTarget, metric: string): object[] {
  const target = Object.fromEntries(labels);
  const all = metric === "" ? metadata : metadata.filter((one) => one.metric === metric);
  return all.map(({ metric: name, type, help, unit }) => ({
    target,
    ...(metric === "" ? { metric: name } : {}),
    type,
    help,
    unit,
  }));
}
