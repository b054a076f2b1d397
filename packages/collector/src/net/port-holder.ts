/** Who listens on a port: what Linux tells of it, so that "address in use" can name the culprit. */
import { readdir, readFile, readlink } from "node:fs/promises";

const LISTEN = "0A";

/** `node (process 4711)`, or undefined where it cannot be found out. Never rejects. */
export async function describePortHolder(port: number): Promise<string | undefined> {
  const inodes = await listeningInodes(port);
  if (inodes.size === 0) return undefined;
  for (const pid of await entries("/proc")) {
    if (/^\d+$/.test(pid) && (await holdsSocket(pid, inodes))) return `${await commandOf(pid)} (process ${pid})`;
  }
  return undefined;
}

async function listeningInodes(port: number): Promise<Set<string>> {
  const tables = await Promise.all(["/proc/net/tcp", "/proc/net/tcp6"].map((path) => text(path)));
  const hexPort = port.toString(16).toUpperCase().padStart(4, "0");
  const inodes = new Set<string>();
  for (const line of tables.join("\n").split("\n")) {
    const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
    if (local.endsWith(`:${hexPort}`) && state === LISTEN && inode !== undefined) inodes.add(inode);
  }
  return inodes;
}

async function holdsSocket(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
  for (const fd of await entries(`/proc/${pid}/fd`)) {
    const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => "");
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (inode !== undefined && inodes.has(inode)) return true;
  }
  return false;
}

async function commandOf(pid: string): Promise<string> {
  const [program = "", script] = (await text(`/proc/${pid}/cmdline`)).split("\0");
  const name = program.slice(program.lastIndexOf("/") + 1);
  return script === undefined || !script.endsWith("s") || script.startsWith("-") ? name : `${name} ${script}`;
}

const entries = (path: string): Promise<string[]> => readdir(path).catch(() => []);
const text = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");
