import type { EngineClient } from "../engine/engine-client.ts";
import { anyValueOf, attributesOf, type JsonAnyValue, type JsonKeyValue } from "./attribute-values.ts";
import { Conditions, isInIndex, type AttributeFilter, type TimeWindow } from "./conditions.ts";
import { countBefore, inOrder, type LogCursor, recordsBehind, windowAfter, withRepeats } from "./log-places.ts";
import { addBodyText, isLookedUp } from "./log-text.ts";
import {
  RESOURCE_COLUMN_COUNT,
  RESOURCE_SELECT,
  resourceAndScopeOf,
  type Pairs,
  type ResourceAndScope,
  type ResourceRow,
} from "./resource-rows.ts";
import { ALL_ARE_WANTED, INDEX_FIRST, LATE_COLUMNS, PLACES_AT_ONCE } from "./query-settings.ts";
import { newestFirst, oldestFirst } from "./slices.ts";

/** Which log records are wanted; all that is given must hold. */
export interface LogFilter {
  readonly window: TimeWindow;
  /** What the body must say, in any letter case: `word`, `*part*`, `"some words just so"`. */
  readonly text?: string | undefined;
  readonly services?: readonly string[] | undefined;
  /** The least severity number. */
  readonly minSeverity?: number | undefined;
  readonly traceId?: string | undefined;
  readonly spanIds?: readonly string[] | undefined;
  readonly attributes?: readonly AttributeFilter[] | undefined;
}

/** A log record with every field of OTLP; times in nanoseconds as decimal text. */
export interface StoredLog extends ResourceAndScope {
  /** Where the record stands on the time axis: its own time, else when it was observed or arrived. */
  readonly timestampUnixNano: string;
  /** Absent where the record came without it. */
  readonly timeUnixNano?: string;
  readonly observedTimeUnixNano?: string;
  readonly service: string;
  readonly severityNumber: number;
  readonly severityText: string;
  /** As text; JSON for arrays and maps. */
  readonly bodyText: string;
  readonly body?: JsonAnyValue;
  readonly attributes: readonly JsonKeyValue[];
  readonly droppedAttributesCount: number;
  readonly flags: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly eventName: string;
  readonly cursor: LogCursor;
}

export interface LogBucket {
  readonly startUnixNano: string;
  /** Counts by severity: unspecified, trace, debug, info, warn, error, fatal. */
  readonly counts: readonly number[];
}

const HASH =
  "cityHash64(TraceId, SpanId, Body, BodyType, ServiceName, SeverityText, SeverityNumber, EventName, ObservedTimestamp, LogAttributes)";

export const LOG_SELECT: string = [
  RESOURCE_SELECT,
  "toUnixTimestamp64Nano(Timestamp)",
  "TimestampSource",
  "toUnixTimestamp64Nano(ObservedTimestamp)",
  "ServiceName",
  "SeverityNumber",
  "SeverityText",
  "Body",
  "BodyType",
  "LogAttributes",
  "LogAttributesTypes",
  "DroppedAttributesCount",
  "Flags",
  "TraceId",
  "SpanId",
  "EventName",
  HASH,
].join(", ");

/** So many times are asked for one by one, instead of all between the first and the last. */
const MOST_SINGLE_TIMES = 1_000;

/** So many records are asked for at once, with as many more as may have the time of the page's first or last. */
const MOST_AT_ONCE = 1_000;
const MOST_OF_ONE_TIME = 100;

interface LogPage {
  readonly limit: number;
  readonly after: LogCursor | undefined;
  readonly isOldestFirst: boolean;
}

type LogRow = readonly [
  string,
  number,
  string,
  string,
  number,
  string,
  string,
  string,
  Pairs,
  string,
  number,
  number,
  string,
  string,
  string,
  string,
];

/** Answers questions about logs. Every method rejects with the engine's error where the engine refuses. */
export class LogReader {
  readonly #client: EngineClient;
  readonly #isDistributed: boolean;

  /** `isDistributed`: whether the tables are those of a cluster, which read no columns late. */
  constructor(client: EngineClient, isDistributed = false) {
    this.#client = client;
    this.#isDistributed = isDistributed;
  }

  /** Matching records, newest first (or oldest first); `after` continues behind an earlier page of the same order. */
  async search(
    filter: LogFilter,
    limit: number,
    options: { after?: LogCursor | undefined; oldestFirst?: boolean } = {},
  ): Promise<StoredLog[]> {
    const { after, oldestFirst: isOldestFirst = false } = options;
    const records: StoredLog[] = [];
    const whole = windowAfter(filter.window, after, isOldestFirst);
    const isIndexed = isLookedUp(filter.text ?? "") || filter.attributes?.some(isInIndex) === true;
    const leaps = (): boolean => records.length === 0 && isIndexed;
    const parts = isOldestFirst ? oldestFirst(whole, leaps) : newestFirst(whole, leaps);
    for (const window of filter.traceId === undefined ? parts : [whole]) {
      const page = { limit: Math.floor(limit) - records.length, after, isOldestFirst };
      records.push(...(await this.#page({ ...filter, window }, page)));
      if (records.length >= limit) break;
    }
    return withRepeats(records, after);
  }

  async #page(filter: LogFilter, page: LogPage): Promise<StoredLog[]> {
    const isAtOnce = !this.#isDistributed && page.limit <= MOST_AT_ONCE;
    return (isAtOnce ? await this.#pageAtOnce(filter, page) : undefined) ?? (await this.#pageByTimes(filter, page));
  }

  /** Orders records of one time itself. Undefined where there may be more of a time than were asked for. */
  async #pageAtOnce(filter: LogFilter, { limit, after, isOldestFirst }: LogPage): Promise<StoredLog[] | undefined> {
    const asked = limit + MOST_OF_ONE_TIME;
    const { where, parameters } = logConditions(filter);
    const rows = await this.#client.rows<readonly unknown[]>(
      `SELECT ${LOG_SELECT} FROM otel_logs WHERE ${where} ORDER BY Timestamp ${isOldestFirst ? "ASC" : "DESC"} LIMIT ${asked}
       SETTINGS ${INDEX_FIRST}, ${LATE_COLUMNS}`,
      parameters,
    );
    const records = inOrder(rows.map(logOf), isOldestFirst);
    const behind = after === undefined ? records : recordsBehind(records, after, isOldestFirst);
    const page = behind.slice(0, limit);
    const [lastOfPage, lastAsked] = [page.at(-1), records.at(-1)].map((record) => record?.cursor.timeUnixNano);
    const isCut = rows.length === asked && (page.length < limit || lastOfPage === lastAsked);
    return isCut ? undefined : page;
  }

  /** Finds by the times alone which records those are before it reads whole ones, and only where those times are. */
  async #pageByTimes(filter: LogFilter, page: LogPage): Promise<StoredLog[]> {
    const { limit, after, isOldestFirst } = page;
    const offset = after !== undefined && holds(filter.window, after.timeUnixNano) ? countBefore(after) : 0;
    const order = isOldestFirst ? "ASC" : "DESC";
    const conditions = pageConditions(filter, page);
    const rows = await this.#client.rows<readonly [string]>(
      `SELECT toUnixTimestamp64Nano(Timestamp) FROM otel_logs WHERE ${conditions.where} ORDER BY Timestamp ${order} LIMIT ${limit + offset}
       SETTINGS ${INDEX_FIRST}`,
      conditions.parameters,
    );
    if (rows.length === 0) return [];
    const times = rows.map(([time]) => BigInt(time));
    const found = pageConditions({ ...filter, window: windowOfTimes(times) }, page);
    // One by one where there are few, since those may be far apart.
    if (times.length <= MOST_SINGLE_TIMES)
      found.add(`Timestamp IN (${times.map((time) => `fromUnixTimestamp64Nano(toInt64(${time}))`).join(", ")})`);
    const whole = await this.#client.rows<readonly unknown[]>(
      `SELECT ${LOG_SELECT} FROM otel_logs WHERE ${found.where}
       ORDER BY Timestamp ${order}, ${HASH} ${order} LIMIT ${limit} OFFSET ${offset}
       SETTINGS ${ALL_ARE_WANTED}, ${INDEX_FIRST}, ${PLACES_AT_ONCE}`,
      found.parameters,
    );
    return whole.map(logOf);
  }

  /** How many records of each severity match, in `bucketCount` equal parts of the window; empty parts are left out. */
  async histogram(filter: LogFilter, bucketCount: number): Promise<LogBucket[]> {
    const { startUnixNano, endUnixNano } = filter.window;
    const widthNanos = (endUnixNano - startUnixNano) / BigInt(Math.max(1, Math.floor(bucketCount))) || 1n;
    const conditions = logConditions(filter);
    const levels = [
      "SeverityNumber = 0",
      ...[1, 5, 9, 13, 17, 21].map((first) => `SeverityNumber BETWEEN ${first} AND ${first + 3}`),
    ];
    const rows = await this.#client.rows<readonly [string, ...string[]]>(
      `SELECT intDiv(toUnixTimestamp64Nano(Timestamp) - toInt64(${startUnixNano}), toInt64(${widthNanos})) AS bucket,
         ${levels.map((level) => `countIf(${level})`).join(", ")}
       FROM otel_logs WHERE ${conditions.where} GROUP BY bucket ORDER BY bucket`,
      conditions.parameters,
    );
    return rows.map(([bucket, ...counts]) => ({
      startUnixNano: (startUnixNano + BigInt(bucket) * widthNanos).toString(),
      counts: counts.map(Number),
    }));
  }

  /** The services that logged, with how many records of each match, most first. */
  async services(filter: LogFilter): Promise<{ name: string; count: number }[]> {
    const conditions = logConditions(filter);
    const rows = await this.#client.rows<readonly [string, string]>(
      `SELECT ServiceName, count() AS records FROM otel_logs WHERE ${conditions.where}
       GROUP BY ServiceName ORDER BY records DESC, ServiceName LIMIT 1000`,
      conditions.parameters,
    );
    return rows.map(([name, count]) => ({ name, count: Number(count) }));
  }
}

function holds({ startUnixNano, endUnixNano }: TimeWindow, timeUnixNano: bigint): boolean {
  return startUnixNano <= timeUnixNano && timeUnixNano < endUnixNano;
}

function windowOfTimes(times: readonly bigint[]): TimeWindow {
  const [one, other] = [times[0]!, times.at(-1)!];
  return one < other
    ? { startUnixNano: one, endUnixNano: other + 1n }
    : { startUnixNano: other, endUnixNano: one + 1n };
}

function logConditions(filter: LogFilter): Conditions {
  const conditions = new Conditions().withinHours(filter.window);
  addBodyText(conditions, filter.text ?? "");
  if (filter.services !== undefined && filter.services.length > 0)
    conditions.add("ServiceName IN ({:Array(String)})", filter.services);
  if (filter.minSeverity !== undefined) conditions.add("SeverityNumber >= {:UInt8}", filter.minSeverity);
  if (filter.traceId !== undefined) conditions.add("TraceId = {:String}", filter.traceId);
  if (filter.spanIds !== undefined) conditions.add("SpanId IN ({:Array(String)})", filter.spanIds);
  for (const attribute of filter.attributes ?? [])
    conditions.attribute(attribute, ["LogAttributes", "ResourceAttributes"], true);
  return conditions;
}

function pageConditions(filter: LogFilter, { after, isOldestFirst }: LogPage): Conditions {
  const conditions = logConditions(filter);
  if (after === undefined) return conditions;
  const place = `(toInt64(${after.timeUnixNano}), toUInt64(${after.hash}))`;
  return conditions.add(`(toUnixTimestamp64Nano(Timestamp), ${HASH}) ${isOldestFirst ? ">=" : "<="} ${place}`);
}

const TIME = 0;

export function logOf(row: readonly unknown[]): StoredLog {
  const shared = resourceAndScopeOf(row.slice(0, RESOURCE_COLUMN_COUNT) as unknown as ResourceRow);
  const [
    timestamp,
    source,
    observed,
    service,
    severityNumber,
    severityText,
    body,
    bodyType,
    attributes,
    types,
    dropped,
    flags,
    traceId,
    spanId,
    eventName,
    hash,
  ] = row.slice(RESOURCE_COLUMN_COUNT) as unknown as LogRow;
  const timestampUnixNano = BigInt.asUintN(64, BigInt(timestamp)).toString();
  return {
    ...shared,
    timestampUnixNano,
    ...(source === TIME ? { timeUnixNano: timestampUnixNano } : {}),
    ...(observed === "0" ? {} : { observedTimeUnixNano: BigInt.asUintN(64, BigInt(observed)).toString() }),
    service,
    severityNumber,
    severityText,
    bodyText: body,
    ...(bodyType === "" ? {} : { body: anyValueOf(body, bodyType) }),
    attributes: attributesOf(attributes, types),
    droppedAttributesCount: dropped,
    flags,
    traceId,
    spanId,
    eventName,
    cursor: { timeUnixNano: BigInt(timestamp), hash: BigInt(hash), repeat: 0 },
  };
}
