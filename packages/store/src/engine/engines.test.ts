import { systemClock } from "@clew/base";
import { startEmbedded } from "../running-store.test-kit.ts";
import { startCluster } from "./cluster.test-kit.ts";
import { engineContract } from "./engine.contract.test-kit.ts";
import { ServerEngine } from "./server-engine.ts";

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
