/** How another thread reaches the engine of a store: what it takes can be sent there. */
import type { ClickHouseServer } from "./clickhouse-url.ts";
import { EngineClient } from "./engine-client.ts";
import { LocalPortAgent } from "./engine-endpoint.ts";
import { serverEndpoint } from "./server-engine.ts";

export type EngineLink =
  | { readonly kind: "server"; readonly server: ClickHouseServer }
  | { readonly kind: "embedded"; readonly user: string; readonly password: string; readonly database: string };

/** `port`: that of the embedded engine, which has another one each time it is started; undefined while it is not there. */
export function linkedClient(link: EngineLink, port: () => number | undefined): EngineClient {
  if (link.kind === "server") return new EngineClient(serverEndpoint(link.server));
  const { user, password, database } = link;
  return new EngineClient({
    url: "http://127.0.0.1",
    user,
    password,
    database,
    agent: new LocalPortAgent(port, true),
  });
}
