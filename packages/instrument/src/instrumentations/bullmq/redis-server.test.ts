import { expect, test } from "vitest";
import { redisServerOf } from "./redis-server.ts";

test.each([
  [
    { host: "cache", port: 7_000 },
    { "server.address": "cache", "server.port": 7_000 },
  ],
  [{}, { "server.address": "127.0.0.1", "server.port": 6_379 }],
  [{ url: "redis://user:secret@cache:7000/1" }, { "server.address": "cache", "server.port": 7_000 }],
  [{ options: { host: "cache", port: 1 } }, { "server.address": "cache", "server.port": 1 }],
  [{ path: "/run/redis.sock" }, { "server.address": "/run/redis.sock" }],
  [{ isCluster: true, options: { host: "one" } }, undefined],
  [undefined, undefined],
])("of a connection %o, the server is %o", (connection, server) => {
  expect(redisServerOf(connection)).toEqual(server);
});
