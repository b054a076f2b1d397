/** A server on loopback that plays Kubernetes's API. */
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { until } from "../../collector.test-kit.ts";

interface ApiRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
}

interface Watch extends ApiRequest {
  readonly response: ServerResponse;
}

export interface AnyObject {
  readonly metadata: object;
  readonly [key: string]: unknown;
}

export class KubernetesApi {
  readonly requests: ApiRequest[] = [];
  /** Those that are open. */
  readonly watches: Watch[] = [];
  // path --> what a list of it has
  readonly objects = new Map<string, readonly AnyObject[]>();
  version = 10;
  /** Answers itself where it says true. */
  answer: (request: ApiRequest, response: ServerResponse) => boolean = () => false;
  #port = 0;
  #scheme = "http";
  #stop = (): Promise<void> => Promise.resolve();

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  /** Listens where it did before, if it did. */
  async start(tls?: { readonly cert: string; readonly key: string }): Promise<void> {
    const take = (request: IncomingMessage, response: ServerResponse): void => this.#take(request, response);
    const server = tls === undefined ? createHttpServer(take) : createHttpsServer(tls, take);
    this.#scheme = tls === undefined ? "http" : "https";
    await new Promise<void>((resolve) => server.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#stop = () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    };
  }

  async stop(): Promise<void> {
    await this.#stop();
    this.#stop = () => Promise.resolve();
  }

  listsOf(path: string): ApiRequest[] {
    return this.requests.filter((one) => one.path === path && !one.query.has("watch"));
  }

  watchesOf(path: string): ApiRequest[] {
    return this.requests.filter((one) => one.path === path && one.query.has("watch"));
  }

  /** The open watch of `path`, once there is one. */
  async watch(path: string): Promise<Watch> {
    await until(() => this.watches.some((one) => one.path === path));
    return this.watches.find((one) => one.path === path)!;
  }

  /** Tells those who watch `path`, with a new version. */
  async emit(path: string, type: string, object: AnyObject): Promise<void> {
    const { response } = await this.watch(path);
    const versioned = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.version) } };
    response.write(`${JSON.stringify({ type, object: versioned })}\n`);
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const { pathname: path, searchParams: query } = new URL(request.url ?? "", "http://api");
    const taken = { path, query, headers: request.headers };
    this.requests.push(taken);
    if (this.answer(taken, response)) return;
    const items = this.objects.get(path);
    if (items === undefined) return reject(response, 404, `no ${path}`);
    if (!query.has("watch")) {
      const list = { kind: "List", metadata: { resourceVersion: String(this.version) }, items };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(list));
      return;
    }
    const watch = { ...taken, response };
    this.watches.push(watch);
    response.on("close", () => this.watches.splice(this.watches.indexOf(watch), 1));
    response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
  }
}

export function reject(response: ServerResponse, code: number, message: string): void {
  response
    .writeHead(code, { "content-type": "application/json" })
    .end(JSON.stringify({ kind: "Status", code, message }));
}
