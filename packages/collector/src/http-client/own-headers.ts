/** The headers that say who we are, from the HTTP client's settings. Files are read each time. */
import { readFile } from "node:fs/promises";
import type { Clock } from "@clew/base";
import { connectionsOf } from "./connections.ts";
import type { HttpClientConfig, OAuth2Config } from "./http-client-config.ts";
import { type RequestHeaders, send, textOf } from "./http-requests.ts";
import type { Environment } from "./proxy-config.ts";

/** A token that is about to end is not used any more. */
const TOKEN_GRACE_MS = 10_000;
const MAX_TOKEN_BYTES = 1024 * 1024;

interface TokenAnswer {
  readonly access_token?: string;
  readonly token_type?: string;
  readonly expires_in?: number;
}

export class OwnHeaders {
  readonly #clock: Clock;
  readonly #env: Environment;
  #token: { readonly header: string; readonly expiresMs: number } | undefined;

  /** `env`: where proxies may be named. */
  constructor(clock: Clock, env: Environment) {
    this.#clock = clock;
    this.#env = env;
  }

  async of(config: HttpClientConfig, signal: AbortSignal): Promise<RequestHeaders> {
    const headers: Record<string, string | readonly string[]> = {};
    for (const [name, { values, secrets, files }] of Object.entries(config.http_headers)) {
      headers[name] = [...values, ...secrets, ...(await Promise.all(files.map(secretFile)))];
    }
    const authorization = await this.#authorization(config, signal);
    if (authorization !== undefined) headers["authorization"] = authorization;
    return headers;
  }

  /** A token of OAuth that the server did not take is asked for anew. */
  forget(): void {
    this.#token = undefined;
  }

  async #authorization(config: HttpClientConfig, signal: AbortSignal): Promise<string | undefined> {
    const { basic_auth: basic, authorization, bearer_token, bearer_token_file, oauth2 } = config;
    if (basic !== undefined) {
      const user = await valueOf(basic.username, basic.username_file);
      const password = await valueOf(basic.password, basic.password_file);
      return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
    }
    if (authorization !== undefined) {
      const { type, credentials, credentials_file } = authorization;
      return `${type} ${await valueOf(credentials, credentials_file)}`;
    }
    if (bearer_token !== undefined || bearer_token_file !== undefined) {
      return `Bearer ${await valueOf(bearer_token ?? "", bearer_token_file)}`;
    }
    return oauth2 === undefined ? undefined : this.#oauth(oauth2, signal);
  }

  async #oauth(config: OAuth2Config, signal: AbortSignal): Promise<string> {
    const nowMs = this.#clock.nowMs();
    if (this.#token !== undefined && this.#token.expiresMs > nowMs) return this.#token.header;
    const secret = await valueOf(config.client_secret, config.client_secret_file);
    const form = new URLSearchParams({ grant_type: "client_credentials", ...config.endpoint_params });
    if (config.scopes.length > 0) form.set("scope", config.scopes.join(" "));
    const client = `${encodeURIComponent(config.client_id)}:${encodeURIComponent(secret)}`;
    const response = await send(config.token_url, {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        authorization: `Basic ${Buffer.from(client).toString("base64")}`,
      },
      connections: await connectionsOf(config, this.#env, false),
      body: form.toString(),
      signal,
    });
    const text = await textOf(response, MAX_TOKEN_BYTES);
    if (response.statusCode !== 200) throw new Error(`oauth2: cannot fetch token: HTTP status ${response.statusCode}`);
    const answer = JSON.parse(text) as TokenAnswer;
    if (typeof answer.access_token !== "string") throw new Error("oauth2: server response missing access_token");
    const type = answer.token_type?.toLowerCase() === "bearer" ? "Bearer" : (answer.token_type ?? "Bearer");
    const expiresMs = nowMs + (answer.expires_in ?? Infinity) * 1_000 - TOKEN_GRACE_MS;
    this.#token = { header: `${type} ${answer.access_token}`, expiresMs };
    return this.#token.header;
  }
}

async function valueOf(value: string, file: string | undefined): Promise<string> {
  return file === undefined ? value : secretFile(file);
}

async function secretFile(path: string): Promise<string> {
  return (await readFile(path, "utf8")).trim();
}
