/** Real message brokers from Debian's packages, each with its data in a directory of its own, on loopback. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findTool } from "../../../scripts/optional-tools.mjs";
import { type DatabaseServer, freePort, running } from "./database-servers.test-kit.ts";

/** Whether Redis is here; tests that need it are skipped where it is not. */
export function hasRedisServer(): boolean {
  return findTool("redis-server") !== undefined;
}

/** A Redis that keeps nothing. */
export async function startRedisServer(): Promise<DatabaseServer> {
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), "clew-redis-"));
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", directory, "--save", "", "--appendonly", "no"];
  const child = spawn(findTool("redis-server") ?? "redis-server", args, { stdio: "ignore" });
  return await running(child, port, directory, "SIGTERM");
}

/** Whether kcat is here, which brings the brokers that librdkafka has for tests. */
export function hasKafka(): boolean {
  return findTool("kcat") !== undefined;
}

/** One broker of librdkafka's, which speaks Kafka's protocol and makes topics of four partitions when they are named. */
export async function startKafka(): Promise<DatabaseServer> {
  const directory = mkdtempSync(join(tmpdir(), "clew-kafka-"));
  const args = ["-P", "-b", "ignored", "-t", "none", "-X", "test.mock.num.brokers=1", "-X", "debug=mock"];
  // It waits for input, and ends with it.
  const child = spawn(findTool("kcat") ?? "kcat", args, { cwd: directory, stdio: ["pipe", "ignore", "pipe"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const port = await new Promise<number>((resolve, reject) => {
    let told = "";
    child.once("exit", () => reject(new Error(`kcat did not start: ${told}`)));
    child.stderr.on("data", (chunk: Buffer) => {
      told = (told + chunk.toString()).slice(-10_000);
      const found = /bootstrap\.servers=127\.0\.0\.1:(\d+)/.exec(told)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
  });
  return {
    port,
    async stop() {
      // It takes no notice of gentler ones while it waits for input.
      child.kill("SIGKILL");
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Whether RabbitMQ is here. */
export function hasRabbitMq(): boolean {
  return findTool("rabbitmq-server") !== undefined;
}

/** A RabbitMQ with no plugins, to which the user `guest` may connect. */
export async function startRabbitMq(): Promise<DatabaseServer> {
  const [port, distributionPort, epmdPort] = [await freePort(), await freePort(), await freePort()];
  const directory = mkdtempSync(join(tmpdir(), "clew-rabbitmq-"));
  const env = {
    ...process.env,
    HOME: directory,
    // Erlang's name server, which stays when the node ends: one of our own.
    ERL_EPMD_ADDRESS: "127.0.0.1",
    ERL_EPMD_PORT: String(epmdPort),
    RABBITMQ_NODENAME: `clew-${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: "127.0.0.1",
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_MNESIA_BASE: directory,
    RABBITMQ_LOG_BASE: directory,
    RABBITMQ_ENABLED_PLUGINS_FILE: join(directory, "plugins"),
  };
  const child = spawn(findTool("rabbitmq-server") ?? "rabbitmq-server", [], { stdio: "ignore", env });
  const server = await running(child, port, directory, "SIGTERM");
  return {
    port,
    async stop() {
      await server.stop();
      spawnSync("epmd", ["-kill"], { env });
    },
  };
}
