/** A kubeconfig: the cluster and the user of its current context. */
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { HttpClientConfig } from "../../http-client/http-client-config.ts";
import { baseUrl, defaultHttpClient, type Access, type AccessSource } from "./access.ts";
import { ExecPlugin, type ClientCredential } from "./exec-plugin.ts";
import { currentContext, type Cluster, type User } from "./kubeconfig-file.ts";

/** The file is read for each request; what a plugin said is kept as long as it is good. */
export class KubeconfigAccess implements AccessSource {
  readonly #path: string;
  readonly #plugin: ExecPlugin;

  constructor(path: string, nowMs: () => number, env: Readonly<Record<string, string | undefined>>) {
    this.#path = path;
    this.#plugin = new ExecPlugin(nowMs, env);
  }

  async access(): Promise<Access> {
    const { cluster, user } = currentContext(await readFile(this.#path, "utf8"), this.#path);
    const url = baseUrl(cluster.server ?? "", "http");
    const client = { ...defaultHttpClient, ...proxyOf(cluster) };
    // Who we are is nobody's business without TLS.
    if (!url.startsWith("https:")) return { url, client, headers: impersonation(user) };
    const credential = await this.#credential(cluster, user);
    const tls_config = tlsOf(cluster, user, credential);
    return { url, client: { ...client, ...whoWeAre(user, credential), tls_config }, headers: impersonation(user) };
  }

  refused(): void {
    this.#plugin.forget();
  }

  async #credential(cluster: Cluster, user: User): Promise<ClientCredential> {
    const { exec, "auth-provider": provider } = user;
    if (provider !== undefined)
      throw new Error(`no Auth Provider found for name ${JSON.stringify(provider.name ?? "")}`);
    if (exec === undefined) return { token: user.token };
    return this.#plugin.credential(exec, dirname(this.#path), await execCluster(cluster));
  }
}

/** As the environment says where the file does not. */
function proxyOf(cluster: Cluster): Pick<HttpClientConfig, "proxy_url" | "proxy_from_environment"> {
  const proxy_url = cluster["proxy-url"] || undefined;
  return { proxy_url, proxy_from_environment: proxy_url === undefined };
}

function tlsOf(cluster: Cluster, user: User, credential: ClientCredential): HttpClientConfig["tls_config"] {
  const { "certificate-authority": file, "insecure-skip-tls-verify": isInsecure = false } = cluster;
  const authority = dataOf(cluster["certificate-authority-data"]);
  if (isInsecure && (authority ?? file) !== undefined)
    throw new Error("specifying a root certificates file with the insecure flag is not allowed");
  const certificate = credential.certificate ?? dataOf(user["client-certificate-data"]);
  const key = credential.key ?? dataOf(user["client-key-data"]);
  return {
    ...defaultHttpClient.tls_config,
    ca: authority,
    ca_file: authority === undefined ? file : undefined,
    cert: certificate,
    cert_file: certificate === undefined ? user["client-certificate"] : undefined,
    key,
    key_file: key === undefined ? user["client-key"] : undefined,
    server_name: cluster["tls-server-name"],
    insecure_skip_verify: isInsecure,
  };
}

/** What a plugin may be told of the cluster. */
async function execCluster(cluster: Cluster): Promise<object> {
  const { server, "proxy-url": proxy, "certificate-authority": file, extensions = [] } = cluster;
  const data =
    cluster["certificate-authority-data"] ?? (file === undefined ? undefined : await readFile(file, "base64"));
  return {
    server,
    "tls-server-name": cluster["tls-server-name"],
    "insecure-skip-tls-verify": cluster["insecure-skip-tls-verify"],
    "certificate-authority-data": data,
    "proxy-url": proxy,
    config: extensions.find(({ name }) => name === "client.authentication.k8s.io/exec")?.extension,
  };
}

function whoWeAre(
  { username, password, tokenFile }: User,
  { token }: ClientCredential,
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
