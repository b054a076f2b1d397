/** Compressed bodies: whatever comes is decompressed within its limit, or refused by name. */
import { compress } from "../packages/collector/dist/compression/compress.js";
import { decompress } from "../packages/collector/dist/compression/decompress.js";

export const name = "compression";

const LIMIT_BYTES = 100_000;
const ALL = ["gzip", "zlib", "zstd", "snappy", "x-snappy-framed", "lz4"];
const text = Buffer.from("GET /api/v1/resource\n".repeat(40));
const lz4 = Buffer.from("04224d186040820900000040616261626162616200000000", "hex");

export const seeds = [
  ...(await Promise.all(ALL.filter((as) => as !== "lz4").map((as) => compress(text, as, -1)))).map((bytes) =>
    Buffer.from(bytes),
  ),
  lz4,
];

export async function run(bytes) {
  for (const as of ALL) {
    try {
      const { length } = await decompress(Buffer.from(bytes), as, LIMIT_BYTES);
      if (length > LIMIT_BYTES) throw new Error(`${as}: ${length} bytes came out`);
    } catch (error) {
      if (error.code !== "BODY_CORRUPT" && error.code !== "BODY_TOO_LARGE") throw error;
    }
  }
}
