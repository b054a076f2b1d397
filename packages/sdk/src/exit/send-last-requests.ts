import { OtlpClient } from "../otlp/otlp-client.ts";
import type { PortableRequest } from "./last-request.ts";

/** Sends each once, without a retry. Resolves to how many were not accepted. */
export async function sendLastRequests(requests: readonly PortableRequest[], timeoutMillis: number): Promise<number> {
  const results = await Promise.all(requests.map((request) => sendOnce(request, timeoutMillis)));
  return results.filter((wasAccepted) => !wasAccepted).length;
}

async function sendOnce({ signal, body, config }: PortableRequest, timeoutMillis: number): Promise<boolean> {
  const client = new OtlpClient(signal, { ...config, timeoutMillis, env: {} });
  const sent = client.send(body, 0);
  await client.shutdown(); // It lets the request finish, and waits for no retry.
  return (await sent).error === undefined;
}
