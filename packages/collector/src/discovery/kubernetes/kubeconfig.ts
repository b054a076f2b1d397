/** A kubeconfig: the cluster and the user of its current context. */
import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { parse } from "yaml";
import type { HttpClientConfig } from "../../http-client/http-client-config.ts";
import { baseUrl, defaultHttpClient, type Access, type AccessSource } from "./access.ts";
import { ExecPlugin, type ClientCredential, type ExecConfig } from "./exec-plugin.ts";

interface Cluster {
  readonly server?: string;
  readonly "certificate-authority"?: string;
  readonly "certificate-authority-data"?: string;
  readonly "insecure-skip-tls-verify"?: boolean;
  readonly "tls-server-name"?: string;
  readonly "proxy-url"?: string;
}

interface User {
  readonly token?: string;
  readonly tokenFile?: string;
  readonly username?: string;
  readonly password?: string;
  readonly "client-certificate"?: string;
  readonly "client-certificate-data"?: string;
  readonly "client-key"?: string;
  readonly "client-key-data"?: string;
  readonly exec?: ExecConfig;
  readonly "auth-provider"?: { readonly name?: string };
  readonly as?: string;
  readonly "as-uid"?: string;
  readonly "as-groups"?: readonly string[];
  readonly "as-user-extra"?: Readonly<Record<string, readonly string[]>>;
}

type Named<Key extends string, T> = readonly ({ readonly name: string } & { readonly [K in Key]: T })[];

interface Kubeconfig {
  readonly "current-context"?: string;
  readonly contexts?: Named<"context", { readonly cluster?: string; readonly user?: string }>;
  readonly clusters?: Named<"cluster", Cluster>;
  readonly users?: Named<"user", User>;
}

/** The file is read for each request; what a plugin said is kept as long as it is good. */
export class KubeconfigAccess implements AccessSource {
  readonly #path: string;
  readonly #plugin: ExecPlugin;

  constructor(path: string, nowMs: () => number, env: Readonly<Record<string, string | undefined>>) {
    this.#path = path;
    this.#plugin = new ExecPlugin(nowMs, env);
  }

  async access(): Promise<Access> {
    const { cluster, user } = current((parse(await readFile(this.#path, "utf8")) ?? {}) as Kubeconfig);
    const directory = dirname(this.#path);
    const credential: ClientCredential =
      user.exec === undefined ? { token: user.token } : await this.#plugin.credential(user.exec, directory, cluster);
    const pathOf = (path: string | undefined): string | undefined =>
      path === undefined || isAbsolute(path) ? path : join(directory, path);
    const certificate = dataOf(cluster["certificate-authority-data"]);
    const tls_config: HttpClientConfig["tls_config"] = {
      ...defaultHttpClient.tls_config,
      ca: certificate,
      ca_file: certificate === undefined ? pathOf(cluster["certificate-authority"]) : undefined,
      cert: credential.certificate ?? dataOf(user["client-certificate-data"]),
      cert_file: pathOf(user["client-certificate"]),
      key: credential.key ?? dataOf(user["client-key-data"]),
      key_file: pathOf(user["client-key"]),
      server_name: cluster["tls-server-name"],
      insecure_skip_verify: cluster["insecure-skip-tls-verify"] ?? false,
    };
    const client = { ...defaultHttpClient, ...whoWeAre(user, credential, pathOf(user.tokenFile)), tls_config };
    const isTls = JSON.stringify(tls_config) !== JSON.stringify(defaultHttpClient.tls_config);
    const url = baseUrl(cluster.server ?? "localhost:8080", isTls ? "https" : "http");
    return { url, client, headers: impersonation(user) };
  }

  refused(): void {
    this.#plugin.forget();
  }
}

function current(config: Kubeconfig): { cluster: Cluster; user: User } {
  const name = config["current-context"] ?? "";
  const context = config.contexts?.find((one) => one.name === name)?.context;
  if (context === undefined) throw new Error(`context was not found for specified context: ${name}`);
  const cluster = config.clusters?.find((one) => one.name === context.cluster)?.cluster;
  if (cluster === undefined) throw new Error(`cluster ${JSON.stringify(context.cluster ?? "")} does not exist`);
  const user = config.users?.find((one) => one.name === context.user)?.user ?? {};
  if (cluster["proxy-url"] !== undefined) throw new Error("proxies are not supported: take proxy-url out");
  if (user["auth-provider"] !== undefined) {
    throw new Error(`auth-provider ${JSON.stringify(user["auth-provider"].name ?? "")} is not supported: use exec`);
  }
  return { cluster, user };
}

function whoWeAre(
  { username, password }: User,
  { token }: ClientCredential,
  tokenFile: string | undefined,
): Pick<HttpClientConfig, "authorization" | "basic_auth"> {
  if (tokenFile !== undefined || token !== undefined) {
    const authorization = { type: "Bearer", credentials: token ?? "", credentials_file: tokenFile };
    return { authorization, basic_auth: undefined };
  }
  if (username === undefined && password === undefined) return { authorization: undefined, basic_auth: undefined };
  const basic_auth = {
    username: username ?? "",
    username_file: undefined,
    password: password ?? "",
    password_file: undefined,
  };
  return { authorization: undefined, basic_auth };
}

function impersonation(user: User): Record<string, string | readonly string[]> {
  const headers: Record<string, string | readonly string[]> = {};
  if (user.as !== undefined) headers["Impersonate-User"] = user.as;
  if (user["as-uid"] !== undefined) headers["Impersonate-Uid"] = user["as-uid"];
  if (user["as-groups"] !== undefined) headers["Impersonate-Group"] = user["as-groups"];
  for (const [name, values] of Object.entries(user["as-user-extra"] ?? {})) {
    headers[`Impersonate-Extra-${encodeURIComponent(name)}`] = values;
  }
  return headers;
}

function dataOf(base64: string | undefined): string | undefined {
  return base64 === undefined ? undefined : Buffer.from(base64, "base64").toString();
}
