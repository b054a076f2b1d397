import protobuf from "protobufjs";
import { afterEach, describe, expect, test } from "vitest";
import { collectDiagnostics } from "../../diagnostics.test-kit.ts";
import { AlwaysOffSampler, JaegerRemoteSampler, type Sampler } from "../../index.ts";
import { type LoopbackServer, startLoopbackServer } from "../../loopback-server.test-kit.ts";
import { ManualClock } from "../../manual-clock.test-kit.ts";
import { startGrpcServer } from "../../otlp-servers.test-kit.ts";
import { unregisterAll } from "../../registered-sdk.test-kit.ts";
import { contextOf, sample, traceIdWith } from "./sampling.test-kit.ts";

const servers: LoopbackServer[] = [];
afterEach(() => {
  unregisterAll();
  for (const server of servers.splice(0)) server.close();
});

// jaeger-idl, api_v2/sampling.proto
const STRATEGY = protobuf
  .parse(
    `syntax = "proto3";
message Probabilistic { double sampling_rate = 1; }
message RateLimiting { int32 max_traces_per_second = 1; }
message Operation { string operation = 1; Probabilistic probabilistic_sampling = 2; }
message Operations { double default_sampling_probability = 1; double default_lower_bound_traces_per_second = 2;
  repeated Operation per_operation_strategies = 3; double default_upper_bound_traces_per_second = 4; }
message Strategy { int32 strategy_type = 1; Probabilistic probabilistic_sampling = 2; RateLimiting rate_limiting_sampling = 3;
  Operations operation_sampling = 4; }`,
  )
  .root.lookupType("Strategy");
const LOW = traceIdWith("1".repeat(14));
const HIGH = traceIdWith("e".repeat(14));
const INTERVAL_MS = 5_000;

interface Remote {
  readonly sampler: Sampler;
  readonly clock: ManualClock;
  readonly asked: readonly string[];
  /** What is answered from now on: a strategy, or the status of a failure. */
  set(strategy: object | number): void;
}

async function start(strategy: object | number): Promise<Remote> {
  let current = strategy;
  const server = await startLoopbackServer(() =>
    typeof current === "number" ? { status: current } : { body: JSON.stringify(current) },
  );
  servers.push(server);
  const clock = new ManualClock();
  const sampler = new JaegerRemoteSampler({
    endpoint: `${server.url}/`,
    serviceName: "a b",
    poolingInterval: INTERVAL_MS,
    initialSampler: new AlwaysOffSampler(),
    clock,
  });
  return { sampler, clock, asked: server.asked, set: (next) => void (current = next) };
}

/** Resolves once the sampler decides by a strategy whose description holds this text. */
async function hasStrategy({ sampler }: Remote, text: string): Promise<void> {
  await expect.poll(() => sampler.toString(), { interval: 2 }).toContain(text);
}

const probabilistic = (samplingRate: number): object => ({
  strategyType: "PROBABILISTIC",
  probabilisticSampling: { samplingRate },
});

test("samples as the server says, asked at once and then at the interval", async () => {
  const remote = await start(probabilistic(0.5));
  expect(sample(remote.sampler, { traceId: HIGH }).decision).toBe(0);
  await hasStrategy(remote, "TraceIdRatioBased{0.5}");
  expect(sample(remote.sampler, { traceId: HIGH }).decision).toBe(2);
  expect(sample(remote.sampler, { traceId: LOW }).decision).toBe(0);
  remote.set(probabilistic(1));
  await remote.clock.advance(INTERVAL_MS);
  await hasStrategy(remote, "TraceIdRatioBased{1}");
  expect(sample(remote.sampler, { traceId: LOW }).decision).toBe(2);
  expect(remote.asked).toEqual(["GET /sampling?service=a%20b", "GET /sampling?service=a%20b"]);
});

test("a limited rate lets so many traces a second through, and their children", async () => {
  const remote = await start({ strategyType: "RATE_LIMITING", rateLimitingSampling: { maxTracesPerSecond: 2 } });
  await hasStrategy(remote, "RateLimitingSampler{2}");
  const decisions = (): number[] => [1, 2, 3].map(() => sample(remote.sampler, { traceId: LOW }).decision);
  expect(decisions()).toEqual([2, 2, 0]);
  expect(sample(remote.sampler, { context: contextOf({ flags: 1 }) }).decision).toBe(2);
  await remote.clock.advance(500);
  expect(decisions()).toEqual([2, 0, 0]);
});

test("operations have rates of their own, and a lower bound that rare ones reach", async () => {
  const remote = await start({
    operationSampling: {
      defaultSamplingProbability: 0,
      defaultLowerBoundTracesPerSecond: 1,
      perOperationStrategies: [{ operation: "checkout", probabilisticSampling: { samplingRate: 1 } }],
    },
  });
  await hasStrategy(remote, "PerOperationSampler");
  const decisionsOn = (name: string): number[] =>
    [1, 2].map(() => sample(remote.sampler, { name, traceId: LOW }).decision);
  expect(decisionsOn("checkout")).toEqual([2, 2]);
  expect(decisionsOn("list")).toEqual([2, 0]);
});

test("what it cannot use leaves the sampler as it is, with one warning while that lasts", async () => {
  const diagnostics = collectDiagnostics();
  const remote = await start(probabilistic(1));
  await hasStrategy(remote, "TraceIdRatioBased{1}");
  remote.set(503);
  for (const count of [2, 3]) {
    await remote.clock.advance(INTERVAL_MS);
    await expect.poll(() => remote.asked.length, { interval: 2 }).toBe(count);
    await expect.poll(() => diagnostics.lines.length, { interval: 2 }).toBe(1);
  }
  expect(diagnostics.lines[0]).toMatch(/^warn sampling strategy from .*: HTTP 503; .*TraceIdRatioBased\{1\}.* stays$/);
  expect(sample(remote.sampler, { traceId: LOW }).decision).toBe(2);
});

test("an endpoint that is none is warned of, and nothing throws", async () => {
  const diagnostics = collectDiagnostics();
  const initialSampler = new AlwaysOffSampler();
  const clock = new ManualClock();
  expect(
    () => new JaegerRemoteSampler({ endpoint: "nowhere", poolingInterval: 1_000, initialSampler, clock }),
  ).not.toThrow();
  await expect.poll(() => diagnostics.lines, { interval: 2 }).toHaveLength(1);
  expect(diagnostics.lines[0]).toContain('expected an address such as http://localhost:5778, got "nowhere"');
});

describe("over gRPC", () => {
  const decideBy = async (strategy: object): Promise<string> => {
    const asked: string[] = [];
    const server = await startGrpcServer(() => ({ body: STRATEGY.encode(STRATEGY.fromObject(strategy)).finish() }));
    const sampler = new JaegerRemoteSampler({
      endpoint: server.url,
      protocol: "grpc",
      serviceName: "shop",
      poolingInterval: INTERVAL_MS,
      initialSampler: new AlwaysOffSampler(),
      clock: new ManualClock(),
    });
    await expect.poll(() => sampler.toString(), { interval: 2 }).toContain("ParentBased");
    for (const { path, body } of server.received) asked.push(`${path} ${body.subarray(2).toString()}`);
    expect(asked).toEqual(["/jaeger.api_v2.SamplingManager/GetSamplingStrategy shop"]);
    await server.close();
    return sampler.toString();
  };

  test.each<[object, string]>([
    [{ probabilisticSampling: { samplingRate: 0.25 } }, "root=TraceIdRatioBased{0.25}"],
    [{ strategyType: 1, rateLimitingSampling: { maxTracesPerSecond: 7 } }, "root=RateLimitingSampler{7}"],
    [
      {
        operationSampling: {
          defaultSamplingProbability: 0.5,
          defaultLowerBoundTracesPerSecond: 2,
          defaultUpperBoundTracesPerSecond: 9,
          perOperationStrategies: [{ operation: "pay", probabilisticSampling: { samplingRate: 1 } }],
        },
      },
      "root=PerOperationSampler{default=GuaranteedThroughputSampler{TraceIdRatioBased{0.5}, RateLimitingSampler{2}}, " +
        "pay=GuaranteedThroughputSampler{TraceIdRatioBased{1}, RateLimitingSampler{2}}}",
    ],
  ])("%j", async (strategy, expected) => {
    expect(await decideBy(strategy)).toContain(expected);
  });
});
