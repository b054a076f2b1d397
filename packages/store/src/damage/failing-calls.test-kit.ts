/** System calls of a process that fail while a test wants them to, by strace. */
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect } from "vitest";

/** Why none can be made to fail here; undefined where they can. */
export function whyNoFailingCalls(): string | undefined {
  const { error, status } = spawnSync("strace", ["-qq", "-o", "/dev/null", "true"]);
  if (error === undefined && status === 0) return undefined;
  const reason = error === undefined ? "strace may not trace here" : "strace is not installed";
  if (process.env["CLEW_REQUIRE_TOOLS"] === "1") throw new Error(reason);
  return reason;
}

/** Has calls, such as `fsync,fdatasync`, of all threads of a process fail with `EIO` while `task` runs. */
export async function whileCallsFail(pid: number | undefined, calls: string, task: () => Promise<void>): Promise<void> {
  const args = ["-f", "-qq", "-o", "/dev/null", "-e", `trace=${calls}`, "-e", `inject=${calls}:error=EIO`];
  const strace = spawn("strace", [...args, "-p", String(pid)], { stdio: "ignore" });
  const ended = new Promise((resolve) => strace.once("exit", resolve));
  try {
    await expect
      .poll(() => readFileSync(`/proc/${pid}/status`, "utf8"), { timeout: 10_000 })
      .toContain(`TracerPid:\t${strace.pid}\n`);
    await task();
  } finally {
    strace.kill("SIGTERM");
    await ended;
  }
}
