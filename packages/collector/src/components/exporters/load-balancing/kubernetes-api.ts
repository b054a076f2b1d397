import { readFile } from "node:fs/promises";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIPv6 } from "node:net";

const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
/** After this, the API server ends a watch in which nothing changed. */
const WATCH_SECONDS = 300;
/** No list of endpoints is larger. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** How the API server is reached. */
export interface ApiAccess {
  readonly url: string;
  /** Read for each request: tokens change. */
  readonly token: () => Promise<string>;
  readonly certificateAuthority: () => Promise<string | undefined>;
  /** Rejects where it cannot be known. */
  readonly namespace: () => Promise<string>;
}

/** As every pod can reach it. */
export function inClusterAccess(env: Readonly<Record<string, string | undefined>> = process.env): ApiAccess {
  const { KUBERNETES_SERVICE_HOST: host = "kubernetes.default.svc", KUBERNETES_SERVICE_PORT: port = "443" } = env;
  return {
    url: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    token: async () => (await readFile(`${ACCOUNT}/token`, "utf8")).trim(),
    certificateAuthority: () => readFile(`${ACCOUNT}/ca.crt`, "utf8"),
    namespace: async () => (await readFile(`${ACCOUNT}/namespace`, "utf8")).trim(),
  };
}

/** Asks the API server of Kubernetes. */
export class KubernetesApi {
  readonly #access: ApiAccess;
  readonly #timeoutMs: number;
  readonly #stopping: AbortSignal;

  constructor(access: ApiAccess, timeoutMs: number, stopping: AbortSignal) {
    this.#access = access;
    this.#timeoutMs = timeoutMs;
    this.#stopping = stopping;
  }

  /** The answer's JSON. Rejects where it is not 200. */
  async get(path: string): Promise<unknown> {
    const response = await this.#request(path, AbortSignal.any([this.#stopping, AbortSignal.timeout(this.#timeoutMs)]));
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES) throw new Error(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`);
    }
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  }

  /** Resolves as soon as anything of the list at `path` changed, or nothing did for a while. */
  async nextChange(path: string): Promise<void> {
    const response = await this.#request(`${path}&watch=true&timeoutSeconds=${WATCH_SECONDS}`, this.#stopping);
    await new Promise<void>((resolve, reject) => {
      response.once("data", () => resolve());
      response.once("end", resolve);
      response.once("error", reject);
    });
    response.destroy();
  }

  async #request(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    const { certificateAuthority, token, url } = this.#access;
    const [ca, bearer] = [await certificateAuthority(), await token()];
    const address = new URL(path, url);
    const request = address.protocol === "https:" ? httpsRequest : httpRequest;
    const headers = { authorization: `Bearer ${bearer}`, accept: "application/json" };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request(address, { headers, signal, ...(ca === undefined ? {} : { ca }) }, resolve)
        .on("error", reject)
        .end();
    });
    if (response.statusCode === 200) return response;
    response.destroy();
    throw new Error(`the API server answered ${String(response.statusCode)} to ${address.pathname}`);
  }
}
