/** Serves profiles of the collector where Go's `net/http/pprof` has them. */
import { writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Session } from "node:inspector/promises";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { messageOf } from "@clew/base";
import type { Settings } from "../../../component.ts";
import type { Extension } from "../../../extension.ts";
import { serveRoutes, type RouteServer } from "../../../net/http-routes.ts";
import type { PprofConfig } from "./config.ts";
import { cpuProfile, heapProfile } from "./profile.ts";

const DEFAULT_SECONDS = 30;
const MAX_SECONDS = 300;
/** How many allocated bytes lie between two samples, as in Go. */
const HEAP_SAMPLING_BYTES = 512 * 1024;
const INDEX = `<html><title>/debug/pprof/</title><body><a href="heap">heap</a> <a href="profile?seconds=5">profile</a> <a href="cmdline">cmdline</a></body></html>`;

export class Pprof implements Extension {
  readonly #settings: Settings;
  readonly #config: PprofConfig;
  readonly #session = new Session();
  #server: RouteServer | undefined;
  #isRunning = false;
  /** Whether a CPU profile is being taken: V8 takes one at a time. */
  #isProfiling = false;
  #cancelTimers = new Set<() => void>();

  constructor(settings: Settings, config: PprofConfig) {
    this.#settings = settings;
    this.#config = config;
  }

  async start(): Promise<void> {
    const { path, report, listening, logger } = this.#settings;
    const { endpoint, save_to_file: file } = this.#config;
    const route =
      (serve: (request: IncomingMessage, response: ServerResponse) => Promise<void>) =>
      (request: IncomingMessage, response: ServerResponse): void =>
        void serve(request, response).catch((error: unknown) => {
          report(error);
          response.destroy();
        });
    const routes = {
      "/debug/pprof/": (_request: IncomingMessage, response: ServerResponse) =>
        void response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(INDEX),
      "/debug/pprof/cmdline": (_request: IncomingMessage, response: ServerResponse) =>
        void response.writeHead(200, { "content-type": "text/plain; charset=utf-8" }).end(process.argv.join("\0")),
      "/debug/pprof/profile": route((request, response) => this.#serveCpu(request, response)),
      "/debug/pprof/heap": route((_request, response) => this.#serveHeap(response)),
    };
    this.#server = await serveRoutes(endpoint, `${path}::endpoint`, routes, report);
    listening("endpoint", this.#server.address);
    this.#session.connect();
    this.#isRunning = true;
    await this.#session.post("Profiler.enable");
    await this.#session.post("HeapProfiler.enable");
    await this.#session.post("HeapProfiler.startSampling", { samplingInterval: HEAP_SAMPLING_BYTES });
    if (file !== "") {
      this.#isProfiling = true;
      await this.#session.post("Profiler.start");
    }
    logger.info("Starting net/http/pprof server");
  }

  async shutdown(): Promise<void> {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    for (const cancel of this.#cancelTimers) cancel();
    await this.#server?.close();
    const { save_to_file: file } = this.#config;
    if (file !== "") await this.#save(file);
    this.#session.disconnect();
  }

  async #serveCpu(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#isProfiling) return refuse(response, 500, "Could not enable CPU profiling: cpu profiling already in use");
    const { searchParams } = new URL(request.url ?? "/", "http://localhost");
    const seconds = Number(searchParams.get("seconds") ?? DEFAULT_SECONDS);
    if (!(seconds > 0 && seconds <= MAX_SECONDS))
      return refuse(response, 400, `seconds must be more than 0 and at most ${MAX_SECONDS}`);
    this.#isProfiling = true;
    try {
      await this.#session.post("Profiler.start");
      await this.#wait(seconds * 1_000, response);
      const { profile } = await this.#session.post("Profiler.stop");
      await answer(response, "profile", cpuProfile(profile));
    } finally {
      this.#isProfiling = false;
    }
  }

  async #serveHeap(response: ServerResponse): Promise<void> {
    const { profile } = await this.#session.post("HeapProfiler.getSamplingProfile");
    await answer(response, "heap", heapProfile(profile));
  }

  async #save(file: string): Promise<void> {
    try {
      const { profile } = await this.#session.post("Profiler.stop");
      await writeFile(file, await compressed(cpuProfile(profile)));
    } catch (error) {
      this.#settings.logger.error("Cannot save the CPU profile", { file, error: messageOf(error) });
    }
  }

  /** Ends early when the client goes or the collector stops. */
  #wait(delayMs: number, response: ServerResponse): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        this.#cancelTimers.delete(end);
        resolve();
      };
      const cancel = this.#settings.clock.after(delayMs, end);
      this.#cancelTimers.add(end);
      response.once("close", end);
    });
  }
}

const compressed = promisify<Uint8Array, Buffer>(gzip);

async function answer(response: ServerResponse, name: string, profile: Uint8Array): Promise<void> {
  const body = await compressed(profile);
  const headers = {
    "content-type": "application/octet-stream",
    "content-disposition": `attachment; filename="${name}"`,
  };
  response.writeHead(200, headers).end(body);
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${text}\n`);
}
