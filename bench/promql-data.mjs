/**
 * 10,000 Prometheus series of 100 processes, sampled every 15 seconds, as OTLP for Clew and as remote write for
 * Prometheus, from the same numbers: 24 % counters, 56 % parts of classic histograms, 20 % gauges.
 */
import { encode, PROTOCOLS } from "../packages/otlp/dist/index.js";
import { Random, string } from "./shop-model.mjs";

export const INTERVAL_MS = 15_000;
export const SERIES_COUNT = 10_000;
const JOBS = 10;
const INSTANCES = 10;
const ROUTES = 12;
const TIMED_ROUTES = 4;
const GAUGES = 10;
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Long before the first sample, so that no window sees a counter begin. */
const STARTED_BEFORE_MS = 86_400_000;

/** One process: its current values, and what they are called on either side. */
class Target {
  #random;
  #resource;
  #counters;
  #histograms;
  #gauges;

  constructor(job, instance, seed) {
    this.#random = new Random(seed);
    this.#resource = { attributes: [string("service.name", job), string("service.instance.id", instance)] };
    const common = { job, instance };
    this.#counters = range(ROUTES * 2).map((i) => {
      const labels = { route: `/route/${i >> 1}`, status: i % 2 === 0 ? "200" : "500" };
      return { ...named("http_requests_total", common, labels), value: 0, rate: 1_000 + this.#random.below(400_000) };
    });
    this.#histograms = range(TIMED_ROUTES).map((i) => {
      const labels = { route: `/route/${i}` };
      const part = (suffix, more = {}) => named(`request_duration_seconds_${suffix}`, common, { ...labels, ...more });
      return {
        ...named("request_duration_seconds", common, labels),
        counts: Array.from({ length: BOUNDS.length + 1 }, () => 0),
        sum: 0,
        buckets: [...BOUNDS, "+Inf"].map((bound) => part("bucket", { le: String(bound) })),
        ofSum: part("sum"),
        ofCount: part("count"),
      };
    });
    this.#gauges = range(GAUGES * 2).map((i) =>
      i < GAUGES
        ? { ...named("queue_size", common, { queue: `q${i}` }), value: 50, isRatio: false }
        : { ...named("cpu_utilization", common, { cpu: `${i - GAUGES}` }), value: 0.5, isRatio: true },
    );
  }

  /** The values of `times` exports: an ExportMetricsServiceRequest, and remote write's time series, bare and in Snappy. */
  next(timesMs) {
    const points = { counters: [], histograms: [], queues: [], ratios: [] };
    const written = new Map();
    const write = (series, value, timeMs) => {
      const samples = written.get(series) ?? [];
      written.set(series, samples);
      samples.push(sampleBytes(value, timeMs));
    };
    const startTimeUnixNano = BigInt(timesMs[0] - (timesMs[0] % STARTED_BEFORE_MS) - STARTED_BEFORE_MS) * 1_000_000n;
    for (const timeMs of timesMs) {
      const times = { startTimeUnixNano, timeUnixNano: BigInt(timeMs) * 1_000_000n };
      for (const one of this.#counters) {
        one.value += this.#random.below(one.rate);
        points.counters.push({ attributes: one.attributes, ...times, asInt: BigInt(one.value) });
        write(one, one.value, timeMs);
      }
      for (const one of this.#histograms) this.#histogram(one, times, timeMs, points, write);
      for (const one of this.#gauges) {
        one.value = one.isRatio ? this.#random.below(10_000) / 10_000 : one.value + this.#random.below(5) - 2;
        const value = one.isRatio ? { asDouble: one.value } : { asInt: BigInt(one.value) };
        points[one.isRatio ? "ratios" : "queues"].push({ attributes: one.attributes, ...times, ...value });
        write(one, one.value, timeMs);
      }
    }
    const writeRequest = timeSeries(written);
    return { otlp: this.#request(points), writeRequest, remoteWrite: snappyLiteral(writeRequest) };
  }

  #histogram(one, times, timeMs, points, write) {
    for (let i = 0; i < one.counts.length; i++) {
      const added = this.#random.below(20);
      one.counts[i] += added;
      one.sum += added * (BOUNDS[i] ?? 20);
    }
    let cumulative = 0;
    for (const [i, count] of one.counts.entries()) write(one.buckets[i], (cumulative += count), timeMs);
    write(one.ofSum, one.sum, timeMs);
    write(one.ofCount, cumulative, timeMs);
    points.histograms.push({
      attributes: one.attributes,
      ...times,
      count: BigInt(cumulative),
      sum: one.sum,
      bucketCounts: one.counts.map(BigInt),
      explicitBounds: BOUNDS,
    });
  }

  #request({ counters, histograms, queues, ratios }) {
    const metrics = [
      { name: "http.requests", sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: counters } },
      { name: "request.duration", unit: "s", histogram: { aggregationTemporality: 2, dataPoints: histograms } },
      { name: "queue.size", gauge: { dataPoints: queues } },
      { name: "cpu.utilization", gauge: { dataPoints: ratios } },
    ];
    const scopeMetrics = [{ scope: { name: "bench" }, metrics }];
    return encode(PROTOCOLS.metrics.request, { resourceMetrics: [{ resource: this.#resource, scopeMetrics }] });
  }
}

export function targets() {
  return range(JOBS).flatMap((job) =>
    range(INSTANCES).map((i) => new Target(`job-${job}`, `instance-${job}-${i}`, 1 + job * INSTANCES + i)),
  );
}

function named(name, common, labels) {
  return {
    attributes: Object.entries(labels).map(([key, value]) => string(key, value)),
    labelBytes: labelBytesOf({ __name__: name, ...common, ...labels }),
  };
}

/** A time series' labels in remote write, in the order that it wants. */
export function labelBytesOf(labels) {
  const all = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.concat(all.map(([key, value]) => field(1, Buffer.concat([text(1, key), text(2, value)]))));
}

/** remote write's `WriteRequest` (prometheus/prompb/remote.proto). Several, put end to end, are one. */
export function timeSeries(written) {
  const parts = [...written].map(([{ labelBytes }, samples]) => field(1, Buffer.concat([labelBytes, ...samples])));
  return Buffer.concat(parts);
}

/** One of its samples. */
export function sampleBytes(value, timeMs) {
  const double = Buffer.alloc(9);
  double[0] = 0x09;
  double.writeDoubleLE(value, 1);
  return field(2, Buffer.concat([double, Buffer.of(0x10), varint(timeMs)]));
}

/** A Snappy block without compression: one literal with a length of three bytes. */
function snappyLiteral(bytes) {
  const length = bytes.length - 1;
  const tag = Buffer.of(62 << 2, length & 0xff, (length >> 8) & 0xff, (length >> 16) & 0xff);
  return Buffer.concat([varint(bytes.length), tag, bytes]);
}

function field(number, bytes) {
  return Buffer.concat([Buffer.of((number << 3) | 2), varint(bytes.length), bytes]);
}

function text(number, value) {
  return field(number, Buffer.from(value));
}

function varint(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Buffer.of(...bytes, value);
}

function range(length) {
  return Array.from({ length }, (_unused, i) => i);
}
