import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { sleep, type Clock } from "@clew/base";

const LONGEST_WAIT_MS = 10_000;
const POLL_MS = 20;

/**
 * Resolves once no engine has `data` open, which one may for a moment whose program was killed; after ten seconds in any case,
 * since the next engine is then refused by ClickHouse itself. Where the system doesn't tell (not Linux), at once.
 */
export async function orphanedEngineGone(data: string, clock: Clock): Promise<void> {
  const status = join(data, "status");
  const until = clock.nowMs() + LONGEST_WAIT_MS;
  while ((await hasOpen(await pidIn(status), status)) && clock.nowMs() < until) await sleep(clock, POLL_MS);
}

/** ClickHouse writes "PID: 123" into its lock file. */
async function pidIn(status: string): Promise<string> {
  const text = await readFile(status, "utf8").catch(() => "");
  return /^PID: (\d+)/m.exec(text)?.[1] ?? "";
}

async function hasOpen(pid: string, path: string): Promise<boolean> {
  if (pid === "") return false;
  const descriptors = `/proc/${pid}/fd`;
  const names = await readdir(descriptors).catch(() => []);
  for (const name of names) if ((await readlink(join(descriptors, name)).catch(() => "")) === path) return true;
  return false;
}
