/** Connections to wherever requests go: directly, or through a proxy. */
import { Agent as HttpAgent, type AgentOptions, type RequestOptions } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Duplex } from "node:stream";
import { connect as tlsConnect, type ConnectionOptions } from "node:tls";
import { urlToHttpOptions } from "node:url";
import type { TlsClientConfig } from "./http-client-config.ts";
import { type Environment, type ProxyChoice, proxyChoice, type ProxyConfig } from "./proxy-config.ts";
import { tlsOf } from "./tls-options.ts";
import { openTunnel, proxyAddress, proxyAuthorization } from "./tunnel.ts";

export interface ConnectionsSettings {
  readonly tls: ConnectionOptions;
  readonly proxy: ProxyChoice;
  /** For proxies that tunnel. */
  readonly proxyHeaders: Readonly<Record<string, readonly string[]>>;
  /** Whether a connection is kept for the next request; otherwise nothing outlives one. */
  readonly keepAlive: boolean;
}

/** How a request gets to its target. */
export interface Route {
  readonly options: RequestOptions;
  /** Whether it is TLS that is spoken to whom we connect to. */
  readonly isTls: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

export class Connections {
  readonly #settings: ConnectionsSettings;
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;
  // proxy, and whether TLS goes through it --> what makes connections there
  readonly #tunnels = new Map<string, HttpAgent | HttpsAgent>();

  constructor(settings: ConnectionsSettings) {
    this.#settings = settings;
    const { keepAlive, tls } = settings;
    this.#http = new HttpAgent({ keepAlive });
    this.#https = new HttpsAgent({ keepAlive, ...tls });
  }

  routeTo(target: URL): Route {
    const isTls = target.protocol === "https:";
    const options = urlToHttpOptions(target);
    const proxy = this.#settings.proxy(target);
    if (proxy === undefined)
      return { options: { ...options, agent: isTls ? this.#https : this.#http }, isTls, headers: {} };
    if (!isTls && proxy.protocol.startsWith("http")) return this.#forwarded(target, proxy);
    return { options: { ...options, agent: this.#tunnelTo(proxy, isTls) }, isTls, headers: {} };
  }

  /** Ends those that are kept. */
  close(): void {
    for (const agent of [this.#http, this.#https, ...this.#tunnels.values()]) agent.destroy();
  }

  /** A proxy of HTTP is told the whole URL of a target that speaks HTTP, too. */
  #forwarded(target: URL, proxy: URL): Route {
    const isTls = proxy.protocol === "https:";
    const { auth } = urlToHttpOptions(target);
    const path = `${target.origin}${target.pathname}${target.search}`;
    const options = { ...proxyAddress(proxy, this.#settings.tls), path, agent: isTls ? this.#https : this.#http };
    return {
      options: auth === undefined || auth === null ? options : { ...options, auth },
      isTls,
      headers: { host: target.host, ...proxyAuthorization(proxy) },
    };
  }

  #tunnelTo(proxy: URL, isTls: boolean): HttpAgent | HttpsAgent {
    const key = `${proxy.href} ${isTls}`;
    let agent = this.#tunnels.get(key);
    if (agent === undefined) {
      const { keepAlive, tls, proxyHeaders: headers } = this.#settings;
      const through = { proxy, headers, tls };
      agent = isTls ? new TlsTunnelAgent({ keepAlive, ...tls }, through) : new TunnelAgent({ keepAlive }, through);
      this.#tunnels.set(key, agent);
    }
    return agent;
  }
}

/** As a client's settings say. Files are read now; rejects where one can't be. */
export async function connectionsOf(
  config: ProxyConfig & { readonly tls_config: TlsClientConfig },
  env: Environment,
  keepAlive: boolean,
): Promise<Connections> {
  return new Connections({
    tls: await tlsOf(config.tls_config),
    proxy: proxyChoice(config, env),
    proxyHeaders: config.proxy_connect_header,
    keepAlive,
  });
}

type Through = Pick<Parameters<typeof openTunnel>[0], "proxy" | "headers" | "tls">;
type Created = (error: Error | null, socket: Duplex) => void;

/** Node asks an agent for a connection, and takes it whenever it is there. */
class TunnelAgent extends HttpAgent {
  readonly #through: Through;

  constructor(options: AgentOptions, through: Through) {
    super(options);
    this.#through = through;
  }

  override createConnection(options: ConnectionOptions, created: Created): undefined {
    openTunnel({ ...this.#through, ...addressOf(options) }).then((socket) => created(null, socket), failing(created));
  }
}

class TlsTunnelAgent extends HttpsAgent {
  readonly #through: Through;

  constructor(options: AgentOptions & ConnectionOptions, through: Through) {
    super(options);
    this.#through = through;
  }

  override createConnection(options: ConnectionOptions, created: Created): undefined {
    // What it is connected to is the proxy's matter: neither host nor path may be looked up again.
    const { host: _host, port: _port, path: _path, ...tls } = options;
    const tunnel = openTunnel({ ...this.#through, ...addressOf(options) });
    tunnel.then((socket) => created(null, tlsConnect({ ...tls, socket })), failing(created));
  }
}

function addressOf({ host = "", port = 0 }: ConnectionOptions): { host: string; port: number } {
  return { host, port };
}

/** Node wants a connection in any case. */
function failing(created: Created): (error: Error) => void {
  return (error) => created(error, undefined as unknown as Duplex);
}
