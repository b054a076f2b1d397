import { deflateSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { compress, type OutgoingCompression } from "./compress.ts";
import { decompress, type Compression } from "./decompress.ts";

const LIMIT = 100_000;
const TEXT = Buffer.from(Array.from({ length: 60 }, (_unused, i) => `GET /api/v1/resource/${i % 7}?x=${i}\n`).join(""));
const NOISE = Buffer.from(Uint32Array.from({ length: 20_000 }, (_unused, i) => Math.imul(i, 2_654_435_761)).buffer);

/** Written by the lz4 program, with checksums of blocks and content, and the content's size. */
const LZ4 = Buffer.from(
  "BCJNGHxAhgYAAAAAAAAg8AEAAP8MR0VUIC9hcGkvdjEvcmVzb3VyY2UvMD94PTAKGwACXzE/eD0xGwADXzI/eD0yGwADXzM/eD0zGwADXzQ/eD00GwADXzU/eD01GwADXzY/eD02GwADAL0AHzcbAAMAvQAfOBsAAwC9AB85GwADAL0AHzEPAQQAvgAfMRABBAC/AB8xEQEEAMAAHzESAQQAwQAfMRMBBADCAB8xFAEEAMMAHzEVAQQBxAAPFgEEAcQADxcBBAHEAA8YAQQAxAAfMhgBBADEAB8yGAEEAMQAHzIYAQQAxAAfMhgBBADEAB8yGAEEAMQAHzIYAQQAxAAfMhgBBAHEAA8YAQQBxAAPGAEEAcQADxgBBADEAB8zGAEEAMQAHzMYAQQAxAAfMxgBBADEAB8zGAEEAMQAHzMYAQQAxAAfMxgBBADEAB8zGAEEAcQADxgBBAHEAA8YAQQBxAAPGAEEAMQAHzQYAQQAxAAfNBgBBADEAB80GAEEAMQAHzQYAQQAxAAfNBgBBADEAB80GAEEAMQAHzQYAQQBxAAPGAEEAcQADxgBBAHEAA8YAQQAxAAfNRgBBADEAB81GAEEAMQAHzUYAQQAxAAfNRgBBADEAB81GAEEAMQAHzUYAQQAxAAfNRgBBAHEAA8YAQQBxAAPGAEEcDM/eD01OQoCUX0IAAAAAGefJW4=",
  "base64",
);
/** Without the content's size, which a stream does not know. */
const ZSTD_STREAM = Buffer.from(
  "KLUv/QAI1QQAMggXFpBNBxiousPX6fW69t5bypSSxdzlAAJAY0tlJubT2bxsbClMRDwai4eNLfU8/vf7e2NLOY2+7frc2FJN7Ou21zezrlMqE/G3W+CEaLiUIM2zOEmTCiWFOVJgEEVFqBEQ+v3fwKPKA6GE/xNJMH5ZSSro5kWDdpIFfFPRIO8oG4kIRuJ+yIVikIDKLwrKXgiWXXwB2IdWBQ==",
  "base64",
);

const OUTGOING: readonly OutgoingCompression[] = ["gzip", "zlib", "deflate", "snappy", "x-snappy-framed", "zstd"];

test.each(OUTGOING)("what was compressed as %s comes back as it was", async (as) => {
  for (const bytes of [TEXT, NOISE, Buffer.alloc(0), Buffer.alloc(LIMIT)]) {
    const back = await decompress(Buffer.from(await compress(bytes, as, -1)), as, LIMIT);
    expect(back.equals(bytes)).toBe(true);
  }
});

test("framed Snappy is understood where plain Snappy is announced, as older collectors send it", async () => {
  const framed = Buffer.from(await compress(TEXT, "x-snappy-framed", -1));
  expect((await decompress(framed, "snappy", LIMIT)).equals(TEXT)).toBe(true);
});

test.each<[Compression, Buffer]>([
  ["lz4", LZ4],
  ["zstd", ZSTD_STREAM],
])("%s of another program is read", async (as, bytes) => {
  expect((await decompress(bytes, as, LIMIT)).toString()).toBe(TEXT.toString());
});

test.each(OUTGOING)("a bomb of %s is refused for its size", async (as) => {
  const bomb = Buffer.from(await compress(Buffer.alloc(10_000_000), as, -1));
  await expect(decompress(bomb, as, LIMIT)).rejects.toMatchObject({ code: "BODY_TOO_LARGE" });
});

test("a bomb of lz4 is refused before it is made", async () => {
  // One block: a literal, and a match of some 250 MB.
  const block = Buffer.concat([Buffer.from([0x1f, 0x61, 1, 0]), Buffer.alloc(1_000_000, 0xff), Buffer.from([0])]);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(block.length);
  const bomb = Buffer.concat([Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x40, 0x40, 0]), size, block, Buffer.alloc(4)]);
  await expect(decompress(bomb, "lz4", LIMIT)).rejects.toMatchObject({ code: "BODY_TOO_LARGE" });
});

test("a zstd stream that hides its size is refused once it is too large", async () => {
  await expect(decompress(ZSTD_STREAM, "zstd", 100)).rejects.toMatchObject({ code: "BODY_TOO_LARGE" });
});

test.each<[Compression, Buffer]>([
  ["gzip", gzipSync(TEXT)],
  ["zlib", deflateSync(TEXT)],
  ["lz4", LZ4],
  ["zstd", ZSTD_STREAM],
])("%s that is cut short or changed is refused, and nothing is made up", async (as, bytes) => {
  await expect(decompress(bytes.subarray(0, -5), as, LIMIT)).rejects.toMatchObject({ code: "BODY_CORRUPT" });
  await expect(decompress(Buffer.from("no such thing"), as, LIMIT)).rejects.toMatchObject({ code: "BODY_CORRUPT" });
});

test.each<[string, string]>([
  ["a literal longer than the block", "05 fc 00 dc fc ff"],
  ["a copy from before the beginning", "05 01 01"],
  ["a copy of nothing", "05 00 61 01 00"],
  ["more than it says", "01 04 61 62"],
  ["less than it says", "05 00 61"],
  ["a length without end", "ff ff ff ff ff ff"],
])("Snappy with %s is refused", async (_name, hex) => {
  const block = Buffer.from(hex.replaceAll(" ", ""), "hex");
  await expect(decompress(block, "snappy", LIMIT)).rejects.toMatchObject({ code: "BODY_CORRUPT" });
});

test("zstd in several frames is read as a whole, its skippable frames are not", async () => {
  const frame = Buffer.from(await compress(TEXT, "zstd", -1));
  const skippable = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
  const back = await decompress(Buffer.concat([frame, skippable, ZSTD_STREAM]), "zstd", LIMIT);
  expect(back.toString()).toBe(TEXT.toString().repeat(2));
  const parts = Math.ceil(LIMIT / TEXT.length) + 1;
  const many = Buffer.concat(Array.from({ length: parts }, () => frame));
  await expect(decompress(many, "zstd", LIMIT)).rejects.toMatchObject({ code: "BODY_TOO_LARGE" });
  for (const cut of Array.from({ length: frame.length - 1 }, (_unused, i) => i + 1))
    await expect(decompress(frame.subarray(0, -cut), "zstd", LIMIT)).rejects.toMatchObject({ code: "BODY_CORRUPT" });
  const behind = Buffer.concat([frame, Buffer.from("junk")]);
  await expect(decompress(behind, "zstd", LIMIT)).rejects.toMatchObject({ code: "BODY_CORRUPT" });
});

test("framed Snappy whose bytes changed on the way is refused", async () => {
  const framed = Buffer.from(await compress(NOISE, "x-snappy-framed", -1));
  framed[20]! ^= 1;
  await expect(decompress(framed, "snappy", LIMIT)).rejects.toMatchObject({ code: "BODY_CORRUPT" });
});
