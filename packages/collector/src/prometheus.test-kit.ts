/** Debian's Prometheus, where it is installed, as a receiver of remote write and a scraper. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PROMETHEUS = "prometheus";

export const hasPrometheus: boolean = spawnSync(PROMETHEUS, ["--version"]).status === 0;

interface Found {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly histogram?: readonly [number, { readonly count: string; readonly sum: string }];
}

export class RunningPrometheus {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #directory: string;

  constructor(url: string, child: ChildProcess, directory: string) {
    this.url = url;
    this.#child = child;
    this.#directory = directory;
  }

  /** The answer to an instant query. */
  async query(promql: string, timeMs: number): Promise<readonly Found[]> {
    const { data } = await this.#get(
      `/api/v1/query?query=${encodeURIComponent(promql)}&time=${(timeMs / 1_000).toFixed(3)}`,
    );
    return (data as { result: readonly Found[] }).result;
  }

  /** The numbers that it answers with. */
  async values(promql: string, timeMs: number): Promise<number[]> {
    return (await this.query(promql, timeMs)).map(({ value }) => Number(value?.[1]));
  }

  async exemplars(promql: string, fromMs: number, toMs: number): Promise<unknown> {
    const range = `start=${fromMs / 1_000}&end=${toMs / 1_000}`;
    return (await this.#get(`/api/v1/query_exemplars?query=${encodeURIComponent(promql)}&${range}`)).data;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGTERM");
    await ended;
    rmSync(this.#directory, { recursive: true });
  }

  async #get(path: string): Promise<{ readonly data: unknown }> {
    return (await (await fetch(this.url + path)).json()) as { readonly data: unknown };
  }
}

/** Starts one that is ready, with remote write, native histograms and exemplars. `config` is its prometheus.yml. */
export async function runPrometheus(config = ""): Promise<RunningPrometheus> {
  const directory = mkdtempSync(join(tmpdir(), "clew-prometheus-"));
  const file = join(directory, "prometheus.yml");
  writeFileSync(file, config);
  const address = `127.0.0.1:${await freePort()}`;
  const flags = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(directory, "data")}`,
    `--web.listen-address=${address}`,
    "--web.enable-remote-write-receiver",
    "--enable-feature=native-histograms,exemplar-storage",
  ];
  const child = spawn(PROMETHEUS, flags, { stdio: ["ignore", "ignore", "pipe"] });
  await new Promise<void>((resolve, reject) => {
    let log = "";
    child.stderr.on("data", (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes("Server is ready to receive web requests")) resolve();
    });
    child.once("exit", () => reject(new Error(log)));
  });
  return new RunningPrometheus(`http://${address}`, child, directory);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
