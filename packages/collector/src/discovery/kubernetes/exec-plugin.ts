/** A kubeconfig's `exec`: a program that says who we are, as `aws eks get-token` and its like do. */
import { execFile } from "node:child_process";
import { isAbsolute, join } from "node:path";
import { promisify } from "node:util";
import { messageOf } from "@clew/base";
import { type ExecConfig, interactiveMode } from "./exec-config.ts";

const TIMEOUT_MS = 60_000;
const MAX_OUTPUT_BYTES = 1024 * 1024;
const API_VERSIONS: ReadonlySet<string> = new Set([
  "client.authentication.k8s.io/v1",
  "client.authentication.k8s.io/v1beta1",
]);

/** A token, or a certificate with its key, or both. PEM is as text. */
export interface ClientCredential {
  readonly token: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

interface ExecCredential {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly status?: {
    readonly token?: string;
    readonly clientCertificateData?: string;
    readonly clientKeyData?: string;
    readonly expirationTimestamp?: string;
  } | null;
}

export class ExecPlugin {
  readonly #nowMs: () => number;
  readonly #env: Readonly<Record<string, string | undefined>>;
  #kept: { readonly credential: Promise<ClientCredential & { readonly expiresMs: number }> } | undefined;

  constructor(nowMs: () => number, env: Readonly<Record<string, string | undefined>>) {
    this.#nowMs = nowMs;
    this.#env = env;
  }

  /** The last credential until it ends; the program runs once for all who ask meanwhile. `directory` is the kubeconfig's. */
  async credential(config: ExecConfig, directory: string, cluster: object): Promise<ClientCredential> {
    const kept = this.#kept;
    if (kept !== undefined) {
      const credential = await kept.credential;
      if (credential.expiresMs > this.#nowMs()) return credential;
    }
    if (this.#kept === kept) {
      const asked = { credential: run(config, directory, cluster, this.#env) };
      this.#kept = asked;
      asked.credential.catch(() => {
        if (this.#kept === asked) this.#kept = undefined;
      });
    }
    return this.#kept!.credential;
  }

  forget(): void {
    this.#kept = undefined;
  }
}

async function run(
  config: ExecConfig,
  directory: string,
  cluster: object,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ClientCredential & { readonly expiresMs: number }> {
  const { apiVersion = "" } = config;
  if (!API_VERSIONS.has(apiVersion)) throw new Error(`exec plugin: invalid apiVersion ${JSON.stringify(apiVersion)}`);
  if (interactiveMode(config) === "Always")
    throw failed("exec plugin cannot support interactive mode: standard input is not a terminal");
  const isTold = config.provideClusterInfo === true;
  const spec = { interactive: false, ...(isTold ? { cluster } : {}) };
  const more = Object.fromEntries((config.env ?? []).map(({ name = "", value = "" }) => [name, value]));
  const info = JSON.stringify({ kind: "ExecCredential", apiVersion, spec });
  const stdout = await outputOf(config, directory, { ...env, ...more, KUBERNETES_EXEC_INFO: info });
  return credentialOf(stdout, apiVersion);
}

async function outputOf(
  { command = "", args = [], installHint = "" }: ExecConfig,
  directory: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const isBare = !command.includes("/") || isAbsolute(command);
  const program = isBare ? command : join(directory, command);
  try {
    const options = { env, timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES };
    return (await promisify(execFile)(program, args, options)).stdout;
  } catch (error) {
    const { code } = error as { readonly code?: string | number };
    const hint = installHint === "" ? "" : `\n\n${installHint}`;
    if (code === "ENOENT") throw failed(`exec: executable ${program} not found${hint}`, error);
    if (typeof code === "number") throw failed(`exec: executable ${program} failed with exit code ${code}`, error);
    throw failed(`exec: ${messageOf(error)}`, error);
  }
}

function credentialOf(stdout: string, wanted: string): ClientCredential & { readonly expiresMs: number } {
  const { apiVersion = "", status } = decoded(stdout);
  if (apiVersion !== wanted)
    throw failed(`exec plugin is configured to use API version ${wanted}, plugin returned version ${apiVersion}`);
  if (status === undefined || status === null) throw failed("exec plugin didn't return a status field");
  const { token = "", clientCertificateData: certificate = "", clientKeyData: key = "" } = status;
  if (token + certificate + key === "") throw failed("exec plugin didn't return a token or cert/key pair");
  if ((certificate === "") !== (key === "")) throw failed("exec plugin returned only certificate or key, not both");
  return {
    token: token === "" ? undefined : token,
    certificate: certificate === "" ? undefined : certificate,
    key: key === "" ? undefined : key,
    expiresMs: status.expirationTimestamp === undefined ? Infinity : Date.parse(status.expirationTimestamp),
  };
}

function decoded(stdout: string): ExecCredential {
  try {
    const read = JSON.parse(stdout) as ExecCredential;
    if (read.kind === "ExecCredential") return read;
    throw new Error(`no kind "${read.kind ?? ""}" is registered`);
  } catch (error) {
    throw failed(`decoding stdout: ${messageOf(error)}`, error);
  }
}

function failed(what: string, cause?: unknown): Error {
  return new Error(`getting credentials: ${what}`, { cause });
}
