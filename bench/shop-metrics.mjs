/**
 * Metrics of the shop: sixty processes with 166 series each, exported every 15 seconds by each at a time of its own.
 * Three fifths are counters (a third of them idle), the rest gauges: integers, and measured ratios of four digits.
 */
import { encode, PROTOCOLS } from "../packages/otlp/dist/index.js";
import { int, Random, SERVICES, string } from "./shop-model.mjs";

const SCOPE = { name: "shop", version: "1.0.0" };
export const EXPORT_INTERVAL_MS = 15_000;
const SERIES_PER_METRIC = 16;

const METRICS = [
  ...Array.from({ length: 6 }, (_unused, i) => ({ name: `shop.requests.${i}`, unit: "{request}", kind: "counter" })),
  ...Array.from({ length: 2 }, (_unused, i) => ({ name: `shop.queue.${i}.size`, unit: "{item}", kind: "gauge" })),
  ...Array.from({ length: 2 }, (_unused, i) => ({ name: `shop.pool.${i}.utilization`, unit: "1", kind: "ratio" })),
];
/** A few more that have one series a process, to come to 166. */
const SINGLES = ["process.cpu.time", "process.memory.usage", "v8.heap.used", "eventloop.delay", "gc.count", "fd.count"];

export const SERIES_COUNT = SERVICES.length * 3 * (METRICS.length * SERIES_PER_METRIC + SINGLES.length);

export class ShopMetrics {
  #targets;
  #timeMs;

  constructor({ seed, startMs }) {
    const random = new Random(seed);
    this.#timeMs = startMs;
    this.#targets = SERVICES.flatMap((service) =>
      service.resources.map((resource) => new Target(resource, service, new Random(random.below(1e9)), startMs)),
    );
  }

  /** The next export of every process: ExportMetricsServiceRequests with `points` points each. */
  exports() {
    this.#timeMs += EXPORT_INTERVAL_MS;
    return this.#targets.map((target) => target.export(this.#timeMs));
  }
}

class Target {
  #resource;
  #random;
  #offsetMs;
  #startUnixNano;
  #series = [];

  constructor(resource, service, random, startMs) {
    this.#resource = resource;
    this.#random = random;
    this.#offsetMs = random.below(EXPORT_INTERVAL_MS);
    this.#startUnixNano = BigInt(startMs) * 1_000_000n;
    for (const { name, unit, kind } of METRICS) {
      const series = Array.from({ length: SERIES_PER_METRIC }, (_unused, i) => ({
        attributes: [
          string("http.route", service.routes[i % 8].route),
          string("http.request.method", i < 8 ? "GET" : "POST"),
          int("http.response.status_code", i % 5 === 4 ? 500 : 200),
        ],
        value: 0,
        rate: random.below(3) === 0 ? 0 : 1 + random.skewed(400),
      }));
      this.#series.push({ name, unit, kind, series });
    }
    for (const name of SINGLES) {
      const kind =
        name === "eventloop.delay" ? "ratio" : name.endsWith("time") || name === "gc.count" ? "counter" : "gauge";
      this.#series.push({ name, unit: "1", kind, series: [{ attributes: [], value: 0, rate: 40 }] });
    }
  }

  export(timeMs) {
    const random = this.#random;
    const timeUnixNano = BigInt(timeMs + this.#offsetMs) * 1_000_000n + BigInt(random.below(3_000_000));
    const metrics = this.#series.map(({ name, unit, kind, series }) => {
      const dataPoints = series.map((one) => {
        advance(one, kind, random);
        return {
          attributes: one.attributes,
          startTimeUnixNano: this.#startUnixNano,
          timeUnixNano,
          ...(kind === "ratio" ? { asDouble: one.value } : { asInt: BigInt(one.value) }),
        };
      });
      const sum = { aggregationTemporality: 2, isMonotonic: true, dataPoints };
      return { name, unit, ...(kind === "counter" ? { sum } : { gauge: { dataPoints } }) };
    });
    const points = METRICS.length * SERIES_PER_METRIC + SINGLES.length;
    const resourceMetrics = [{ resource: this.#resource, scopeMetrics: [{ scope: SCOPE, metrics }] }];
    return { bytes: encode(PROTOCOLS.metrics.request, { resourceMetrics }), points };
  }
}

function advance(series, kind, random) {
  if (kind === "counter") series.value += series.rate === 0 ? 0 : Math.round(series.rate * (0.8 + 0.4 * random.next()));
  else if (kind === "ratio") series.value = Math.round(10_000 * (0.3 + 0.1 * random.next())) / 10_000;
  else series.value = Math.max(0, series.value + random.below(5) - 2);
}
