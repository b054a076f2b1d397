import { Agent, type ClientRequestArgs } from "node:http";
import type { Agent as TlsAgent } from "node:https";
import { connect, Socket } from "node:net";

/** Where an engine's HTTP interface is, and as whom to use it. */
export interface EngineEndpoint {
  /** `http(s)://host:port` */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** How long a query may take, in seconds; 30 where nothing is said. */
  readonly queryTimeoutS?: number;
  /** Connects, where the URL alone can't say how, such as with a certificate. */
  readonly agent?: Agent | TlsAgent;
  /** ClickHouse's settings of every request, of inserts, and of queries there. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly insertSettings?: Readonly<Record<string, string>>;
  readonly querySettings?: Readonly<Record<string, string>>;
}

/** Connects to the port that an engine on this machine has at that moment. */
export class LocalPortAgent extends Agent {
  readonly #port: () => number | undefined;

  constructor(port: () => number | undefined, keepAlive: boolean) {
    super({ keepAlive, maxSockets: 64 });
    this.#port = port;
  }

  /** Undefined while none runs. */
  get port(): number | undefined {
    return this.#port();
  }

  override createConnection(_options: ClientRequestArgs, connected: () => void): Socket {
    const port = this.#port();
    return port === undefined ? refused() : connect({ host: "127.0.0.1", port }, connected);
  }
}

/** While no engine runs, its last port may be another program's, which must not hear our password. */
function refused(): Socket {
  const socket = new Socket();
  process.nextTick(() =>
    socket.destroy(Object.assign(new Error("the engine is not running"), { code: "ECONNREFUSED" })),
  );
  return socket;
}

/** The headers that tell ClickHouse who asks. */
export function credentialHeaders({ user, password }: EngineEndpoint): Record<string, string> {
  return { "X-ClickHouse-User": user, "X-ClickHouse-Key": password };
}
