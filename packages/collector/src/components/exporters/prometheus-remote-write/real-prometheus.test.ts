import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { componentSettings } from "../../../component.test-kit.ts";
import { attributesOf, metricsOf } from "../../../otlp.test-kit.ts";
import { hasPrometheus, runPrometheus, type RunningPrometheus } from "../../../prometheus.test-kit.ts";
import { Place } from "../../../schema/place.ts";
import { schema } from "./config.ts";
import { prometheusRemoteWriteExporter } from "./factory.ts";

const CUMULATIVE = 2;
const START_MS = Date.now();
const SERVICE = { "service.name": "shop", "service.namespace": "acme", "service.instance.id": "i1", "host.name": "h" };
const at = (seconds: number): { timeUnixNano: bigint } => ({
  timeUnixNano: BigInt(START_MS + seconds * 1_000) * 1_000_000n,
});

describe.skipIf(!hasPrometheus)("a real Prometheus (needs Debian's prometheus)", () => {
  let prometheus: RunningPrometheus;
  const stops: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    prometheus = await runPrometheus();
  });
  afterAll(async () => {
    for (const stop of stops) await stop();
    await prometheus?.stop();
  });

  async function exporterTo(config: object = {}) {
    const { settings } = componentSettings("exporter", "prometheus_remote_write");
    const read = schema.read(
      { endpoint: `${prometheus.url}/api/v1/write`, retry_on_failure: { enabled: false }, ...config },
      new Place("", []),
    );
    const exporter = prometheusRemoteWriteExporter.create(settings, read, ["metrics"]);
    await exporter.start();
    stops.push(() => exporter.shutdown());
    return exporter;
  }

  test("takes numbers, and joins them with target_info", async () => {
    const exporter = await exporterTo({ max_batch_size_bytes: 300 });
    const orders = (value: number, seconds: number): object => ({
      name: "orders",
      sum: {
        isMonotonic: true,
        aggregationTemporality: CUMULATIVE,
        dataPoints: [{ asInt: BigInt(value), attributes: attributesOf({ "order.kind": "b2b" }), ...at(seconds) }],
      },
    });
    for (const [value, seconds] of [
      [10, 0],
      [40, 30],
    ] as const) {
      await exporter.consume(
        metricsOf(
          [
            orders(value, seconds),
            { name: "fill", unit: "1", gauge: { dataPoints: [{ asDouble: 0.5, ...at(seconds) }] } },
          ],
          SERVICE,
        ),
      );
    }
    const end = START_MS + 30_000;
    expect(await prometheus.values('orders_total{order_kind="b2b",job="acme/shop",instance="i1"}', end)).toEqual([40]);
    expect(await prometheus.values("fill_ratio", end)).toEqual([0.5]);
    const joined = "orders_total * on (job, instance) group_left (host_name) target_info";
    expect((await prometheus.query(joined, end))[0]?.metric["host_name"]).toBe("h");
  });

  test("takes a classic histogram with an exemplar", async () => {
    const exporter = await exporterTo({ target_info: { enabled: false } });
    const exemplar = { traceId: Buffer.alloc(16, 10), asDouble: 0.7, ...at(1) };
    const point = {
      count: 4n,
      sum: 3,
      explicitBounds: [0.5, 1],
      bucketCounts: [0n, 4n, 0n],
      exemplars: [exemplar],
      ...at(1),
    };
    const histogram = { aggregationTemporality: CUMULATIVE, dataPoints: [point] };
    await exporter.consume(metricsOf([{ name: "latency", unit: "s", histogram }], SERVICE));
    const time = START_MS + 1_000;
    expect(await prometheus.values("histogram_quantile(0.5, latency_seconds_bucket)", time)).toEqual([0.75]);
    expect(await prometheus.exemplars("latency_seconds_bucket", START_MS - 10_000, START_MS + 10_000)).toMatchObject([
      { seriesLabels: { le: "1" }, exemplars: [{ labels: { trace_id: "0a".repeat(16) }, value: "0.7" }] },
    ]);
  });

  test("takes an exponential histogram as a native one, whatever its scale", async () => {
    const exporter = await exporterTo({ target_info: { enabled: false } });
    const point = (scale: number, offset: number): object => ({
      count: 10n,
      sum: 25,
      scale,
      zeroCount: 2n,
      positive: { offset, bucketCounts: [4n, 0n, 0n, 0n, 0n, 4n] },
      negative: { offset: 0, bucketCounts: [] },
      ...at(1),
    });
    const metric = (name: string, one: object): object => ({
      name,
      exponentialHistogram: { aggregationTemporality: CUMULATIVE, dataPoints: [one] },
    });
    await exporter.consume(metricsOf([metric("coarse", point(0, 0)), metric("fine", point(12, 4_096))], SERVICE));
    const time = START_MS + 1_000;
    const [coarse] = await prometheus.query("coarse", time);
    expect(coarse?.histogram?.[1]).toMatchObject({ count: "10", sum: "25" });
    // Half lies at or below the end of (1,2], the buckets of scale 12 within one of scale 8 above 2.
    expect((await prometheus.values("histogram_quantile(0.6, coarse)", time))[0]).toBeCloseTo(2, 10);
    const [fine] = await prometheus.values("histogram_quantile(0.9, fine)", time);
    expect(fine).toBeGreaterThan(2);
    expect(fine).toBeLessThan(2.01);
  });

  test("ends a series where there is no recorded value", async () => {
    const exporter = await exporterTo({ target_info: { enabled: false } });
    const gauge = (seconds: number, more: object = {}): object => ({
      name: "ending",
      gauge: { dataPoints: [{ asDouble: 1, ...at(seconds), ...more }] },
    });
    await exporter.consume(metricsOf([gauge(1)], SERVICE));
    await exporter.consume(metricsOf([gauge(2, { flags: 1 })], SERVICE));
    expect(await prometheus.values("ending", START_MS + 1_500)).toEqual([1]);
    expect(await prometheus.values("ending", START_MS + 2_500)).toEqual([]);
  });

  test("refuses samples out of order for good, and the sender hears why", async () => {
    const exporter = await exporterTo({ target_info: { enabled: false } });
    const gauge = (seconds: number): object => ({
      name: "late",
      gauge: { dataPoints: [{ asDouble: seconds, ...at(seconds) }] },
    });
    await exporter.consume(metricsOf([gauge(5)], SERVICE));
    await expect(exporter.consume(metricsOf([gauge(4)], SERVICE))).rejects.toMatchObject({
      permanent: true,
      what: expect.stringContaining("out of order sample") as string,
    });
  });

  test("is seen not to know version 2.0 where it does not", async () => {
    const exporter = await exporterTo({ protobuf_message: "io.prometheus.write.v2.Request" });
    const gauge = { name: "second", gauge: { dataPoints: [{ asDouble: 1, ...at(1) }] } };
    const outcome = await exporter.consume(metricsOf([gauge], SERVICE)).then(
      () => "taken",
      (error: unknown) => (error as { what: string }).what,
    );
    const found = await prometheus.values("second", START_MS + 1_000);
    // Never taken without being written.
    expect(`${outcome} ${found.length}`).toMatch(/^taken 1$|does not know Remote Write 2.0 0$|HTTP status 4.* 0$/);
  });
});
