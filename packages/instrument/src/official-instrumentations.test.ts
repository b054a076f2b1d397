import { afterEach, expect, test } from "vitest";
import type { SentSpan } from "./telemetry-sink.test-kit.ts";
import { appStarter, MODULE_SYSTEMS } from "./instrumented-app.test-kit.ts";

const startApp = appStarter(afterEach);
// Under its own name it would be registered in the applications of all other tests.
const ALIASES = { "@opentelemetry/instrumentation-graphql": "official-instrumentation-graphql" };

test.each(MODULE_SYSTEMS)("in %s, an official package that is installed is registered on this SDK", async (modules) => {
  const app = await startApp({
    modules,
    aliases: ALIASES,
    imports: { "{ graphql, buildSchema }": "graphql", "{ trace }": "@opentelemetry/api" },
    code: `
      const schema = buildSchema("type Query { hello: String }");
      await trace.getTracer("app").startActiveSpan("work", async (span) => {
        const { data } = await graphql({ schema, source: "{ hello }", rootValue: { hello: () => "world" } });
        span.end();
        tell(data.hello);
      });`,
  });
  expect(app.told).toEqual(["world"]);
  const work = await app.sink.span("work");
  const isOfficial = ({ scope }: SentSpan): boolean => scope === "@opentelemetry/instrumentation-graphql";
  await app.sink.until(({ spans }) => spans.some((span) => isOfficial(span) && span.traceId === work.traceId));
});

test("one that is disabled is not", async () => {
  const app = await startApp({
    modules: "CommonJS",
    aliases: ALIASES,
    imports: { "{ graphql, buildSchema }": "graphql" },
    env: { OTEL_NODE_DISABLED_INSTRUMENTATIONS: "graphql", OTEL_NODE_EXPLAIN: "true" },
    code: `
      const { data } = await graphql({ schema: buildSchema("type Query { hello: String }"), source: "{ hello }" });
      console.log("done");
      tell(data);`,
  });
  await app.sink.until(({ logs }) => logs.some(({ body }) => body === "done"));
  expect(app.sink.spans).toEqual([]);
});
