/** The whole server over real HTTP, on a real store. */
import { systemClock } from "@clew/base";
import { encode, payloadOf, PROTOCOLS, type Signal } from "@clew/otlp";
import { openStore, type RunningStore } from "../../store/src/running-store.test-kit.ts";
import type { AccessSettings } from "./access.ts";
import { ApiCounts } from "./api-counts.ts";
import { listen, uiApp } from "./http-server.ts";
import { querierOf } from "./metrics/querier-of.ts";

export interface RunningServer {
  readonly running: RunningStore;
  readonly url: string;
  readonly counts: ApiCounts;
  /** Stores a request, readable when it resolves. */
  send(signal: Signal, request: object): Promise<void>;
  /** GETs a path: the status and the JSON. */
  get(path: string): Promise<{ status: number; body: Json }>;
  stop(): Promise<void>;
}

// oxlint-disable-next-line typescript/no-explicit-any -- the tests read into it by field names
export type Json = any;

export async function startServer(
  uiDirectory = "no-such-directory",
  access: AccessSettings = { token: undefined, loopback: true },
): Promise<RunningServer> {
  const running = await openStore();
  const status = (): object => ({ version: "1.2.3", startedAtMs: 1, dataDirectory: "d", inMemory: false, ui: "u" });
  const counts = new ApiCounts();
  const app = uiApp({
    store: running.store,
    querier: querierOf(running.store, { clock: systemClock, cacheBytes: 2 ** 26 }),
    clock: systemClock,
    uiDirectory,
    status: status as never,
    access,
    counts,
  });
  const server = await listen(app, "127.0.0.1", 0);
  const url = `http://127.0.0.1:${server.port}`;
  return {
    running,
    url,
    counts,
    async send(signal, request) {
      await running.store.write(payloadOf(signal, encode(PROTOCOLS[signal].request, request)));
      await running.store.flush();
    },
    async get(path) {
      const response = await fetch(url + path);
      return { status: response.status, body: await response.json() };
    },
    async stop() {
      await server.close();
      await running.stop();
    },
  };
}
