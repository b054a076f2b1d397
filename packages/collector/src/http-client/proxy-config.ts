/** Prometheus's settings of proxies, and which of them a request takes. */
import { field, list, map, optional, string, boolean, type Fields } from "../schema/schema.ts";
import type { Place } from "../schema/place.ts";
import { exceptions } from "./no-proxy.ts";

export interface ProxyConfig {
  readonly proxy_url: string | undefined;
  readonly no_proxy: string | undefined;
  readonly proxy_from_environment: boolean;
  readonly proxy_connect_header: Readonly<Record<string, readonly string[]>>;
}

/** The proxy for a URL; undefined where it is reached directly. */
export type ProxyChoice = (url: URL) => URL | undefined;

export type Environment = Readonly<Record<string, string | undefined>>;

const SCHEMES: ReadonlySet<string> = new Set(["http:", "https:", "socks5:", "socks5h:"]);

export const proxyFields: Fields<ProxyConfig> = {
  proxy_url: field(optional(string), undefined, "A proxy: `http`, `https`, `socks5` or `socks5h`."),
  no_proxy: field(optional(string), undefined, "Addresses, networks and names that are reached without it."),
  proxy_from_environment: field(boolean, false, "Whether `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` say it."),
  proxy_connect_header: field(map(list(string)), undefined, "Headers for the proxy that tunnels to a target of HTTPS."),
};

/** Faults, in Prometheus's words. */
export function checkProxy(config: ProxyConfig, place: Place): void {
  const { proxy_url: url = "", no_proxy: except = "", proxy_from_environment: fromEnvironment } = config;
  if (Object.keys(config.proxy_connect_header).length > 0 && !fromEnvironment && url === "")
    place.problem("if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured");
  if (fromEnvironment && url !== "")
    place.problem("if proxy_from_environment is configured, proxy_url must not be configured");
  if (fromEnvironment && except !== "")
    place.problem("if proxy_from_environment is configured, no_proxy must not be configured");
  if (config.proxy_url === undefined && except !== "" && !fromEnvironment)
    place.problem("if no_proxy is configured, proxy_url must also be configured");
  if (url !== "" && proxyAt(url) === undefined)
    place.at("proxy_url").problem(`${JSON.stringify(withoutPassword(url))} is no proxy`, "write http://host:port");
}

/** `env` is looked at once. */
export function proxyChoice(config: ProxyConfig, env: Environment): ProxyChoice {
  const { proxy_url: url = "", no_proxy: except = "" } = config;
  if (config.proxy_from_environment) return environmentChoice(env);
  const proxy = proxyAt(url);
  if (proxy === undefined) return () => undefined;
  if (except === "") return () => proxy;
  const isExcepted = exceptions(except);
  return (target) => (isExcepted(target) ? undefined : proxy);
}

function environmentChoice(env: Environment): ProxyChoice {
  const valueOf = (name: string): string => env[name] || env[name.toLowerCase()] || "";
  const isExcepted = exceptions(valueOf("NO_PROXY"));
  const http = proxyAt(valueOf("HTTP_PROXY"));
  const https = proxyAt(valueOf("HTTPS_PROXY"));
  return (target) => (isExcepted(target) ? undefined : target.protocol === "https:" ? https : http);
}

/** `host:port` is a proxy of HTTP. */
function proxyAt(text: string): URL | undefined {
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (text === "" || !URL.canParse(address)) return undefined;
  const url = new URL(address);
  return SCHEMES.has(url.protocol) && url.hostname !== "" ? url : undefined;
}

/** As Go shows a URL that has one. */
export function withoutPassword(url: string): string {
  return url.replace(/^([^:/]+:\/\/[^:/@]*:)[^@/]*@/, "$1xxxxx@");
}
