/** `silences` and `silence/{id}`. */
import { messageOf } from "@clew/base";
import { type LabelMatcher, labelsTest, Labels } from "@clew/query";
import { type Silence, SilenceError, type Silences, type WantedSilence } from "@clew/rules";
import type { Context } from "hono";
import { filtersOf } from "./filters.ts";
import { Refusal } from "./refusal.ts";

/** A silence may be described in so many bytes. */
const MAX_BODY_BYTES = 65_536;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** What Alertmanager's checks of requests call a value that is missing or wrong. */
const REQUIRED = 602;
const WRONG_TYPE = 601;

export class SilenceEndpoints {
  readonly #silences: Silences;

  constructor(silences: Silences) {
    this.#silences = silences;
  }

  /** Those that have a matcher for each label of the filter whose value the filter takes. */
  list(context: Context): Response {
    const filters = filtersOf(context);
    const fits = ({ matchers }: Silence): boolean =>
      filters.every((filter) => matchers.some(({ name, value }) => name === filter.name && takes(filter, value)));
    return Response.json(this.#silences.all.filter(fits).map((silence) => silenceJson(silence, this.#silences)));
  }

  async set(context: Context): Promise<Response> {
    const wanted = wantedSilence(await bodyOf(context));
    try {
      return Response.json({ silenceID: await this.#silences.set(wanted) });
    } catch (error) {
      throw error instanceof SilenceError ? new Refusal(error.isNotFound ? 404 : 400, error.message) : error;
    }
  }

  get(context: Context): Response {
    const silence = this.#silences.get(idOf(context));
    if (silence === undefined) return new Response(null, { status: 404 });
    return Response.json(silenceJson(silence, this.#silences));
  }

  async expire(context: Context): Promise<Response> {
    refuseOtherSites(context);
    try {
      await this.#silences.expire(idOf(context));
      return new Response(null);
    } catch (error) {
      if (error instanceof SilenceError && error.isNotFound) return new Response(null, { status: 404 });
      throw error;
    }
  }
}

function takes(filter: LabelMatcher, value: string): boolean {
  return labelsTest([filter])(Labels.of({ [filter.name]: value }));
}

function silenceJson(silence: Silence, silences: Silences): object {
  return {
    id: silence.id,
    status: { state: silences.stateOf(silence) },
    updatedAt: timeText(silence.updatedAtMs),
    comment: silence.comment,
    createdBy: silence.createdBy,
    endsAt: timeText(silence.endsAtMs),
    matchers: silence.matchers.map(({ name, operator, value }) => ({
      isEqual: operator === "=" || operator === "=~",
      isRegex: operator === "=~" || operator === "!~",
      name,
      value,
    })),
    startsAt: timeText(silence.startsAtMs),
  };
}

function timeText(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

function idOf(context: Context): string {
  const id = context.req.param("id") ?? "";
  if (UUID.test(id)) return id.toLowerCase();
  const message = `silenceID in path must be of type uuid: ${JSON.stringify(id)}`;
  throw new Refusal(422, { code: WRONG_TYPE, message });
}

async function bodyOf(context: Context): Promise<Readonly<Record<string, unknown>>> {
  refuseOtherSites(context);
  const type = context.req.header("content-type") ?? "";
  if (!type.startsWith("application/json")) {
    const message = `unsupported media type ${JSON.stringify(type)}, only [application/json] are allowed`;
    throw new Refusal(415, { code: 415, message });
  }
  if (Number(context.req.header("content-length") ?? Infinity) > MAX_BODY_BYTES)
    throw new Refusal(413, `a silence may have ${MAX_BODY_BYTES} bytes`);
  try {
    const body: unknown = await context.req.json();
    if (typeof body === "object" && body !== null) return body as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw new Refusal(400, { code: 400, message: `parsing silence body from "" failed, because ${messageOf(error)}` });
  }
  throw required("silence");
}

function refuseOtherSites(context: Context): void {
  if (context.req.header("sec-fetch-site") === "cross-site")
    throw new Refusal(403, "a page of another site may not do this");
}

function wantedSilence(body: Readonly<Record<string, unknown>>): WantedSilence {
  if (!Array.isArray(body["matchers"])) throw required("matchers");
  const id = body["id"];
  return {
    id: typeof id === "string" && id !== "" ? id : undefined,
    matchers: body["matchers"].map(matcherOf),
    startsAtMs: timeOf(body, "startsAt"),
    endsAtMs: timeOf(body, "endsAt"),
    createdBy: textOf(body, "createdBy"),
    comment: textOf(body, "comment"),
  };
}

function matcherOf(matcher: unknown, i: number): LabelMatcher {
  const fields = (matcher ?? {}) as Readonly<Record<string, unknown>>;
  const { name, value, isRegex, isEqual = true } = fields;
  if (typeof name !== "string") throw required(`matchers.${i}.name`);
  if (typeof value !== "string") throw required(`matchers.${i}.value`);
  if (typeof isRegex !== "boolean") throw required(`matchers.${i}.isRegex`);
  if (isRegex) return { name, value, operator: isEqual === false ? "!~" : "=~" };
  return { name, value, operator: isEqual === false ? "!=" : "=" };
}

function textOf(body: Readonly<Record<string, unknown>>, field: string): string {
  const text = body[field];
  if (typeof text !== "string") throw required(field);
  return text;
}

function timeOf(body: Readonly<Record<string, unknown>>, field: string): number {
  const timeMs = Date.parse(textOf(body, field));
  if (Number.isNaN(timeMs))
    throw new Refusal(422, { code: WRONG_TYPE, message: `${field} in body must be of type date-time` });
  return timeMs;
}

function required(field: string): Refusal {
  return new Refusal(422, { code: REQUIRED, message: `${field} in body is required` });
}
