/** A URL for an engine whose port changes when it is started again: a plain TCP relay on a port that stays. */
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { LocalPortAgent, type EngineEndpoint } from "./engine-endpoint.ts";

export async function localUrlOf({
  endpoint,
}: {
  readonly endpoint: EngineEndpoint;
}): Promise<{ readonly url: string; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const port = endpoint.agent instanceof LocalPortAgent ? endpoint.agent.port : undefined;
    const upstream = connect({ host: "127.0.0.1", port: port ?? 1 });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from
        .on("error", () => to.destroy())
        .on("close", () => to.destroy())
        .pipe(to);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
