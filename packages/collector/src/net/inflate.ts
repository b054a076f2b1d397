/** Gzip, inflated up to a limit: a bomb is stopped while it inflates, not after. */
import { gunzip, gunzipSync } from "node:zlib";
import { promisify } from "node:util";
import { ClewError, messageOf } from "@clew/base";

const gunzipAsync = promisify(gunzip);

/** Below this, inflating on the spot costs less than a trip to the thread pool. */
const SYNC_BELOW_BYTES = 32 * 1024;

/** Rejects with `BODY_TOO_LARGE` above `limitBytes`, `BODY_CORRUPT` where it is not gzip. */
export async function inflate(compressed: Uint8Array, limitBytes: number): Promise<Buffer> {
  const options = { maxOutputLength: limitBytes };
  try {
    if (compressed.length < SYNC_BELOW_BYTES) return gunzipSync(compressed, options);
    return await gunzipAsync(compressed, options);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") {
      throw new ClewError("BODY_TOO_LARGE", `body is larger than ${limitBytes} bytes after decompression`, {
        remedy: "send smaller batches, or raise the receiver's limit",
        cause,
      });
    }
    throw new ClewError("BODY_CORRUPT", messageOf(cause), { remedy: "send a whole gzip body", cause });
  }
}
