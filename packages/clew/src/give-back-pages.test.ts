import { expect, test } from "vitest";
import { unchangedMappings } from "./give-back-pages.ts";

const mapping = (head: string, anonymousKb: number): string => `${head}
Size:                  8 kB
Rss:                   8 kB
Anonymous:             ${anonymousKb} kB
VmFlags: rd mr mw me
`;

test("read-only pages of the library that nobody wrote are given back; its table of addresses, which was written, never", () => {
  const smaps = [
    mapping("7f0000000000-7f0000002000 r--p 00000000 fe:00 5310802                    /lib/of it/libchdb.so", 0),
    mapping("7f0000002000-7f0000005000 r-xp 00002000 fe:00 5310802                    /lib/of it/libchdb.so", 0),
    mapping("7f0000005000-7f0000006000 r--p 00005000 fe:00 5310802                    /lib/of it/libchdb.so", 4),
    mapping("7f0000006000-7f0000007000 rw-p 00006000 fe:00 5310802                    /lib/of it/libchdb.so", 0),
    mapping("7f0000007000-7f0000008000 r-xp 00000000 fe:00 5310803                    /lib/of it/other.so", 0),
    mapping("7f0000008000-7f0000009000 rw-p 00000000 00:00 0 ", 0),
  ].join("");
  expect(unchangedMappings(smaps, "/lib/of it/libchdb.so")).toEqual([
    { start: 0x7f0000000000, byteLength: 0x2000 },
    { start: 0x7f0000002000, byteLength: 0x3000 },
  ]);
});
