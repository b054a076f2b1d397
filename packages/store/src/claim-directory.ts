import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ClewError } from "@clew/base";

/**
 * Makes this process the directory's only user, by a file that names it; a file that a
 * killed process left is taken over. Returns what gives the directory back.
 * Throws `STORE_IN_USE` while another process uses it.
 */
export function claimDirectory(directory: string): () => void {
  const path = join(directory, "clew.lock");
  const own = `${process.pid} ${startTimeOf(process.pid)}`;
  for (;;) {
    try {
      writeFileSync(path, own, { flag: "wx" });
      return () => {
        if (holderOf(path) === own) rmSync(path, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      removeIfStale(directory, path);
    }
  }
}

function removeIfStale(directory: string, path: string): void {
  const [pid = "", startTime = ""] = holderOf(path).split(" ");
  if (pid !== "" && isRunning(Number(pid)) && startTimeOf(Number(pid)) === startTime) {
    throw new ClewError("STORE_IN_USE", `process ${pid} uses the data directory`, {
      path: directory,
      remedy: "stop that process, or give this one another directory with --data",
    });
  }
  rmSync(path, { force: true });
}

/** What the file says; nothing where it is gone. */
function holderOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Tells a process from a later one with the same id, where the system says (Linux); elsewhere the id must do. */
function startTimeOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
