/** Real message brokers from Debian's packages, each with its data in a directory of its own, on loopback. */
import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
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
