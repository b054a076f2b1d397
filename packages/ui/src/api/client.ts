/** Asks the server. Parameters that are undefined or empty are left out; lists repeat their name. */
export type Parameters = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** What the server answered instead of what was asked for. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly code: string;
  readonly remedy: string | undefined;

  constructor(status: number, code: string, message: string, remedy?: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.remedy = remedy;
  }
}

/** GETs JSON below `/api/clew/v1`. Throws `ApiError`. */
export async function getClew<Answer>(path: string, parameters: Parameters, signal?: AbortSignal): Promise<Answer> {
  const response = await fetch(`/api/clew/v1/${path}${queryOf(parameters)}`, signal === undefined ? {} : { signal });
  const body = (await response.json().catch(() => ({}))) as {
    error?: { code: string; message: string; remedy?: string };
  };
  if (!response.ok) {
    const { code = "HTTP", message = `the server answered ${response.status}`, remedy } = body.error ?? {};
    throw new ApiError(response.status, code, message, remedy);
  }
  return body as Answer;
}

/** POSTs a form to Prometheus's API and returns the answer's `data`. Throws `ApiError` with Prometheus's text. */
export async function postPrometheus<Data>(path: string, parameters: Parameters, signal?: AbortSignal): Promise<Data> {
  const response = await fetch(`/api/v1/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    body: queryOf(parameters).slice(1),
    ...(signal === undefined ? {} : { signal }),
  });
  const body = (await response.json().catch(() => ({}))) as { data?: Data; error?: string; errorType?: string };
  if (!response.ok || body.data === undefined) {
    throw new ApiError(
      response.status,
      body.errorType ?? "HTTP",
      body.error ?? `the server answered ${response.status}`,
    );
  }
  return body.data;
}

export function queryOf(parameters: Parameters): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined || value === "" || value === false) continue;
    if (Array.isArray(value)) for (const item of value as readonly string[]) search.append(name, item);
    else search.append(name, String(value));
  }
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}
