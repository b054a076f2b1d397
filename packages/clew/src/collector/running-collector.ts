/** Asks a collector that runs on this machine, where its own metrics are served. */
import { ClewError, messageOf } from "@clew/base";

/** Where a collector serves its own metrics unless it is told otherwise. */
const DEFAULT_ADDRESS = "localhost:8888";

export interface Question {
  /** `HOST:PORT`. */
  readonly address: string | undefined;
  readonly path: string;
  readonly signal: AbortSignal;
}

/** Rejects with `COLLECTOR_UNREACHABLE`. */
export async function askCollector({ address = DEFAULT_ADDRESS, path, signal }: Question): Promise<Response> {
  try {
    return await fetch(`http://${address}${path}`, { signal });
  } catch (cause) {
    throw new ClewError("COLLECTOR_UNREACHABLE", `no collector answers at ${address}: ${reasonOf(cause)}`, {
      remedy: "start one, or name where its own metrics are served with --address",
      cause,
    });
  }
}

/** `fetch` says only that it failed; why stands below. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: { code?: string } };
  return cause?.code ?? messageOf(cause ?? error);
}
