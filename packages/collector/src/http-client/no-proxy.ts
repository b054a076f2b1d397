/** `no_proxy`: which addresses are reached directly, as Go reads it. */
import { BlockList, isIP } from "node:net";
import { domainToASCII } from "node:url";

type Rule = (host: string, port: string) => boolean;

/**
 * Whether an address is excepted. Entries are parted by commas: addresses, networks (`10.0.0.0/8`) and names, which
 * are meant with all below them (`.example.com` only those), with a port or without; `*` is everything. This machine
 * is always excepted.
 */
export function exceptions(noProxy: string): (target: URL) => boolean {
  const entries = noProxy
    .toLowerCase()
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  const rules = entries.includes("*") ? [(): boolean => true] : entries.flatMap((entry) => ruleOf(entry) ?? []);
  return (target) => {
    const host = hostOf(target);
    const port = target.port === "" ? (target.protocol === "https:" ? "443" : "80") : target.port;
    return host === "localhost" || isLoopback(host) || rules.some((rule) => rule(host, port));
  };
}

/** Without the brackets around an address of IPv6. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1").toLowerCase();
}

function ruleOf(entry: string): Rule | undefined {
  const network = /^(.+)\/(\d+)$/.exec(entry);
  if (network !== null) return networkRule(network[1]!, Number(network[2]));
  const [, host, port = ""] = /^\[(.*)\]:(\d+)$/.exec(entry) ?? /^([^:]*):(\d+)$/.exec(entry) ?? ["", entry];
  const bare = (host ?? "").replace(/^\[(.*)\]$/, "$1");
  if (bare === "") return undefined;
  const address = isIP(bare) === 0 ? undefined : networkRule(bare, isIP(bare) === 4 ? 32 : 128);
  const isMeant = address ?? nameRule(bare);
  return isMeant && ((name, at) => isMeant(name, at) && (port === "" || port === at));
}

function networkRule(address: string, prefix: number): Rule | undefined {
  const kind = isIP(address);
  if (kind === 0 || prefix > (kind === 4 ? 32 : 128)) return undefined;
  const list = new BlockList();
  list.addSubnet(address, prefix, kind === 4 ? "ipv4" : "ipv6");
  return (host) => isIP(host) !== 0 && list.check(host, isIP(host) === 4 ? "ipv4" : "ipv6");
}

function nameRule(entry: string): Rule | undefined {
  const name = entry.startsWith("*.") ? entry.slice(1) : entry;
  const below = domainToASCII(name.startsWith(".") ? name.slice(1) : name);
  if (below === "") return undefined;
  const isItself = !name.startsWith(".");
  return (host) => isIP(host) === 0 && ((isItself && host === below) || host.endsWith(`.${below}`));
}

function isLoopback(host: string): boolean {
  return (isIP(host) === 4 && host.startsWith("127.")) || host === "::1" || host.startsWith("::ffff:7f");
}
