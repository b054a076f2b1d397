/**
 * The instrumentations, a line each: what makes the code of `instrumentations/<name>/<name>.ts` load.
 * Adding one is a folder and a line here.
 */
import { nodeTellsOfRequests } from "./hooks/node-versions.ts";
import * as console from "./instrumentations/console/console.ts";
import * as http2 from "./instrumentations/http2/http2.ts";
import type { Environment, InstrumentationEntry } from "./instrumentation.ts";
import { readText } from "./settings.ts";

function recordsMetrics(env: Environment): boolean {
  return (
    readText(env, "OTEL_METRICS_EXPORTER")?.toLowerCase() !== "none" || readText(env, "OTEL_CONFIG_FILE") !== undefined
  );
}

export const INSTRUMENTATIONS: readonly InstrumentationEntry[] = [
  { name: "http-server", channels: ["http.server.request.start"] },
  {
    name: "http-client",
    channels: ["http.client.request.created", "http.client.response.finish"],
    isNeeded: () => !nodeTellsOfRequests(process.versions.node),
  },
  { name: "http2", isNeeded: () => true, module: http2 },
  {
    name: "undici",
    channels: [
      "undici:request:create",
      "undici:client:sendHeaders",
      "undici:request:headers",
      "undici:request:trailers",
      "undici:request:error",
    ],
  },
  {
    name: "express",
    packages: [
      {
        package: "express",
        majors: [4],
        files: ["lib/router/index.js", "lib/router/route.js", "lib/router/layer.js"],
      },
      { package: "router", majors: [2], files: ["index.js", "lib/route.js", "lib/layer.js"] },
    ],
  },
  { name: "fastify", channels: ["fastify.initialization"] },
  { name: "koa", packages: [{ package: "koa", majors: [2, 3], files: ["lib/application.js", "lib/context.js"] }] },
  {
    name: "hono",
    packages: [
      {
        package: "hono",
        majors: [4],
        files: ["smart-router", "pattern-router"].flatMap((router) => [
          `dist/router/${router}/router.js`,
          `dist/cjs/router/${router}/router.js`,
        ]),
        hasEsModules: true,
      },
    ],
  },
  { name: "console", isNeeded: () => true, module: console },
  { name: "runtime", isNeeded: recordsMetrics, isDeferred: true },
  { name: "pino", packages: [{ package: "pino", majors: [7, 8, 9, 10], files: ["lib/tools.js"] }] },
  { name: "winston", packages: [{ package: "winston", majors: [3], files: ["lib/winston/logger.js"] }] },
  { name: "bunyan", packages: [{ package: "bunyan", majors: [1, 2], files: ["lib/bunyan.js"] }] },
  {
    name: "pg",
    packages: [
      { package: "pg", majors: [8], files: ["lib/client.js"] },
      { package: "pg-pool", majors: [3], files: ["index.js"] },
    ],
  },
  { name: "ioredis", packages: [{ package: "ioredis", majors: [5], files: ["built/Redis.js"] }] },
  { name: "redis", packages: [{ package: "@redis/client", majors: [5], files: ["dist/lib/client/index.js"] }] },
  {
    name: "mysql2",
    packages: [{ package: "mysql2", majors: [3], files: ["lib/base/connection.js", "lib/connection.js"] }],
  },
  {
    name: "bullmq",
    packages: [
      {
        package: "bullmq",
        majors: [5, 6],
        files: [
          "utils.js",
          "utils/index.js",
          "classes/queue-base.js",
          "classes/worker.js",
          "classes/flow-producer.js",
          "classes/job.js",
          "classes/child-processor.js",
        ].map((file) => `dist/cjs/${file}`),
      },
    ],
  },
  { name: "kafkajs", packages: [{ package: "kafkajs", majors: [2], files: ["src/index.js", "src/broker/index.js"] }] },
  {
    name: "amqplib",
    packages: [{ package: "amqplib", majors: [0, 1, 2], files: ["lib/channel_model.js", "lib/callback_model.js"] }],
  },
  { name: "mongodb", packages: [{ package: "mongodb", majors: [6, 7], files: ["lib/cmap/connection.js"] }] },
];
