import { messageOf } from "@clew/base";

export interface PostSettings {
  readonly timeoutMs: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface PostAnswer {
  readonly status: number;
  /** The beginning of the answer, for what is told of a failure. */
  readonly text: string;
  readonly contentType: string;
}

/** So much of an answer is looked at. */
const MAX_ANSWER_LENGTH = 4_096;

/** Posts JSON. A user and password in the URL become a header. Rejects where no answer comes in time. */
export async function postJson(address: string, body: unknown, settings: PostSettings): Promise<PostAnswer> {
  const url = new URL(address);
  const headers: Record<string, string> = { "content-type": "application/json", "user-agent": "Clew" };
  if (url.username !== "") headers["authorization"] = basicAuthorization(url);
  url.username = url.password = "";
  const timeout = AbortSignal.timeout(settings.timeoutMs);
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { ...headers, ...settings.headers },
      body: JSON.stringify(body),
      signal: settings.signal === undefined ? timeout : AbortSignal.any([settings.signal, timeout]),
    });
    const text = (await response.text()).slice(0, MAX_ANSWER_LENGTH);
    return { status: response.status, text, contentType: response.headers.get("content-type") ?? "" };
  } catch (error) {
    throw new Error(reasonOf(error), { cause: error });
  }
}

function basicAuthorization({ username, password }: URL): string {
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(credentials).toString("base64")}`;
}

/** `fetch` says only that it failed; why stands below. */
function reasonOf(error: unknown): string {
  const { cause } = error as { readonly cause?: { readonly code?: string; readonly message?: string } };
  const below =
    cause?.code === undefined ? cause?.message : `${cause.code}${cause.message ? ` (${cause.message})` : ""}`;
  return below === undefined || below === "" ? messageOf(error) : below;
}
