import { arch, hostname, platform } from "node:os";
import { type DetectorConfig, SCHEMA_URL, type ResourceDetector } from "../detector.ts";
import type { DetectedResource } from "../resource.ts";
import { readLocalFile } from "./local-file.ts";

const COMMAND_TIMEOUT_MS = 1_000;
// Where Node's names differ from the semantic conventions'.
const ARCHITECTURES: Readonly<Record<string, string>> = { arm: "arm32", ppc: "ppc32", x64: "amd64" };

/** `host.*`: name, architecture, and the id that the operating system has for the machine. */
export class HostDetector implements ResourceDetector {
  readonly #root: string | undefined;

  constructor(config: DetectorConfig = {}) {
    this.#root = config.root;
  }

  detect(): DetectedResource {
    const attributes = {
      "host.name": hostname(),
      "host.arch": ARCHITECTURES[arch()] ?? arch(),
      "host.id": machineId(this.#root),
    };
    return { attributes, schemaUrl: SCHEMA_URL };
  }
}

/** Source: semantic conventions, host, "Collecting host.id from non-containerized systems". */
async function machineId(root: string | undefined): Promise<string | undefined> {
  switch (platform()) {
    case "darwin":
      return /"IOPlatformUUID" = "([^"]+)"/.exec(await output("ioreg", "-rd1", "-c", "IOPlatformExpertDevice"))?.[1];
    case "win32":
      return /REG_SZ\s+(\S+)/.exec(
        await output("reg", "query", "HKLM\\SOFTWARE\\Microsoft\\Cryptography", "/v", "MachineGuid"),
      )?.[1];
    case "freebsd":
    case "netbsd":
    case "openbsd":
      return (await readLocalFile(root, "/etc/hostid")) ?? (await output("kenv", "-q", "smbios.system.uuid")).trim();
    default:
      return (await readLocalFile(root, "/etc/machine-id")) || readLocalFile(root, "/var/lib/dbus/machine-id");
  }
}

async function output(command: string, ...args: string[]): Promise<string> {
  const { execFile } = await import("node:child_process");
  const { promisify } = await import("node:util");
  const { stdout } = await promisify(execFile)(command, args, { timeout: COMMAND_TIMEOUT_MS, windowsHide: true });
  return stdout;
}
