/** What a configuration may refer to outside itself. */
import { readFile } from "node:fs/promises";
import { messageOf } from "@clew/base";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ConfigWorld {
  readonly env: Environment;
  /** Rejects where the file cannot be read. */
  readFile(path: string): Promise<string>;
  /** Gets an `http:` or `https:` address. Rejects where that fails. */
  fetch(url: string): Promise<string>;
}

/** How long a configuration server may take, and how much it may send. */
const FETCH_TIMEOUT_MS = 10_000;
const MAX_FETCHED_BYTES = 16 * 1024 * 1024;

/** The machine's own files and network. */
export function nodeWorld(env: Environment): ConfigWorld {
  return { env, readFile: (path) => readFile(path, "utf8"), fetch: fetchText };
}

async function fetchText(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) }).catch((error: unknown) => {
    // `fetch` says only that it failed; why stands below.
    const { cause } = error as { cause?: { code?: string } };
    throw new Error(`unable to fetch ${url}: ${cause?.code ?? messageOf(error)}`, { cause: error });
  });
  if (!response.ok) throw new Error(`unable to fetch ${url}: status ${response.status}`);
  const text = await response.text();
  if (text.length > MAX_FETCHED_BYTES) throw new Error(`${url} is larger than ${MAX_FETCHED_BYTES} bytes`);
  return text;
}

/** The schemes under which a configuration, or a part of it, can be had. */
export const SCHEMES = ["env", "file", "yaml", "http", "https"] as const;
export type Scheme = (typeof SCHEMES)[number];

/** The text of `rest` under `scheme`; undefined for an environment variable that is not set. Rejects with what failed. */
export async function retrieve(world: ConfigWorld, scheme: Scheme, rest: string): Promise<string | undefined> {
  switch (scheme) {
    case "env":
      return world.env[rest];
    case "yaml":
      return rest;
    case "file":
      return world.readFile(rest).catch((error: unknown) => {
        throw new Error(`unable to read the file ${rest}: ${messageOf(error)}`, { cause: error });
      });
    default:
      return world.fetch(`${scheme}:${rest}`);
  }
}
