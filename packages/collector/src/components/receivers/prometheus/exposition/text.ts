/**
 * Reads Prometheus's text formats. Lenient where Prometheus's scraper is: what it takes is taken.
 * A line that is a sample costs one pass over its labels and no object; its labels are read
 * only where the sink has not seen the series before.
 */
import { parseFloatText } from "./float.ts";
import { malformed, parseLabels, unescaped } from "./series.ts";
import type { Exemplar, MetricType, ScrapeSink } from "./sink.ts";

const TAB = 9;
const SPACE = 32;
const QUOTE = 34;
const HASH = 35;
const BACKSLASH = 92;
const LEFT_BRACE = 123;
const RIGHT_BRACE = 125;

const TEXT_TYPES: Readonly<Record<string, MetricType>> = {
  counter: "counter",
  gauge: "gauge",
  histogram: "histogram",
  summary: "summary",
  untyped: "unknown",
};
const OPEN_METRICS_TYPES: Readonly<Record<string, MetricType>> = {
  counter: "counter",
  gauge: "gauge",
  histogram: "histogram",
  gaugehistogram: "gaugehistogram",
  summary: "summary",
  info: "info",
  stateset: "stateset",
  unknown: "unknown",
};

/** Throws `SCRAPE_MALFORMED` with the line; what came before it was given to `sink`. */
export function parseText(page: string, sink: ScrapeSink): void {
  new TextParser(page, sink).run();
}

/** The same for OpenMetrics 1.0. */
export function parseOpenMetrics(page: string, sink: ScrapeSink): void {
  new OpenMetricsParser(page, sink).run();
}

abstract class LineParser {
  protected readonly page: string;
  protected readonly sink: ScrapeSink;
  protected line = 0;
  /** Where the line ends: at its newline. */
  protected end = 0;

  constructor(page: string, sink: ScrapeSink) {
    this.page = page;
    this.sink = sink;
  }

  run(): void {
    const { page } = this;
    let start = 0;
    while (start < page.length) {
      const newline = page.indexOf("\n", start);
      this.end = newline < 0 ? page.length : newline;
      this.line++;
      this.readLine(start);
      start = this.end + 1;
    }
    this.readEnd();
  }

  protected abstract readLine(start: number): void;
  protected abstract readEnd(): void;

  /** Where the series that starts at `start` ends. Label values may hold newlines only as escapes. */
  protected seriesEnd(start: number): number {
    const { page, end } = this;
    for (let i = start; i < end; i++) {
      const code = page.charCodeAt(i);
      if (code === LEFT_BRACE) return this.#bracesEnd(i);
      if ((code === SPACE || code === TAB) && page.charCodeAt(this.skipSpace(i)) !== LEFT_BRACE) return i;
    }
    return end;
  }

  #bracesEnd(start: number): number {
    const { page, end } = this;
    let isQuoted = false;
    for (let i = start; i < end; i++) {
      const code = page.charCodeAt(i);
      if (code === QUOTE) isQuoted = !isQuoted;
      else if (code === BACKSLASH) i++;
      else if (code === RIGHT_BRACE && !isQuoted) return i + 1;
    }
    throw this.fault("a label set is not closed");
  }

  protected bracesEnd(start: number): number {
    return this.#bracesEnd(start);
  }

  protected skipSpace(start: number): number {
    let i = start;
    while (i < this.end && (this.page.charCodeAt(i) === SPACE || this.page.charCodeAt(i) === TAB)) i++;
    return i;
  }

  /** Where the word that starts at `start` ends. */
  protected wordEnd(start: number): number {
    let i = start;
    while (i < this.end && this.page.charCodeAt(i) !== SPACE && this.page.charCodeAt(i) !== TAB) i++;
    return i;
  }

  protected value(start: number, end: number): number {
    const text = this.page.slice(start, end);
    const value = parseFloatText(text);
    if (value === undefined) throw this.fault(`expected value after metric, got ${JSON.stringify(text)}`);
    return value;
  }

  protected fault(what: string): Error {
    return malformed(`line ${this.line}: ${what}`);
  }
}

class TextParser extends LineParser {
  protected readLine(lineStart: number): void {
    const start = this.skipSpace(lineStart);
    if (start === this.end) return;
    if (this.page.charCodeAt(start) === HASH) return this.#comment(start);
    const seriesEnd = this.seriesEnd(start);
    const valueStart = this.skipSpace(seriesEnd);
    const valueEnd = this.wordEnd(valueStart);
    const value = this.value(valueStart, valueEnd);
    const timeStart = this.skipSpace(valueEnd);
    const timeEnd = this.wordEnd(timeStart);
    const timestampMs = timeStart === this.end ? undefined : this.#timestamp(this.page.slice(timeStart, timeEnd));
    if (this.skipSpace(timeEnd) !== this.end) throw this.fault("expected next entry after timestamp");
    this.sink.sample(this.page.slice(start, seriesEnd), value, timestampMs, undefined);
  }

  protected readEnd(): void {}

  #timestamp(text: string): number {
    if (!/^-?\d+$/.test(text)) throw this.fault(`expected timestamp or new record, got ${JSON.stringify(text)}`);
    return Number(text);
  }

  #comment(start: number): void {
    const text = this.page.slice(start, this.end);
    const match = /^#[ \t]+(HELP|TYPE)[ \t]+("(?:[^"\\]|\\.)*"|[^ \t]+)(?:[ \t]+(.*))?$/.exec(text);
    if (match === null) return;
    const [, kind, written = "", rest = ""] = match;
    if (!/^["a-zA-Z_:]/.test(written))
      throw this.fault(`expected metric name after ${kind}, got ${JSON.stringify(written)}`);
    const family = familyOf(written);
    if (kind === "HELP") return this.sink.help(family, unescapedHelp(rest));
    const type = TEXT_TYPES[rest.trimEnd()];
    if (type === undefined) throw this.fault(`invalid metric type ${JSON.stringify(rest)}`);
    this.sink.type(family, type);
  }
}

class OpenMetricsParser extends LineParser {
  #hasEnded = false;

  protected readLine(start: number): void {
    if (this.#hasEnded) throw this.fault("unexpected data after # EOF");
    if (start === this.end) throw this.fault("a line is empty");
    if (this.page.charCodeAt(start) === HASH) return this.#metadata(start);
    const seriesEnd = this.seriesEnd(start);
    const valueStart = this.#afterSpace(seriesEnd, "expected value after metric");
    const valueEnd = this.wordEnd(valueStart);
    const value = this.value(valueStart, valueEnd);
    let position = valueEnd;
    let timestampMs: number | undefined;
    if (position < this.end && this.page.charCodeAt(position + 1) !== HASH) {
      const timeStart = this.#afterSpace(position, "expected timestamp or # symbol");
      position = this.wordEnd(timeStart);
      timestampMs = this.#timestamp(this.page.slice(timeStart, position));
    }
    const exemplar = position === this.end ? undefined : this.#exemplar(position);
    this.sink.sample(this.page.slice(start, seriesEnd), value, timestampMs, exemplar);
  }

  protected readEnd(): void {
    if (!this.#hasEnded) throw this.fault("data does not end with # EOF");
  }

  #metadata(start: number): void {
    const text = this.page.slice(start, this.end);
    if (text === "# EOF") {
      this.#hasEnded = true;
      return;
    }
    const match = /^# (HELP|TYPE|UNIT) ("(?:[^"\\]|\\.)*"|[a-zA-Z_:][a-zA-Z0-9_:]*)(?: (.*))?$/.exec(text);
    if (match === null) throw this.fault(`expected # HELP, # TYPE, # UNIT or # EOF, got ${JSON.stringify(text)}`);
    const [, kind, written = "", rest] = match;
    const family = familyOf(written);
    if (rest === undefined) throw this.fault(`expected text in ${kind}`);
    if (kind === "HELP") return this.sink.help(family, unescaped(rest));
    if (kind === "UNIT") return this.#unit(family, rest);
    const type = OPEN_METRICS_TYPES[rest];
    if (type === undefined) throw this.fault(`invalid metric type ${JSON.stringify(rest)}`);
    this.sink.type(family, type);
  }

  #unit(family: string, unit: string): void {
    if (unit !== "" && !family.endsWith(`_${unit}`)) {
      throw this.fault(`unit ${JSON.stringify(unit)} not a suffix of metric ${JSON.stringify(family)}`);
    }
    this.sink.unit(family, unit);
  }

  /** `position` is at the space before the `#`. */
  #exemplar(position: number): Exemplar {
    const { page } = this;
    if (!page.startsWith(" # {", position)) throw this.fault("expected # symbol and the labels of an exemplar");
    const labelsStart = position + 3;
    const labelsEnd = this.bracesEnd(labelsStart);
    const valueStart = this.#afterSpace(labelsEnd, "expected the value of an exemplar");
    const valueEnd = this.wordEnd(valueStart);
    const value = this.value(valueStart, valueEnd);
    const labels = parseLabels(page.slice(labelsStart, labelsEnd));
    if (valueEnd === this.end) return { labels, value, timestampMs: undefined };
    const timestampMs = this.#timestamp(
      page.slice(this.#afterSpace(valueEnd, "expected the time of an exemplar"), this.end),
    );
    return { labels, value, timestampMs };
  }

  #timestamp(text: string): number {
    const seconds = parseFloatText(text);
    if (seconds === undefined) throw this.fault(`expected timestamp, got ${JSON.stringify(text)}`);
    if (!Number.isFinite(seconds)) throw this.fault(`invalid timestamp ${text}`);
    return Math.trunc(seconds * 1_000);
  }

  /** The position after the one space that stands at `position`. */
  #afterSpace(position: number, what: string): number {
    if (position >= this.end || this.page.charCodeAt(position) !== SPACE) throw this.fault(what);
    return position + 1;
  }
}

function familyOf(written: string): string {
  return written.startsWith('"') ? unescaped(written.slice(1, -1)) : written;
}

function unescapedHelp(text: string): string {
  return text.includes("\\") ? text.replaceAll(/\\[n\\]/g, (escape) => (escape === "\\n" ? "\n" : "\\")) : text;
}
