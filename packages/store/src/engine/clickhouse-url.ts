import { readFileSync } from "node:fs";
import { ClewError, messageOf } from "@clew/base";

/** A ClickHouse server or cluster, as the command line names it. */
export interface ClickHouseServer {
  /** `http(s)://host:port` */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** As in the server's `remote_servers`; undefined for a single server. */
  readonly cluster: string | undefined;
  readonly tls: ClientTls;
  /** Settings of ClickHouse for every request, such as `insert_quorum`. */
  readonly settings: Readonly<Record<string, string>>;
}

/** In PEM. */
export interface ClientTls {
  /** Of who signed the server's certificate, where that is none that Node trusts. */
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

const DEFAULT_DATABASE = "clew";
const IDENTIFIER = /^\w+$/;
const TLS_PARAMETERS = { tls_ca: "ca", tls_cert: "cert", tls_key: "key" } as const;

/**
 * Reads `http(s)://user:password@host:8123/database?cluster=NAME`. Further parameters: `tls_ca`,
 * `tls_cert` and `tls_key` name PEM files; any other is a setting of ClickHouse. A password that
 * is not in the URL is taken from `CLICKHOUSE_PASSWORD`. Throws `CLICKHOUSE_URL_INVALID`.
 */
export function parseClickHouseUrl(text: string, env: Readonly<Record<string, string | undefined>>): ClickHouseServer {
  const url = urlOf(text);
  const database = decodeURIComponent(url.pathname.slice(1)) || DEFAULT_DATABASE;
  const cluster = url.searchParams.get("cluster") ?? undefined;
  requireIdentifier("database", database);
  if (cluster !== undefined) requireIdentifier("cluster", cluster);
  const tls: Record<string, Buffer> = {};
  const settings: Record<string, string> = {};
  for (const [name, value] of url.searchParams) {
    if (name === "cluster") continue;
    if (name in TLS_PARAMETERS) tls[TLS_PARAMETERS[name as keyof typeof TLS_PARAMETERS]] = pemFile(name, value);
    else if (IDENTIFIER.test(name)) settings[name] = value;
    else throw invalid(`a setting can't be called ${JSON.stringify(name)}`);
  }
  return {
    url: url.origin,
    user: decodeURIComponent(url.username) || "default",
    password: decodeURIComponent(url.password) || (env["CLICKHOUSE_PASSWORD"] ?? ""),
    database,
    cluster,
    tls,
    settings,
  };
}

function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:"))
    throw invalid(`expected http:// or https://, got ${JSON.stringify(text.replace(/\/\/[^@/]*@/, "//…@"))}`);
  // A port that is the protocol's own is not in the URL, but ClickHouse's own ones are others.
  if (url.port === "" && !/^\w+:\/\/[^/?#]*:\d+(?:[/?#]|$)/.test(text))
    url.port = url.protocol === "https:" ? "8443" : "8123";
  return url;
}

/** Both stand in statements where no parameter may. */
function requireIdentifier(what: string, name: string): void {
  if (!IDENTIFIER.test(name)) throw invalid(`the ${what} can't be called ${JSON.stringify(name)}`);
}

function pemFile(parameter: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw invalid(`${parameter}: ${messageOf(error)}`);
  }
}

function invalid(what: string): ClewError {
  return new ClewError("CLICKHOUSE_URL_INVALID", what, {
    path: "--clickhouse",
    remedy: "write http://user:password@host:8123/database?cluster=NAME",
  });
}
