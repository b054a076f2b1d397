/** Requests of which one end was seen, until the other is or it has waited too long. */

export type ConnectionType = "" | "messaging_system" | "database" | "virtual_node";

export interface Edge {
  /** Whether its client span has no id: the request then came from outside. */
  readonly isRoot: boolean;
  readonly expiresMs: number;
  connectionType: ConnectionType;
  client: string;
  server: string;
  clientSeconds: number | undefined;
  serverSeconds: number | undefined;
  failed: boolean;
  /** `client_…` and `server_…` labels. */
  readonly dimensions: Map<string, string>;
  /** What the client span says of its counterpart. */
  peer: string | undefined;
}

export interface EdgeStoreSettings {
  readonly maxItems: number;
  readonly ttlMs: number;
  readonly onComplete: (edge: Edge) => void;
  readonly onExpire: (edge: Edge) => void;
}

export class EdgeStore {
  readonly #settings: EdgeStoreSettings;
  // trace id and client's span id --> edge, the oldest first
  readonly #edges = new Map<string, Edge>();

  constructor(settings: EdgeStoreSettings) {
    this.#settings = settings;
  }

  get size(): number {
    return this.#edges.size;
  }

  /** Lets `update` fill in what is known. "full" where there is no room for a new one, "new" where it is one. */
  upsert(key: string, isRoot: boolean, nowMs: number, update: (edge: Edge) => void): "full" | "new" | "known" {
    const known = this.#edges.get(key);
    const edge = known ?? newEdge(isRoot, nowMs + this.#settings.ttlMs);
    if (known === undefined && this.#edges.size >= this.#settings.maxItems) {
      this.expire(nowMs);
      if (this.#edges.size >= this.#settings.maxItems) return "full";
    }
    update(edge);
    if (edge.client !== "" && edge.server !== "") {
      this.#edges.delete(key);
      this.#settings.onComplete(edge);
    } else if (known === undefined) this.#edges.set(key, edge);
    return known === undefined ? "new" : "known";
  }

  /** Lets those go that have waited long enough. */
  expire(nowMs: number): void {
    for (const [key, edge] of this.#edges) {
      if (edge.expiresMs > nowMs) return;
      this.#edges.delete(key);
      this.#settings.onExpire(edge);
    }
  }
}

function newEdge(isRoot: boolean, expiresMs: number): Edge {
  return {
    isRoot,
    expiresMs,
    connectionType: "",
    client: "",
    server: "",
    clientSeconds: undefined,
    serverSeconds: undefined,
    failed: false,
    dimensions: new Map(),
    peer: undefined,
  };
}
