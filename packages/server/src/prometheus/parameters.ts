import { type LabelMatcher, labelTest, parsePrometheusDuration, parseSelector, QueryError } from "@clew/query";
import type { Context } from "hono";
import { badData, invalidParameter } from "./api-error.ts";

/** The times that stand for "as early" and "as late as can be". */
export const EARLIEST_MS: number = Number.MIN_SAFE_INTEGER;
export const LATEST_MS: number = Number.MAX_SAFE_INTEGER;

/** A request's form may be this long, as in Go's `ParseForm`. */
const MAX_FORM_BYTES = 10 * 1024 * 1024;

const NUMBER = /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?$/;
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)$/;
const LONGEST_SECONDS = 2 ** 63 / 1e9;

/** A request's parameters: those of a form in its body, then those of its URL. */
export class Parameters {
  readonly #values: URLSearchParams;

  constructor(values: URLSearchParams) {
    this.#values = values;
  }

  static async of(context: Context): Promise<Parameters> {
    const url = new URL(context.req.url);
    const isForm = context.req.header("content-type")?.startsWith("application/x-www-form-urlencoded") === true;
    if (context.req.method !== "POST" || !isForm) return new Parameters(url.searchParams);
    if (Number(context.req.header("content-length") ?? 0) > MAX_FORM_BYTES) throw badData("http: POST too large");
    const body = await context.req.text();
    if (body.length > MAX_FORM_BYTES) throw badData("http: POST too large");
    return new Parameters(new URLSearchParams([...new URLSearchParams(body), ...url.searchParams]));
  }

  text(name: string): string {
    return this.#values.get(name) ?? "";
  }

  all(name: string): readonly string[] {
    return this.#values.getAll(name);
  }

  /** Milliseconds since the epoch, of a time that must be there. */
  requiredTimeMs(name: string): number {
    const text = this.text(name);
    const timeMs = timeOf(text);
    if (timeMs === undefined) throw invalidParameter(name, `cannot parse ${JSON.stringify(text)} to a valid timestamp`);
    return timeMs;
  }

  timeMs(name: string, absent: number): number {
    const text = this.text(name);
    if (text === "") return absent;
    const timeMs = timeOf(text);
    if (timeMs !== undefined) return timeMs;
    const problem = `cannot parse ${JSON.stringify(text)} to a valid timestamp`;
    throw invalidParameter(name, `invalid time value for '${name}': ${problem}`);
  }

  /** A duration: seconds as a number, or as Prometheus writes it ("5m"). Nothing where it is absent. */
  durationMs(name: string): number | undefined {
    return this.text(name) === "" ? undefined : this.requiredDurationMs(name);
  }

  requiredDurationMs(name: string): number {
    const text = this.text(name);
    if (NUMBER.test(text)) {
      if (Math.abs(Number(text)) <= LONGEST_SECONDS) return Math.trunc(Number(text) * 1e6) / 1000;
      throw invalidParameter(name, `cannot parse ${JSON.stringify(text)} to a valid duration. It overflows int64`);
    }
    try {
      return parsePrometheusDuration(text);
    } catch (thrown) {
      if (!(thrown instanceof QueryError)) throw thrown;
      throw invalidParameter(name, `cannot parse ${JSON.stringify(text)} to a valid duration`);
    }
  }

  /** The most results that are wanted; `Infinity` where there is no limit. */
  limit(): number {
    const text = this.text("limit");
    if (text === "") return Infinity;
    if (!/^[-+]?\d+$/.test(text)) {
      throw invalidParameter("limit", `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
    }
    const limit = Number(text);
    if (limit < 0) throw invalidParameter("limit", "limit must be non-negative");
    return limit === 0 ? Infinity : limit;
  }

  /** A plain count such as `limit` of metadata; `Infinity` where it is absent or negative. */
  count(name: string): number {
    const text = this.text(name);
    if (text === "") return Infinity;
    if (!/^[-+]?\d+$/.test(text)) throw badData(`${name} must be a number`);
    return Number(text) < 0 ? Infinity : Number(text);
  }

  /** The selectors of `match[]`. */
  selectors(): readonly (readonly LabelMatcher[])[] {
    const selectors = this.all("match[]").map(parseSelector);
    for (const matchers of selectors) {
      if (matchers.every((matcher) => labelTest(matcher)(""))) {
        throw badData("match[] must contain at least one non-empty matcher");
      }
    }
    return selectors;
  }
}

function timeOf(text: string): number | undefined {
  if (NUMBER.test(text)) return Math.round(Number(text) * 1000);
  if (!RFC3339.test(text)) return undefined;
  const timeMs = Date.parse(text);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}
