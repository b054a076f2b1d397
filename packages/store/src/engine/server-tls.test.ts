/** A ClickHouse server behind TLS, which knows its clients by their certificates. */
import { connect, type AddressInfo } from "node:net";
import { createServer } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "@clew/base";
import { CA, CLIENT_CERT, CLIENT_KEY, SERVER_CERT, SERVER_KEY } from "../../../collector/src/net/tls.test-kit.ts";
import type { ClickHouseServer, ClientTls } from "./clickhouse-url.ts";
import { startCluster, type RunningCluster } from "./cluster.test-kit.ts";
import { EngineClient } from "./engine-client.ts";
import { ServerEngine } from "./server-engine.ts";

const terminator = createServer(
  { cert: SERVER_CERT, key: SERVER_KEY, ca: CA, requestCert: true, rejectUnauthorized: true },
  (client) => {
    const upstream = connect({ host: "127.0.0.1", port: Number(new URL(cluster.servers[0]!.url).port) });
    client.on("error", () => upstream.destroy()).pipe(upstream);
    upstream.on("error", () => client.destroy()).pipe(client);
  },
);
let cluster: RunningCluster;

beforeAll(async () => {
  cluster = await startCluster(1);
  await new Promise<void>((resolve) => terminator.listen(0, "127.0.0.1", resolve));
});

afterAll(async () => {
  await cluster.stop();
  await new Promise<void>((resolve) => terminator.close(() => resolve()));
});

function engineWith(tls: ClientTls, change: Partial<ClickHouseServer> = {}): ServerEngine {
  const url = `https://localhost:${(terminator.address() as AddressInfo).port}`;
  const server = { ...cluster.servers[0]!, cluster: undefined, url, tls, ...change };
  return new ServerEngine({ server, clock: systemClock, report: () => {} });
}

const ca = Buffer.from(CA);
const cert = Buffer.from(CLIENT_CERT);
const key = Buffer.from(CLIENT_KEY);

test("with the authority's certificate and one of its own, a store's engine is used", async () => {
  const engine = engineWith({ ca, cert, key });
  await engine.start();
  const client = new EngineClient(engine.endpoint);
  expect(await client.rows("SELECT 1")).toEqual([[1]]);
  await client.close();
  await engine.stop();
});

test.each<[string, ClientTls]>([
  ["an authority that Node does not know", { cert, key }],
  ["no certificate of its own", { ca }],
])("%s: nothing is sent, and the error names the server", async (_name, tls) => {
  const engine = engineWith(tls);
  await expect(engine.start()).rejects.toMatchObject({
    code: "STORE_ENGINE_FAILED",
    path: expect.stringMatching(/^https:\/\/localhost:\d+\/clew$/),
  });
  await engine.stop();
});

test("a wrong password is told as ClickHouse tells it, without the password", async () => {
  const engine = engineWith({ ca, cert, key }, { password: "wrong one" });
  const failure = engine.start().catch((error: unknown) => error);
  expect(await failure).toMatchObject({
    code: "STORE_ENGINE_FAILED",
    what: expect.stringContaining("Authentication failed"),
  });
  expect(String(await failure)).not.toContain("wrong one");
  await engine.stop();
});
