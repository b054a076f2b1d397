/**
 * The engine's own process: runs ClickHouse on the data directory, serving its HTTP interface
 * on a port of loopback, until its parent asks or is gone. A fault in native code or a heavy
 * query takes down this process and nothing else.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "@clew/base";
import { configurationXml, DATABASE, usersXml } from "./engine-configuration.ts";

const PORT_POLL_MS = 10;
/** Ends when the process does: the engine serves while its own session has something to do. */
const WAIT_FOREVER =
  "SELECT sleepEachRow(3) FROM system.numbers SETTINGS max_block_size = 1, max_threads = 1, interactive_delay = 3600000000 FORMAT Null";

/** What the parent tells the process. */
export interface EngineOrders {
  readonly directory: string;
  readonly memoryBytes: number;
  /** Of the engine's users; never written down. */
  readonly password: string;
  /** 0 for none: ClickHouse's own protocol, which the nodes of a cluster speak with each other. */
  readonly tcpPort: number;
  readonly extraConfiguration: string;
}

/** What the process tells its parent. */
export interface EngineReady {
  readonly port: number;
}

/** Runs ClickHouse's command line; resolves to what it complains of when it ends. */
export type RunEngine = (commandLine: readonly string[]) => Promise<string>;

/**
 * Serves until the parent says "shutdown", and calls `opened` when it does. Throws where the data
 * directory can't be opened.
 */
export async function runEngineProgram(run: RunEngine, opened: () => void): Promise<void> {
  endWithParent();
  const orders = await ordersFromParent();
  const portPath = join(orders.directory, "port");
  const commandLine = prepare(orders, portPath);
  const ended = run(commandLine);
  const port = await Promise.race([portOf(portPath), ended]);
  if (typeof port === "string") throw new Error(port);
  opened();
  process.send?.({ port } satisfies EngineReady);
  throw new Error(await ended);
}

function prepare(orders: EngineOrders, portPath: string): string[] {
  const { directory, memoryBytes, password, tcpPort, extraConfiguration } = orders;
  const configurationPath = join(directory, "engine.xml");
  const usersPath = join(directory, "users.xml");
  mkdirSync(directory, { recursive: true });
  rmSync(portPath, { force: true });
  const settings = { usersPath, memoryBytes, password, extra: extraConfiguration };
  writeFileSync(configurationPath, configurationXml(settings), { mode: 0o600 });
  writeFileSync(usersPath, usersXml(settings), { mode: 0o600 });
  const statements = [
    `CREATE DATABASE IF NOT EXISTS ${DATABASE} ENGINE = Atomic`,
    "SYSTEM START LISTEN HTTP",
    ...(tcpPort === 0 ? [] : ["SYSTEM START LISTEN TCP"]),
    `SELECT getServerPort('http_port') INTO OUTFILE '${portPath.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}' FORMAT TabSeparated`,
    WAIT_FOREVER,
  ];
  return [
    "clickhouse",
    `--config-file=${configurationPath}`,
    `--path=${join(directory, "data")}`,
    "--listen_host=127.0.0.1",
    "--http_port=0",
    ...(tcpPort === 0 ? [] : [`--tcp_port=${tcpPort}`]),
    `--query=${statements.join("; ")}`,
  ];
}

/** The engine writes the port that it got into a file. */
async function portOf(path: string): Promise<number> {
  for (;;) {
    const port = Number(read(path));
    if (port > 0) return port;
    await new Promise((resolve) => setTimeout(resolve, PORT_POLL_MS));
  }
}

function read(path: string): string {
  try {
    const text = readFileSync(path, "utf8");
    return text.endsWith("\n") ? text : "";
  } catch {
    return "";
  }
}

function ordersFromParent(): Promise<EngineOrders> {
  return new Promise((resolve) => process.once("message", (message) => resolve(message as EngineOrders)));
}

/**
 * An engine whose parent is gone ends at once, whatever it does at that moment: what was
 * acknowledged is on disk, and the next program waits for the directory. Called first of all,
 * since a parent may be killed while the engine is still starting. An orderly stop is no other:
 * the parent asks for it when nothing is being inserted.
 */
function endWithParent(): void {
  const end = (): void => void process.kill(process.pid, "SIGKILL");
  if (!process.connected) end();
  process.once("disconnect", end);
  // Such as a message to a parent that has just gone. Node's own end would wait for the engine's threads, for ever.
  process.once("uncaughtException", (error) => {
    process.stderr.write(`${messageOf(error)}\n`);
    end();
  });
  process.on("message", (message) => {
    if (message === "shutdown") end();
  });
  // Ctrl-C reaches the whole process group: the parent decides when the engine may go.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => {});
}
