/** As much of a Redis server as its clients need: strings by SET and GET, and an error for anything below FAIL. */
import net from "node:net";

export interface FakeRedis {
  readonly port: number;
  stop(): Promise<void>;
}

export async function startRedis(): Promise<FakeRedis> {
  const values = new Map<string, string>();
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    let pending = "";
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      pending += chunk.toString("latin1");
      for (let command = takeCommand(); command !== undefined; command = takeCommand()) socket.write(answer(command));
    });
    /** `*2\r\n$3\r\nGET\r\n$1\r\na\r\n`, when all of it is there. */
    function takeCommand(): string[] | undefined {
      const parts = pending.split("\r\n");
      const count = Number(parts[0]?.slice(1));
      if (pending === "" || parts.length < 2 + count * 2) return undefined;
      pending = parts.slice(1 + count * 2).join("\r\n");
      return Array.from({ length: count }, (_, index) => parts[2 + index * 2] ?? "");
    }
  });
  const answer = ([name = "", key = "", value = ""]: readonly string[]): string => {
    const command = name.toUpperCase();
    if (command === "HELLO" || key === "wrong") return "-ERR wrong kind of value\r\n";
    if (command === "SET") values.set(key, value);
    if (command === "INFO") return bulk("redis_version:7.0.0\r\nloading:0");
    if (command === "GET") return values.has(key) ? bulk(values.get(key) ?? "") : "$-1\r\n";
    if (command === "EXEC") return "*2\r\n+OK\r\n+OK\r\n";
    return "+OK\r\n";
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}
