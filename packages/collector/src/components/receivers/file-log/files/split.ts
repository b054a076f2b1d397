/** Cuts the bytes of a file into records. */
import { goRegExp } from "@clew/base";
import type { MultilineConfig } from "../config.ts";
import type { LineDecoder } from "./encoding.ts";

export interface Cut {
  readonly start: number;
  readonly end: number;
}

export interface Cuts {
  readonly records: readonly Cut[];
  /** How many bytes are done with; the rest is an unfinished record. */
  readonly consumed: number;
}

/** `isEnd` says that nothing more will come: the rest is a record too. */
export type Split = (bytes: Buffer, isEnd: boolean) => Cuts;

export function splitterFor(decoder: LineDecoder, multiline: MultilineConfig | undefined): Split {
  if (decoder.kind === "nop") return whole;
  const { line_start_pattern: start = "", line_end_pattern: end = "", omit_pattern = false } = multiline ?? {};
  if (start !== "") return atStarts(start, omit_pattern);
  return end === "" ? atNewlines(decoder.newline) : atEnds(end, omit_pattern);
}

function whole(bytes: Buffer): Cuts {
  return { records: bytes.length === 0 ? [] : [{ start: 0, end: bytes.length }], consumed: bytes.length };
}

function atNewlines(newline: Uint8Array): Split {
  const width = newline.length;
  return (bytes, isEnd) => {
    const records: Cut[] = [];
    let start = 0;
    for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at)) {
      // A newline of two bytes stands at even places only.
      if (width > 1 && at % width !== 0) {
        at++;
        continue;
      }
      records.push({ start, end: at });
      at += width;
      start = at;
    }
    return withRest(records, start, bytes.length, isEnd);
  };
}

function withRest(records: Cut[], start: number, end: number, isEnd: boolean): Cuts {
  if (!isEnd || start >= end) return { records, consumed: start };
  return { records: [...records, { start, end }], consumed: end };
}

interface Match {
  readonly start: number;
  readonly end: number;
}

/** Where a pattern matches, in bytes. `^` and `$` are at every line. */
function matcher(pattern: string): (bytes: Buffer) => Match[] {
  const { source, flags } = goRegExp(`(?m)${pattern}`);
  const all = new RegExp(source, `${flags}g`);
  // A pattern of ASCII sees the bytes of other letters one by one, which spares the way back from letters to bytes.
  const isAscii = /^[\0-\x7f]*$/.test(pattern);
  return (bytes) => {
    const text = bytes.toString(isAscii ? "latin1" : "utf8");
    const toBytes = isAscii ? (at: number) => at : (at: number) => Buffer.byteLength(text.slice(0, at));
    return [...text.matchAll(all)].map(({ index, 0: found }) => ({
      start: toBytes(index),
      end: toBytes(index + found.length),
    }));
  };
}

/** A record goes from one match to the next. What stands before the first is a record of its own. */
function atStarts(pattern: string, isOmitted: boolean): Split {
  const matchesOf = matcher(pattern);
  return (bytes, isEnd) => {
    const records: Cut[] = [];
    let start = 0;
    let from = 0;
    for (const match of matchesOf(bytes)) {
      if (match.start > start) records.push({ start: from, end: match.start });
      start = match.start;
      from = isOmitted ? match.end : match.start;
    }
    if (!isEnd || start >= bytes.length) return { records, consumed: start };
    return { records: [...records, { start: from, end: bytes.length }], consumed: bytes.length };
  };
}

function atEnds(pattern: string, isOmitted: boolean): Split {
  const matchesOf = matcher(pattern);
  return (bytes, isEnd) => {
    const records: Cut[] = [];
    let start = 0;
    for (const match of matchesOf(bytes)) {
      // More of what it matches may come: `\n+` at the end of what is there.
      if (match.end === bytes.length && match.end > match.start && !isEnd && !/\\n$|\$$/.test(pattern)) break;
      if (match.end <= start) continue;
      records.push({ start, end: isOmitted ? match.start : match.end });
      start = match.end;
    }
    return withRest(records, start, bytes.length, isEnd);
  };
}
