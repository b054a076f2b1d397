/** `clew backup` and `clew restore`: by the program that runs, or on the directory itself where none does. */
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { json } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { ClewError, messageOf } from "@clew/base";
import { Store, type BackupManifest } from "@clew/store";
import { dataDirectoryOf } from "./data-directory.ts";
import { backupOptions, type BackupOptions } from "./options.ts";
import type { Terminal } from "./terminal.ts";

const UNAUTHORIZED = 401;

export async function runBackup(args: readonly string[], terminal: Terminal): Promise<void> {
  const options = backupOptions(args, terminal.env);
  const { bytes } = await done("backup", options, terminal, (store) => store.backUp(options.directory));
  terminal.out(`Copied ${bytes} bytes to ${options.directory}.\n`);
}

export async function runRestore(args: readonly string[], terminal: Terminal): Promise<void> {
  const options = backupOptions(args, terminal.env);
  const { replace } = options;
  const { createdAt } = await done("restore", options, terminal, (store) =>
    store.restore(options.directory, { replace }),
  );
  terminal.out(`Restored what was stored at ${createdAt}.\n`);
}

async function done(
  what: "backup" | "restore",
  options: BackupOptions,
  terminal: Terminal,
  here: (store: Store) => Promise<BackupManifest>,
): Promise<BackupManifest> {
  if (options.data === undefined) {
    const answer = await askRunning(what, options);
    if (answer !== undefined) return answer;
  }
  const store = await Store.open({
    directory: dataDirectoryOf(options.data, terminal.env),
    engineProgram: fileURLToPath(new URL("../dist/engine-main.js", import.meta.url)),
    report: (line) => terminal.error(`${line}\n`),
  });
  try {
    return await here(store);
  } finally {
    await store.close();
  }
}

interface AnsweredError {
  readonly code: string;
  readonly message: string;
  readonly path?: string;
  readonly remedy?: string;
}

/** Undefined where nothing listens at the URL. */
async function askRunning(
  what: "backup" | "restore",
  { url, token, directory, replace }: BackupOptions,
): Promise<BackupManifest | undefined> {
  // Not fetch, which gives up after five minutes.
  const request = httpRequest(new URL(`/api/clew/v1/${what}`, url), {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
  });
  let response: IncomingMessage;
  try {
    request.end(JSON.stringify({ directory, replace }));
    [response] = (await once(request, "response")) as [IncomingMessage];
  } catch (error) {
    if ((error as { code?: string }).code === "ECONNREFUSED") return undefined;
    throw new ClewError("CLEW_NOT_REACHED", messageOf(error), { path: url, remedy: "name another with --url" });
  }
  if (response.statusCode === UNAUTHORIZED)
    throw new ClewError("CLEW_NOT_REACHED", "a token is wanted", {
      path: url,
      remedy: "give it with --token or CLEW_TOKEN",
    });
  const answer = (await json(response)) as BackupManifest & { readonly error?: AnsweredError };
  if (answer.error === undefined) return answer;
  const { code, message, path, remedy } = answer.error;
  throw new ClewError(code, message, { path, remedy: remedy ?? "see the log of clew up" });
}
