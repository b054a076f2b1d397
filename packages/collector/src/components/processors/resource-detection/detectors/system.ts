import { lookup, lookupService, resolveCname } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { arch, cpus, hostname, networkInterfaces, platform, release, version } from "node:os";
import type { Detected } from "../detector.ts";
import type { SystemConfig } from "../config.ts";

/** What is set unless it is configured otherwise. */
export const SYSTEM_DEFAULTS: readonly string[] = ["host.name", "os.type"];

const OS_TYPES: Readonly<Record<string, string>> = { win32: "windows", sunos: "solaris" };
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", ia32: "x86", arm: "arm32", ppc: "ppc32" };

export async function detectSystem({ hostname_sources: sources }: SystemConfig): Promise<Detected> {
  const interfaces = Object.entries(networkInterfaces()).flatMap(([name, all]) =>
    (all ?? []).map((one) => ({ name, ...one })),
  );
  const outside = interfaces.filter(({ internal }) => !internal);
  const [cpu] = cpus();
  const [osRelease, hostId] = await Promise.all([linuxRelease(), machineId()]);
  return {
    "host.name": await hostNameFrom(sources),
    "host.id": hostId,
    "host.arch": ARCHITECTURES[arch()] ?? arch(),
    "host.ip": [...new Set(outside.map(({ address }) => address.split("%", 1)[0] ?? ""))],
    "host.mac": [...new Set(outside.map(({ mac }) => mac.toUpperCase().replaceAll(":", "-")))],
    "host.interface": [...new Set(interfaces.map(({ name }) => name))],
    "host.cpu.model.name": cpu?.model,
    "os.type": OS_TYPES[platform()] ?? platform(),
    "os.description": version(),
    "os.name": osRelease["NAME"],
    "os.version": osRelease["VERSION_ID"] ?? release(),
  };
}

/** Rejects where none of them knows it. */
async function hostNameFrom(sources: SystemConfig["hostname_sources"]): Promise<string> {
  const failures: string[] = [];
  for (const source of sources) {
    try {
      return await HOST_NAMES[source]();
    } catch (error) {
      failures.push(`${source}: ${String(error)}`);
    }
  }
  throw new Error(`failed getting host name: ${failures.join("; ")}`);
}

const HOST_NAMES: Readonly<Record<SystemConfig["hostname_sources"][number], () => Promise<string>>> = {
  os: () => Promise.resolve(hostname()),
  cname: async () => withoutDot((await resolveCname(hostname()))[0] ?? hostname()),
  lookup: async () => {
    const { address } = await lookup(hostname());
    return withoutDot((await lookupService(address, 0)).hostname);
  },
  /** The fully qualified name. */
  dns: async () => {
    const { address } = await lookup(hostname());
    const { hostname: name } = await lookupService(address, 0);
    if (!name.includes(".")) throw new Error(`${name} is not fully qualified`);
    return withoutDot(name);
  },
};

function withoutDot(name: string): string {
  return name.replace(/\.$/, "");
}

async function machineId(): Promise<string | undefined> {
  for (const file of ["/etc/machine-id", "/var/lib/dbus/machine-id"]) {
    const text = await readFile(file, "utf8").catch(() => "");
    if (text.trim() !== "") return text.trim();
  }
  return undefined;
}

async function linuxRelease(): Promise<Record<string, string | undefined>> {
  const text = await readFile("/etc/os-release", "utf8").catch(() => "");
  const pairs = text.split("\n").flatMap((line) => {
    const [, key, value] = /^([A-Z_]+)="?(.*?)"?$/.exec(line) ?? [];
    return key === undefined ? [] : [[key, value] as const];
  });
  return Object.fromEntries(pairs);
}
