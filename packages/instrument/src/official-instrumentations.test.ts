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

test.each([
  [
    "that it supports is told as instrumented",
    {},
    /^ {2}instrumented +@opentelemetry\/instrumentation-graphql: graphql \d+/m,
  ],
  [
    "that it does not support is told with what it does",
    { "graphql/package.json": '{"version":"99.0.0","main":"index.js"}', "graphql/index.js": "exports.graphql = 1" },
    /^ {2}not instrumented +@opentelemetry\/instrumentation-graphql: graphql 99\.0\.0 is not of >=14\.0\.0 <\d+$/m,
  ],
])("a version %s", async (_, packages, told) => {
  const app = await startApp({
    modules: "CommonJS",
    aliases: ALIASES,
    packages,
    imports: { graphql: "graphql" },
    env: { OTEL_NODE_EXPLAIN: "true" },
    code: `tell(typeof graphql);`,
  });
  await app.stop();
  expect(app.stderr).toMatch(told);
});

const NAMES = "{ Server, ServerCredentials, credentials, makeGenericClientConstructor }";

test.each([
  ["CommonJS", NAMES],
  ["ESM", NAMES],
  ["ESM", "grpc"],
  ["ESM", "* as grpc"],
] as const)("in %s by %s, a gRPC call has the official package's spans and none of HTTP/2", async (modules, names) => {
  const app = await startApp({
    modules,
    aliases: { "@opentelemetry/instrumentation-grpc": "official-instrumentation-grpc" },
    imports: { [names]: "@grpc/grpc-js" },
    code: `
      ${names === NAMES ? "" : `const ${NAMES} = grpc;`}
      const bytes = (value) => value;
      const echo = { path: "/test.Echo/Echo", requestStream: false, responseStream: false, requestSerialize: bytes,
        requestDeserialize: bytes, responseSerialize: bytes, responseDeserialize: bytes };
      const server = new Server();
      server.addService({ Echo: echo }, { Echo: (call, callback) => callback(null, call.request) });
      const port = await new Promise((resolve, reject) => server.bindAsync("127.0.0.1:0",
        ServerCredentials.createInsecure(), (error, port) => error ? reject(error) : resolve(port)));
      const Client = makeGenericClientConstructor({ Echo: echo }, "Echo");
      const client = new Client("127.0.0.1:" + port, credentials.createInsecure());
      const answer = await new Promise((resolve, reject) => client.Echo(Buffer.from("hello"),
        (error, answer) => error ? reject(error) : resolve(answer)));
      console.log("done");
      tell(answer.toString());`,
  });
  expect(app.told).toEqual(["hello"]);
  const spans = await app.sink.until(({ spans, logs }) => spans.length >= 2 && logs.length > 0 && spans);
  await app.stop();
  expect(new Set(spans.map(({ scope }) => scope))).toEqual(new Set(["@opentelemetry/instrumentation-grpc"]));
  expect(spans.map(({ kind }) => kind).toSorted((a, b) => a - b)).toEqual([2, 3]);
});
