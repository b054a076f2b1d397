/** Gets pages as Prometheus does: with its TLS, its ways to say who we are, redirects, gzip and limits. */
import { readFile } from "node:fs/promises";
import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { SecureContextOptions, SecureVersion } from "node:tls";
import { createGunzip } from "node:zlib";
import { ClewError, messageOf, type Clock } from "@clew/base";
import type { HttpClientConfig, OAuth2Config, TlsClientConfig } from "./http-client-config.ts";

const MAX_REDIRECTS = 10;
/** A token that is about to end is not used any more. */
const TOKEN_GRACE_MS = 10_000;
const MAX_TOKEN_BYTES = 1024 * 1024;
const TLS_VERSIONS: Readonly<Record<string, SecureVersion>> = {
  TLS10: "TLSv1",
  TLS11: "TLSv1.1",
  TLS12: "TLSv1.2",
  TLS13: "TLSv1.3",
};

export interface PageRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** More bytes, after decompression, are an error; 0 is no limit. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** The unix socket to connect to, instead of the URL's host. */
  readonly socketPath?: string | undefined;
}

export interface FetchedPage {
  readonly contentType: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export class HttpClient {
  readonly #config: HttpClientConfig;
  readonly #clock: Clock;
  #agents: Promise<Agents> | undefined;
  #token: { readonly header: string; readonly expiresMs: number } | undefined;

  constructor(config: HttpClientConfig, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
  }

  /** Rejects with `SCRAPE_FAILED` for anything but a whole page with status 200. */
  async get(request: PageRequest): Promise<FetchedPage> {
    const { signal, socketPath } = request;
    let { url } = request;
    let headers: Readonly<Record<string, string>> = { ...request.headers, ...(await this.#ownHeaders(signal)) };
    for (let redirects = 0; ; redirects++) {
      const response = await this.#send(url, { method: "GET", headers, signal, socketPath });
      const location = response.headers.location;
      const isRedirect = [301, 302, 303, 307, 308].includes(response.statusCode ?? 0) && location !== undefined;
      if (!isRedirect || !this.#config.follow_redirects) return readPage(response, request.maxBytes);
      response.resume();
      if (redirects === MAX_REDIRECTS) throw failed(`stopped after ${MAX_REDIRECTS} redirects`);
      const next = new URL(location, url);
      // Who we are is no other host's business.
      if (next.host !== new URL(url).host) headers = request.headers;
      url = next.href;
    }
  }

  async close(): Promise<void> {
    const agents = await this.#agents?.catch(() => undefined);
    agents?.http.destroy();
    agents?.https.destroy();
    agents?.token.destroy();
  }

  async #send(url: string, options: SendOptions): Promise<IncomingMessage> {
    const agents = await this.#connected();
    const isTls = url.startsWith("https:");
    const agent = isTls ? (options.isToken === true ? agents.token : agents.https) : agents.http;
    return send(url, agent, options);
  }

  #connected(): Promise<Agents> {
    this.#agents ??= makeAgents(this.#config);
    return this.#agents;
  }

  async #ownHeaders(signal: AbortSignal): Promise<Record<string, string>> {
    const headers: Record<string, string> = {};
    for (const [name, { values, secrets, files }] of Object.entries(this.#config.http_headers)) {
      const read = await Promise.all(files.map(secretFile));
      headers[name] = [...values, ...secrets, ...read].join(", ");
    }
    const authorization = await this.#authorization(signal);
    if (authorization !== undefined) headers["authorization"] = authorization;
    return headers;
  }

  /** Files are read for each request, so that secrets can be changed while we run. */
  async #authorization(signal: AbortSignal): Promise<string | undefined> {
    const { basic_auth: basic, authorization, bearer_token, bearer_token_file, oauth2 } = this.#config;
    if (basic !== undefined) {
      const user = basic.username_file === undefined ? basic.username : await secretFile(basic.username_file);
      const password = basic.password_file === undefined ? basic.password : await secretFile(basic.password_file);
      return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
    }
    if (authorization !== undefined) {
      const { type, credentials, credentials_file } = authorization;
      return `${type} ${credentials_file === undefined ? credentials : await secretFile(credentials_file)}`;
    }
    if (bearer_token !== undefined) return `Bearer ${bearer_token}`;
    if (bearer_token_file !== undefined) return `Bearer ${await secretFile(bearer_token_file)}`;
    return oauth2 === undefined ? undefined : this.#oauth(oauth2, signal);
  }

  async #oauth(config: OAuth2Config, signal: AbortSignal): Promise<string> {
    const nowMs = this.#clock.nowMs();
    if (this.#token !== undefined && this.#token.expiresMs > nowMs) return this.#token.header;
    const secret =
      config.client_secret_file === undefined ? config.client_secret : await secretFile(config.client_secret_file);
    const form = new URLSearchParams({ grant_type: "client_credentials", ...config.endpoint_params });
    if (config.scopes.length > 0) form.set("scope", config.scopes.join(" "));
    const client = `${encodeURIComponent(config.client_id)}:${encodeURIComponent(secret)}`;
    const response = await this.#send(config.token_url, {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        authorization: `Basic ${Buffer.from(client).toString("base64")}`,
      },
      body: form.toString(),
      signal,
      isToken: true,
    });
    const { body } = await readPage(response, MAX_TOKEN_BYTES);
    const answer = JSON.parse(body.toString()) as { access_token?: string; token_type?: string; expires_in?: number };
    if (typeof answer.access_token !== "string") throw failed("oauth2: server response missing access_token");
    const type = answer.token_type?.toLowerCase() === "bearer" ? "Bearer" : (answer.token_type ?? "Bearer");
    const expiresMs = nowMs + (answer.expires_in ?? Infinity) * 1_000 - TOKEN_GRACE_MS;
    this.#token = { header: `${type} ${answer.access_token}`, expiresMs };
    return this.#token.header;
  }
}

interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
  /** For the server that makes tokens, which has TLS settings of its own. */
  readonly token: HttpsAgent;
}

async function makeAgents(config: HttpClientConfig): Promise<Agents> {
  return {
    http: new HttpAgent({ keepAlive: true }),
    https: new HttpsAgent({ keepAlive: true, ...(await tlsOf(config.tls_config)) }),
    token: new HttpsAgent({ ...(config.oauth2 === undefined ? {} : await tlsOf(config.oauth2.tls_config)) }),
  };
}

async function tlsOf(config: TlsClientConfig): Promise<SecureContextOptions & { servername?: string }> {
  const part = async (name: "ca" | "cert" | "key"): Promise<Record<string, string>> => {
    const file = config[`${name}_file`];
    const text = config[name] ?? (file === undefined ? undefined : await readFile(file, "utf8"));
    return text === undefined ? {} : { [name]: text };
  };
  const options: Record<string, unknown> = {
    rejectUnauthorized: !config.insecure_skip_verify,
    ...(await part("ca")),
    ...(await part("cert")),
    ...(await part("key")),
  };
  if (config.server_name !== undefined) options["servername"] = config.server_name;
  if (config.min_version !== undefined) options["minVersion"] = TLS_VERSIONS[config.min_version];
  if (config.max_version !== undefined) options["maxVersion"] = TLS_VERSIONS[config.max_version];
  return options;
}

async function secretFile(path: string): Promise<string> {
  return (await readFile(path, "utf8")).trim();
}

interface SendOptions {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  readonly isToken?: boolean;
  readonly socketPath?: string | undefined;
}

function send(url: string, agent: HttpAgent, options: SendOptions): Promise<IncomingMessage> {
  const { method, headers, body, signal, socketPath } = options;
  const request = url.startsWith("https:") ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const sending = request(url, { method, headers, agent, signal, socketPath });
    sending.on("error", reject);
    sending.on("response", resolve);
    sending.end(body);
  });
}

async function readPage(response: IncomingMessage, maxBytes: number): Promise<FetchedPage> {
  if (response.statusCode !== 200) {
    response.resume();
    throw failed(`server returned HTTP status ${response.statusCode} ${response.statusMessage ?? ""}`.trimEnd());
  }
  const isGzip = response.headers["content-encoding"] === "gzip";
  const stream = isGzip ? response.pipe(createGunzip()) : response;
  if (isGzip) response.on("error", (error) => stream.destroy(error));
  const chunks: Buffer[] = [];
  let received = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      received += chunk.length;
      if (maxBytes > 0 && received > maxBytes) throw failed("body size limit exceeded");
      chunks.push(chunk);
    }
  } catch (cause) {
    response.destroy();
    throw cause instanceof ClewError ? cause : failed(messageOf(cause));
  }
  const { headers } = response;
  return { contentType: headers["content-type"] ?? "", headers, body: Buffer.concat(chunks, received) };
}

function failed(what: string): ClewError {
  return new ClewError("SCRAPE_FAILED", what, { remedy: "see the target" });
}
