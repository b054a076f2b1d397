/** Real database servers from Debian's packages, each with its data in a directory of its own, on loopback. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { findTool } from "../../../scripts/optional-tools.mjs";

/** How long a server may take until it answers. */
const START_TIMEOUT_MS = 30_000;
const POLL_MS = 50;

export interface DatabaseServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Whether PostgreSQL is here; tests that need it are skipped where it is not. */
export function hasPostgres(): boolean {
  return findTool("initdb") !== undefined;
}

/** A PostgreSQL with the user and the database `postgres`, and no password. */
export async function startPostgres(): Promise<DatabaseServer> {
  const initdb = fullPath(findTool("initdb") ?? "initdb");
  // It refuses to run as root.
  const user = userInfo().uid === 0 ? accountOf("postgres") : {};
  const directory = mkdtempSync(join(tmpdir(), "clew-postgres-"));
  if (user.uid !== undefined && user.gid !== undefined) chownSync(directory, user.uid, user.gid);
  const data = join(directory, "data");
  run(initdb, ["-D", data, "-U", "postgres", "--auth=trust", "--no-sync"], user);
  const port = await freePort();
  const args = ["-D", data, "-p", String(port), "-h", "127.0.0.1", "-k", directory, "-F"];
  const child = spawn(join(dirname(initdb), "postgres"), args, { stdio: "ignore", ...user });
  return await running(child, port, directory, "SIGINT");
}

/** Whether MariaDB is here. */
export function hasMariaDb(): boolean {
  return findTool("mariadbd") !== undefined;
}

/** A MariaDB that takes everybody for the user `root`, with an empty database `shop`. */
export async function startMariaDb(): Promise<DatabaseServer> {
  const directory = mkdtempSync(join(tmpdir(), "clew-mariadb-"));
  const data = join(directory, "data");
  // It refuses to run as root unless told to.
  const user = userInfo().uid === 0 ? ["--user=root"] : [];
  const place = ["--no-defaults", `--datadir=${data}`, ...user];
  run("mariadb-install-db", [...place, "--auth-root-authentication-method=normal", "--skip-test-db"], {});
  mkdirSync(join(data, "shop"));
  const port = await freePort();
  const listening = [`--port=${port}`, "--bind-address=127.0.0.1", `--socket=${join(directory, "socket")}`];
  const args = [...place, ...listening, "--skip-grant-tables", "--skip-networking=0"];
  const child = spawn(findTool("mariadbd") ?? "mariadbd", args, { stdio: "ignore" });
  return await running(child, port, directory, "SIGTERM");
}

/** Resolves when the port takes connections. `stop` ends the server and removes its data. */
export async function running(
  child: ChildProcess,
  port: number,
  directory: string,
  signal: NodeJS.Signals,
): Promise<DatabaseServer> {
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await takesConnections(port))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${child.spawnfile} did not start`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return {
    port,
    async stop() {
      child.kill(signal);
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

export async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

interface Account {
  readonly uid?: number;
  readonly gid?: number;
}

function accountOf(name: string): Account {
  const id = (flag: string): number => Number(spawnSync("id", [flag, name]).stdout.toString());
  return { uid: id("-u"), gid: id("-g") };
}

function fullPath(command: string): string {
  return command.includes("/") ? command : spawnSync("which", [command]).stdout.toString().trim();
}

function run(command: string, args: readonly string[], account: Account): void {
  const { status, stderr } = spawnSync(command, args, { ...account, cwd: tmpdir() });
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr.toString()}`);
}
