/** Which way a file is to be read, by how it begins. */
import { Elements } from "./elements.ts";
import { Frames, LENGTH_BYTES } from "./frames.ts";
import { MAX_ITEM_BYTES, type Splitter } from "./item.ts";
import { Lines } from "./lines.ts";
import { Whole } from "./whole.ts";

export const FORMATS = ["auto", "otlp-json", "otlp-proto", "jaeger", "zipkin"] as const;
export type Format = (typeof FORMATS)[number];

/** So much of a file is looked at. */
export const HEAD_BYTES: number = 64 * 1024;
const OTLP_LINE = /^\s*\{\s*"resource(?:Spans|Logs|Metrics)"/m;
/** The first byte of a request in protobuf: its field 1, length-delimited. */
const REQUEST_TAG = 0x0a;
const BRACE = 0x7b;
const ZSTD_MAGIC = 0xfd2fb528;

/** Undefined where nothing that is known begins so. `format` says what it must be, or `auto`. */
export function splitterFor(head: Buffer, format: Format): Splitter | undefined {
  if (format === "otlp-proto") return isWholeMessage(head) ? new Whole("byte 0") : new Frames();
  if (format === "auto" && isMessage(head)) return new Whole("byte 0");
  const text = head.toString("utf8").replace(/^\uFEFF/, "");
  if (format === "otlp-json") return jsonRequests(text);
  if (format === "zipkin" || format === "jaeger") return isList(text) ? new Elements() : jsonRequests(text);
  if (isList(text)) return new Elements();
  if (OTLP_LINE.test(text)) return jsonRequests(text);
  if (/^\s*\{/.test(text)) return jsonRequests(text);
  if (isWholeMessage(head)) return new Whole("byte 0");
  return isFrame(head) ? new Frames() : undefined;
}

/** A list, or an object that has one as `data` and is not of OTLP. */
function isList(text: string): boolean {
  if (/^\s*\[/.test(text)) return true;
  return /^\s*\{/.test(text) && /"data"\s*:\s*\[/.test(text) && !OTLP_LINE.test(text);
}

/** A request on each line, unless one is spread over several. */
function jsonRequests(text: string): Splitter {
  const [first = "", ...others] = text.trimStart().split("\n");
  const isSpread = others.length > 0 && !first.trimEnd().endsWith("}") && !others.some((line) => OTLP_LINE.test(line));
  return isSpread ? new Whole("line 1") : new Lines();
}

/** Whether this is a message that may look like text at first: its length can be a brace. No JSON has such bytes. */
export function isMessage(head: Buffer): boolean {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return head[0] === REQUEST_TAG && /[\0-\b\v\f\x0e-\x1f]/.test(head.toString("latin1", 0, HEAD_BYTES));
}

function isWholeMessage(head: Buffer): boolean {
  return head[0] === REQUEST_TAG || (head.length >= LENGTH_BYTES && head.readUInt32LE() === ZSTD_MAGIC);
}

function isFrame(head: Buffer): boolean {
  if (head.length <= LENGTH_BYTES || head.readUInt32BE() > MAX_ITEM_BYTES) return false;
  const inside = head.subarray(LENGTH_BYTES);
  return inside[0] === BRACE || isWholeMessage(inside);
}
