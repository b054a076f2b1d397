import { expect, test } from "vitest";
import { systemClock } from "@clew/base";
import { startEmbedded } from "../running-store.test-kit.ts";
import { startCluster } from "./cluster.test-kit.ts";
import { engineContract } from "./engine.contract.test-kit.ts";
import { isOlder, ServerEngine } from "./server-engine.ts";

engineContract("embedded", startEmbedded);

engineContract("a ClickHouse server, by its URL", async () => {
  const cluster = await startCluster(1);
  const server = { ...cluster.servers[0]!, cluster: undefined };
  const engine = new ServerEngine({ server, clock: systemClock, report: () => {} });
  await engine.start();
  return {
    endpoint: engine.endpoint,
    async stop() {
      await engine.stop();
      await cluster.stop();
    },
  };
});

test.each([
  ["26.7.2.1", "26.7", false],
  ["26.10.1.1", "26.7", false],
  ["27.1", "26.7", false],
  ["26.6.9.9", "26.7", true],
  ["9.12", "26.7", true],
])("%s compared with %s", (version, oldest, older) => {
  expect(isOlder(version, oldest)).toBe(older);
});
