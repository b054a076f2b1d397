import { type Attributes, ROOT_CONTEXT, SpanKind } from "@opentelemetry/api";
import { afterEach, expect, test } from "vitest";
import { collectDiagnostics } from "../../../diagnostics.test-kit.ts";
import { AWSXRayRemoteSampler, resourceFromAttributes } from "../../../index.ts";
import { type LoopbackServer, startLoopbackServer } from "../../../loopback-server.test-kit.ts";
import { ManualClock } from "../../../manual-clock.test-kit.ts";
import { unregisterAll } from "../../../registered-sdk.test-kit.ts";
import { contextOf, traceIdWith } from "../sampling.test-kit.ts";

const servers: LoopbackServer[] = [];
afterEach(() => {
  unregisterAll();
  for (const server of servers.splice(0)) server.close();
});

const ANY = { ServiceName: "*", ServiceType: "*", Host: "*", HTTPMethod: "*", URLPath: "*", ResourceARN: "*" };
const DEFAULT_RULE = { ...ANY, RuleName: "Default", Priority: 10_000, ReservoirSize: 0, FixedRate: 0 };

/** A collector's proxy to X-Ray with these rules. */
async function start(...rules: object[]) {
  const statistics: { RuleName: string; RequestCount: number; SampledCount: number; BorrowCount: number }[][] = [];
  let targets: object[] = [];
  const server = await startLoopbackServer(({ url }, body) => {
    if (url === "/GetSamplingRules") {
      const records = [...rules, DEFAULT_RULE].map((rule) => ({
        SamplingRule: { ...ANY, ReservoirSize: 0, FixedRate: 0, ...rule },
      }));
      return { body: JSON.stringify({ SamplingRuleRecords: records }) };
    }
    statistics.push(
      (JSON.parse(body) as { SamplingStatisticsDocuments: (typeof statistics)[0] }).SamplingStatisticsDocuments,
    );
    return { body: JSON.stringify({ LastRuleModification: 0, SamplingTargetDocuments: targets }) };
  });
  servers.push(server);
  const clock = new ManualClock();
  const resource = resourceFromAttributes({ "service.name": "shop", "cloud.platform": "aws_ecs" });
  const sampler = new AWSXRayRemoteSampler({ resource, endpoint: server.url, clock });
  await expect.poll(() => sampler.toString(), { interval: 2 }).toContain("Default");
  const decide = (attributes: Attributes = {}): number =>
    sampler.shouldSample(ROOT_CONTEXT, traceIdWith("8".repeat(14)), "s", SpanKind.SERVER, attributes, []).decision;
  return { sampler, clock, decide, statistics, setTargets: (...next: object[]) => void (targets = next) };
}

test("the first rule by priority that matches decides", async () => {
  const { decide } = await start(
    { RuleName: "all", Priority: 3, FixedRate: 1, URLPath: "/pay*", Host: "SHOP.example" },
    { RuleName: "none", Priority: 1, URLPath: "/pay/health" },
    { RuleName: "attribute", Priority: 2, FixedRate: 1, Attributes: { "user.tier": "go?d" } },
    {
      RuleName: "ecs",
      Priority: 4,
      FixedRate: 1,
      ServiceType: "AWS::ECS::Container",
      ServiceName: "shop",
      HTTPMethod: "PUT",
    },
    { RuleName: "lambda", Priority: 5, FixedRate: 1, ServiceType: "AWS::Lambda::Function" },
  );
  const shop = { "server.address": "shop.example" };
  expect(decide({ ...shop, "url.path": "/pay/now" })).toBe(2);
  expect(decide({ ...shop, "url.full": "http://shop.example/pay?x=1" })).toBe(2);
  expect(decide({ "url.path": "/pay/now" })).toBe(0);
  expect(decide({ ...shop, "url.path": "/pay/health", "user.tier": "gold" })).toBe(0);
  expect(decide({ "user.tier": "gold" })).toBe(2);
  expect(decide({ "http.request.method": "PUT" })).toBe(2);
  expect(decide()).toBe(0);
});

test("without a quota one trace a second is borrowed; with one, as many as it says until it expires", async () => {
  const { decide, clock, statistics, setTargets } = await start({ RuleName: "r", Priority: 1, ReservoirSize: 50 });
  expect([decide(), decide()]).toEqual([2, 0]);
  const until = clock.nowMs() / 1_000 + 60;
  setTargets({ RuleName: "r", FixedRate: 0, ReservoirQuota: 3, ReservoirQuotaTTL: until, Interval: 20 });
  await clock.advance(10_000);
  await expect.poll(() => [decide(), decide(), decide()].join(), { interval: 5 }).toBe("2,2,2");
  expect(decide()).toBe(0);
  expect(statistics[0]?.[0]).toMatchObject({ RuleName: "r", RequestCount: 2, SampledCount: 1, BorrowCount: 1 });
  await clock.advance(61_000);
  expect(decide()).toBe(0);
});

test("children do as their parent did", async () => {
  const { sampler } = await start({ RuleName: "r", Priority: 1, FixedRate: 1 });
  const dropped = contextOf({ flags: 2 });
  expect(sampler.shouldSample(dropped, traceIdWith("8".repeat(14)), "s", SpanKind.SERVER, {}, []).decision).toBe(0);
});

test("without rules one trace a second and 5 % are sampled, with one warning", async () => {
  const diagnostics = collectDiagnostics();
  const server = await startLoopbackServer(() => ({ status: 500 }));
  servers.push(server);
  const clock = new ManualClock();
  const sampler = new AWSXRayRemoteSampler({ resource: resourceFromAttributes({}), endpoint: server.url, clock });
  const decide = (randomness: string): number =>
    sampler.shouldSample(ROOT_CONTEXT, traceIdWith(randomness.repeat(14)), "s", SpanKind.SERVER, {}, []).decision;
  expect([decide("1"), decide("1"), decide("f")]).toEqual([2, 0, 2]);
  await expect.poll(() => diagnostics.lines, { interval: 2 }).toHaveLength(1);
  expect(diagnostics.lines[0]).toMatch(/^warn X-Ray sampling rules from .*: HTTP 500$/);
  sampler.stopPollers();
});
