/**
 * Most of what a large library has in memory after its start is code and constants that only
 * the start needed: of the engine's 270 MB, 180 MB. The kernel would take these pages back when
 * memory is short; this gives them back at once. What is used again comes from the page cache.
 */
import { readFileSync } from "node:fs";
import { DataType, load, open } from "ffi-rs";

/** From Linux's `mman.h`. */
const MADV_DONTNEED = 4;
const MAPPING = /^([0-9a-f]+)-([0-9a-f]+) (r-[-x]p) \S+ \S+ \S+\s+(.+)$/;

/** Gives back the pages of `library` that are as they stand in the file. On other systems than Linux, nothing. */
export function giveBackPages(library: string): void {
  if (process.platform !== "linux") return;
  open({ library: "libc", path: "libc.so.6" });
  for (const { start, byteLength } of unchangedMappings(readFileSync("/proc/self/smaps", "utf8"), library)) {
    load({
      library: "libc",
      funcName: "madvise",
      retType: DataType.I32,
      paramsType: [DataType.U64, DataType.U64, DataType.I32],
      paramsValue: [start, byteLength, MADV_DONTNEED],
    });
  }
}

/**
 * The read-only mappings of a file in the text of `/proc/PID/smaps`. One that was changed, as
 * the table of addresses is when the library is loaded, must stay: the file has not what it says.
 */
export function unchangedMappings(
  smaps: string,
  file: string,
): { readonly start: number; readonly byteLength: number }[] {
  const found: { start: number; byteLength: number }[] = [];
  for (const block of smaps.split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/)) {
    const [, from = "", to = "", , path] = MAPPING.exec(block.slice(0, block.indexOf("\n"))) ?? [];
    if (path !== file || !/^Anonymous:\s+0 kB$/m.test(block)) continue;
    const start = Number.parseInt(from, 16);
    found.push({ start, byteLength: Number.parseInt(to, 16) - start });
  }
  return found;
}
