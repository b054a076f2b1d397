/** A kubeconfig's `exec`: a program that says who we are, as `aws eks get-token` and its like do. */
import { execFile } from "node:child_process";
import { isAbsolute, join } from "node:path";
import { promisify } from "node:util";

const TIMEOUT_MS = 60_000;
const MAX_OUTPUT_BYTES = 1024 * 1024;

export interface ExecConfig {
  readonly apiVersion?: string;
  readonly command: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly installHint?: string;
  readonly provideClusterInfo?: boolean;
}

/** A token, or a certificate with its key, or both. PEM is as text. */
export interface ClientCredential {
  readonly token: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

interface ExecCredential {
  readonly kind?: string;
  readonly status?: {
    readonly token?: string;
    readonly clientCertificateData?: string;
    readonly clientKeyData?: string;
    readonly expirationTimestamp?: string;
  };
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
  const { command, args = [], installHint } = config;
  const isBare = !command.includes("/") || isAbsolute(command);
  const info = {
    kind: "ExecCredential",
    apiVersion: config.apiVersion ?? "client.authentication.k8s.io/v1",
    spec: { interactive: false, ...(config.provideClusterInfo === true ? { cluster: clusterInfo(cluster) } : {}) },
  };
  const more = Object.fromEntries((config.env ?? []).map(({ name, value }) => [name, value]));
  const options = {
    env: { ...env, ...more, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
    timeout: TIMEOUT_MS,
    maxBuffer: MAX_OUTPUT_BYTES,
  };
  const { stdout } = await promisify(execFile)(isBare ? command : join(directory, command), args, options).catch(
    (cause: unknown) => {
      const hint = installHint === undefined ? "" : `; ${installHint}`;
      throw new Error(`getting credentials: exec: ${String(cause)}${hint}`, { cause });
    },
  );
  const { status } = JSON.parse(stdout) as ExecCredential;
  if (status?.token === undefined && status?.clientCertificateData === undefined) {
    throw new Error("exec plugin didn't return a token or cert/key pair");
  }
  return {
    token: status.token,
    certificate: status.clientCertificateData,
    key: status.clientKeyData,
    expiresMs: status.expirationTimestamp === undefined ? Infinity : Date.parse(status.expirationTimestamp),
  };
}

function clusterInfo(cluster: object): Record<string, unknown> {
  const get = (key: string): unknown => (cluster as Record<string, unknown>)[key];
  return {
    server: get("server"),
    "tls-server-name": get("tls-server-name"),
    "insecure-skip-tls-verify": get("insecure-skip-tls-verify"),
    "certificate-authority-data": get("certificate-authority-data"),
  };
}
