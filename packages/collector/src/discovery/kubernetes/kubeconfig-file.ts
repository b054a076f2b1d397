/** What a kubeconfig says, and what is wrong with that, in client-go's words. */
import { accessSync, constants } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { messageOf } from "@clew/base";
import { parse } from "yaml";
import { type ExecConfig, execFaults } from "./exec-config.ts";

export interface Cluster {
  readonly server?: string;
  readonly "certificate-authority"?: string;
  readonly "certificate-authority-data"?: string;
  readonly "insecure-skip-tls-verify"?: boolean;
  readonly "tls-server-name"?: string;
  readonly "proxy-url"?: string;
  readonly extensions?: readonly { readonly name: string; readonly extension: unknown }[];
}

export interface User {
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

export interface Kubeconfig {
  readonly "current-context"?: string;
  readonly contexts?: Named<"context", { readonly cluster?: string; readonly user?: string }>;
  readonly clusters?: Named<"cluster", Cluster>;
  readonly users?: Named<"user", User>;
}

/** What the current context means, with paths that are absolute. */
export interface CurrentContext {
  readonly cluster: Cluster;
  readonly user: User;
}

const PROXIES: ReadonlySet<string> = new Set(["http:", "https:", "socks5:"]);
const NO_CLUSTER = "cluster has no server defined";
const NOTHING = "no configuration has been provided, try setting KUBERNETES_MASTER environment variable";

/** `text` is the file's at `path`. Throws with everything that is wrong. */
export function currentContext(text: string, path: string): CurrentContext {
  const config = (parse(text) ?? {}) as Kubeconfig;
  const name = config["current-context"] ?? "";
  const context = config.contexts?.find((one) => one.name === name)?.context;
  const cluster = config.clusters?.find((one) => one.name === context?.cluster)?.cluster;
  const user = config.users?.find((one) => one.name === context?.user)?.user ?? {};
  const from = (file: string | undefined): string | undefined =>
    file === undefined || file === "" || isAbsolute(file) ? file : join(dirname(path), file);
  const found = { cluster: withPaths(cluster ?? {}, from), user: withPaths(user, from) };
  const faults = [
    ...(name !== "" && context === undefined ? [`context was not found for specified context: ${name}`] : []),
    ...userFaults(found.user, context?.user ?? ""),
    ...(cluster === undefined ? [NO_CLUSTER] : clusterFaults(found.cluster, context?.cluster ?? "")),
  ];
  const [fault] = faults;
  if (fault === undefined) return found;
  const only = fault === NO_CLUSTER ? NOTHING : fault;
  throw new Error(`invalid configuration: ${faults.length === 1 ? only : `[${faults.join(", ")}]`}`);
}

const PATHS: ReadonlySet<string> = new Set(["certificate-authority", "client-certificate", "client-key", "tokenFile"]);

function withPaths<T extends object>(section: T, from: (path: string | undefined) => string | undefined): T {
  const entries = Object.entries(section).map(([key, value]) => [key, PATHS.has(key) ? from(value as string) : value]);
  return Object.fromEntries(entries) as T;
}

function clusterFaults(cluster: Cluster, name: string): string[] {
  const { server = "", "proxy-url": proxy = "", "certificate-authority": file = "" } = cluster;
  const { "certificate-authority-data": data = "" } = cluster;
  return [
    ...(server === "" ? [`no server found for cluster ${JSON.stringify(name)}`] : []),
    ...(proxy === ""
      ? []
      : proxyFaults(proxy).map((fault) => `invalid 'proxy-url' "${proxy}" for cluster "${name}": ${fault}`)),
    ...(file !== "" && data !== ""
      ? [
          `certificate-authority-data and certificate-authority are both specified for ${name}. certificate-authority-data will override.`,
        ]
      : []),
    ...fileFaults("certificate-authority", file, name),
  ];
}

function proxyFaults(proxy: string): string[] {
  if (!URL.canParse(proxy)) return [`could not parse: ${proxy}`];
  const { protocol } = new URL(proxy);
  return PROXIES.has(protocol) ? [] : [`unsupported scheme "${protocol.slice(0, -1)}", must be http, https, or socks5`];
}

function userFaults(user: User, name: string): string[] {
  const { exec, token = "", username = "", password = "" } = user;
  const methods = [...(token === "" ? [] : ["token"]), ...(username + password === "" ? [] : ["basicAuth"])];
  const others = [user["as-uid"] ?? "", ...(user["as-groups"] ?? []), ...Object.keys(user["as-user-extra"] ?? {})];
  return [
    ...certificateFaults(user, name),
    ...(exec === undefined ? [] : execFaults(exec, name, user["auth-provider"] !== undefined)),
    ...(methods.length < 2
      ? []
      : [`more than one authentication method found for ${name}; found [${methods.join(" ")}], only one is allowed`]),
    ...(others.join("") !== "" && (user.as ?? "") === ""
      ? [`requesting uid, groups or user-extra for ${name} without impersonating a user`]
      : []),
  ];
}

function certificateFaults(user: User, name: string): string[] {
  const { "client-certificate": certificate = "", "client-certificate-data": certificateData = "" } = user;
  const { "client-key": key = "", "client-key-data": keyData = "" } = user;
  if (certificate + certificateData === "") return [];
  return [
    ...(certificate !== "" && certificateData !== ""
      ? [`client-cert-data and client-cert are both specified for ${name}. client-cert-data will override.`]
      : []),
    ...(key !== "" && keyData !== ""
      ? [`client-key-data and client-key are both specified for ${name}; client-key-data will override`]
      : []),
    ...(key + keyData === ""
      ? [`client-key-data or client-key must be specified for ${name} to use the clientCert authentication method.`]
      : []),
    ...fileFaults("client-cert", certificate, name),
    ...fileFaults("client-key", key, name),
  ];
}

function fileFaults(what: string, path: string, name: string): string[] {
  if (path === "") return [];
  try {
    accessSync(path, constants.R_OK);
    return [];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = { ENOENT: "no such file or directory", EACCES: "permission denied" }[code ?? ""] ?? messageOf(error);
    return [`unable to read ${what} ${path} for ${name} due to open ${path}: ${why}`];
  }
}
