import { readFile } from "node:fs/promises";
import { messageOf } from "@clew/base";
import type { HttpConfig, Secret } from "../config/alertmanager-config.ts";
import { NotifyError } from "../notification.ts";
import { type PostAnswer, postJson } from "../post-json.ts";

const TOO_MANY_REQUESTS = 429;

/** Rejects with a `NotifyError` where the file can't be read. */
export async function secretText(secret: Secret): Promise<string> {
  if ("text" in secret) return secret.text;
  try {
    return (await readFile(secret.file, "utf8")).trim();
  } catch (cause) {
    throw new NotifyError(`could not read ${secret.file}: ${messageOf(cause)}`, false, { cause });
  }
}

/** Posts JSON. Rejects with a `NotifyError` unless the answer is one of success. */
export async function postNotification(
  url: string,
  body: unknown,
  http: HttpConfig,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<PostAnswer> {
  if (!URL.canParse(url)) throw new NotifyError("the URL is none", false);
  const headers = await headersOf(http);
  let answer: PostAnswer;
  try {
    answer = await postJson(url, body, { timeoutMs, headers, signal });
  } catch (cause) {
    throw new NotifyError(messageOf(cause), true, { cause });
  }
  const { status, text } = answer;
  if (status >= 200 && status <= 299) return answer;
  const mayRetry = status >= 500 || status === TOO_MANY_REQUESTS;
  throw new NotifyError(`unexpected status code ${status}${text === "" ? "" : `: ${text}`}`, mayRetry);
}

async function headersOf({ basicAuth, authorization }: HttpConfig): Promise<Record<string, string>> {
  if (authorization !== undefined)
    return { authorization: `${authorization.type} ${await secretText(authorization.credentials)}` };
  if (basicAuth === undefined) return {};
  const credentials = `${basicAuth.username}:${await secretText(basicAuth.password)}`;
  return { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` };
}
