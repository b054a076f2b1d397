/**
 * Alertmanager's API of silences, version 2, where the program tells receivers of alerts itself.
 *
 * https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
 */
import { messageOf } from "@clew/base";
import { type LabelMatcher, labelsTest, Labels } from "@clew/query";
import { parseMatchers, type Silence, SilenceError, type Silences, type WantedSilence } from "@clew/rules";
import { type Context, Hono } from "hono";
import type { RulesSource } from "../prometheus/rules-endpoints.ts";

/** A silence may be described in so many bytes. */
const MAX_BODY_BYTES = 65_536;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** What Alertmanager's checks of requests call a value that is missing or wrong. */
const REQUIRED = 602;
const WRONG_TYPE = 601;
const NO_ALERTMANAGER = "this program tells nobody of alerts itself: start it with --alertmanager-config";

/** An answer that is no success. */
class Refusal extends Error {
  readonly status: number;
  readonly body: unknown;

  constructor(status: number, body: unknown) {
    super(messageOf(body));
    this.status = status;
    this.body = body;
  }
}

export function silencesApi(source: RulesSource | undefined): Hono {
  const app = new Hono();
  const serve = (
    method: "GET" | "POST" | "DELETE",
    path: string,
    endpoint: (silences: Silences, context: Context) => Promise<Response> | Response,
  ): void => void app.on(method, path, (context) => answered(source?.silences, context, endpoint));
  serve("GET", "/api/v2/silences", (silences, context) => list(silences, context.req.queries("filter") ?? []));
  serve("POST", "/api/v2/silences", async (silences, context) => {
    const silenceID = await silences.set(wantedSilence(await bodyOf(context)));
    return Response.json({ silenceID });
  });
  serve("GET", "/api/v2/silence/:id", (silences, context) => {
    const silence = silences.get(idOf(context));
    return silence === undefined ? new Response(null, { status: 404 }) : Response.json(silenceJson(silence, silences));
  });
  serve("DELETE", "/api/v2/silence/:id", async (silences, context) => {
    refuseOtherSites(context);
    await silences.expire(idOf(context));
    return new Response(null);
  });
  return app;
}

async function answered(
  silences: Silences | undefined,
  context: Context,
  endpoint: (silences: Silences, context: Context) => Promise<Response> | Response,
): Promise<Response> {
  if (silences === undefined) return Response.json(NO_ALERTMANAGER, { status: 404 });
  try {
    return await endpoint(silences, context);
  } catch (error) {
    if (error instanceof Refusal) return Response.json(error.body, { status: error.status });
    const isDelete = context.req.method === "DELETE";
    if (!(error instanceof SilenceError)) return Response.json(messageOf(error), { status: 500 });
    if (error.isNotFound)
      return isDelete ? new Response(null, { status: 404 }) : Response.json(error.message, { status: 404 });
    return Response.json(error.message, { status: isDelete ? 500 : 400 });
  }
}

/** Those that have a matcher for each label of the filter whose value the filter takes. */
function list(silences: Silences, filters: readonly string[]): Response {
  let matchers: readonly LabelMatcher[] = [];
  try {
    matchers = filters.flatMap(parseMatchers);
  } catch (error) {
    throw new Refusal(400, messageOf(error));
  }
  const fits = ({ matchers: own }: Silence): boolean =>
    matchers.every((filter) => own.some(({ name, value }) => name === filter.name && takes(filter, value)));
  return Response.json(silences.all.filter(fits).map((silence) => silenceJson(silence, silences)));
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
