import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Makes this process the directory's only user, by a file that names it; a file that a
 * killed process left is taken over. Returns what gives the directory back.
 * Throws what `inUse` makes of the other process's id while one uses it.
 */
export function claimDirectory(directory: string, inUse: (pid: string) => Error): () => void {
  const path = join(directory, "clew.lock");
  const own = `${process.pid} ${startTimeOf(process.pid)}`;
  for (;;) {
    try {
      writeFileSync(path, own, { flag: "wx" });
      return () => {
        if (holderOf(path) === own) removeIfPossible(path);
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      removeIfStale(path, inUse);
    }
  }
}

function removeIfStale(path: string, inUse: (pid: string) => Error): void {
  const [pid = "", startTime = ""] = holderOf(path).split(" ");
  if (pid !== "" && isRunning(Number(pid)) && startTimeOf(Number(pid)) === startTime) throw inUse(pid);
  rmSync(path, { force: true });
}

/** One that stays, such as on a disk that became read-only, is taken over later. */
function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {}
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
