import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { ClewError, messageOf } from "@clew/base";
import type { Settings } from "../../../component.ts";
import type { ClientAuthenticator, Extension, Headers, ServerAuthenticator } from "../../../extension.ts";
import type { BasicauthConfig, ClientAuthConfig } from "./config.ts";
import { matches, parseHtpasswd } from "./htpasswd.ts";

/** Hashes are made to be slow: of so many credentials that were right it is remembered. */
const MAX_REMEMBERED = 1_000;

/** Takes clients with a name and password, or sends ours to servers. */
export class Basicauth implements Extension {
  readonly serverAuthenticator?: ServerAuthenticator;
  readonly clientAuthenticator?: ClientAuthenticator;
  readonly #settings: Settings;
  readonly #config: BasicauthConfig;
  // user --> hashed password
  #users: ReadonlyMap<string, string> = new Map();
  // digests of credentials that were right
  readonly #remembered = new Set<string>();

  constructor(settings: Settings, config: BasicauthConfig) {
    this.#settings = settings;
    this.#config = config;
    const { client_auth: client } = config;
    if (client === undefined) this.serverAuthenticator = { authenticate: (headers) => this.#authenticate(headers) };
    else this.clientAuthenticator = { headers: () => this.#clientHeaders(client) };
  }

  async start(): Promise<void> {
    const { htpasswd, client_auth: client } = this.#config;
    if (client !== undefined) await this.#clientHeaders(client);
    if (htpasswd === undefined) return;
    const fromFile = htpasswd.file === "" ? "" : await this.#read(htpasswd.file, "htpasswd::file");
    this.#users = parseHtpasswd(`${fromFile}\n${htpasswd.inline}`);
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }

  async #authenticate(headers: Headers): Promise<Record<string, unknown>> {
    const [header = ""] = headers.get("authorization") ?? [];
    if (header === "") throw unauthenticated("no basic auth provided");
    if (!/^basic /i.test(header)) throw unauthenticated("invalid authorization scheme prefix");
    const raw = header.slice("Basic ".length);
    const decoded = Buffer.from(raw, "base64").toString("utf8");
    const colon = decoded.indexOf(":");
    if (colon < 0) throw unauthenticated("invalid authorization format");
    const username = decoded.slice(0, colon);
    if (!(await this.#isRight(username, decoded.slice(colon + 1)))) throw unauthenticated("invalid credentials");
    return { username, raw };
  }

  async #isRight(username: string, password: string): Promise<boolean> {
    const hashed = this.#users.get(username);
    if (hashed === undefined) return false;
    const digest = createHash("sha256").update(`${username}:${password}`).digest("base64");
    if (this.#remembered.has(digest)) return true;
    if (!(await matches(password, hashed))) return false;
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    this.#remembered.add(digest);
    return true;
  }

  /** Files are read for each request, so that what changes in them counts at once. */
  async #clientHeaders(client: ClientAuthConfig): Promise<Record<string, string>> {
    const username =
      client.username_file === "" ? client.username : await this.#line(client.username_file, "username_file");
    const password =
      client.password_file === "" ? client.password : await this.#line(client.password_file, "password_file");
    return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
  }

  async #line(file: string, setting: string): Promise<string> {
    return (await this.#read(file, `client_auth::${setting}`)).trim();
  }

  async #read(file: string, setting: string): Promise<string> {
    try {
      return await readFile(file, "utf8");
    } catch (cause) {
      const path = `${this.#settings.path}::${setting}`;
      throw new ClewError("FILE_UNREADABLE", messageOf(cause), { path, remedy: "name a file that we may read", cause });
    }
  }
}

function unauthenticated(what: string): ClewError {
  return new ClewError("UNAUTHENTICATED", what, { remedy: "send a name and password that the collector knows" });
}
