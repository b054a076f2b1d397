/** Asks a collector that runs on this machine, where its own metrics are served. */
import { ClewError, messageOf } from "@clew/base";

/** Where a collector serves its own metrics unless it is told otherwise. */
const DEFAULT_ADDRESS = "localhost:8888";

/** Rejects with `COLLECTOR_UNREACHABLE`, or `refusal` with what it says. */
export async function askCollector(
  path: string,
  {
    address = DEFAULT_ADDRESS,
    refusal,
    signal,
  }: { address?: string | undefined; refusal: string; signal: AbortSignal },
): Promise<Response> {
  const response = await fetch(`http://${address}${path}`, { signal }).catch((cause: unknown) => {
    throw new ClewError("COLLECTOR_UNREACHABLE", `no collector answers at ${address}: ${messageOf(cause)}`, {
      remedy: "start one, or name where its own metrics are served with --address",
      cause,
    });
  });
  if (!response.ok) throw new ClewError(refusal, (await response.text()).trim() || `status ${response.status}`);
  return response;
}
