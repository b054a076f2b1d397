import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { until } from "../collector.test-kit.ts";
import { lendingSocket, takeReads } from "./lent-reads.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0).reverse()) cleanUp();
});

/** A server whose connections lend, and a client of it. */
async function connected(accept: (socket: Socket) => void): Promise<{ server: Server; client: Socket }> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => accept(lendingSocket(socket)));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  await once(client, "connect");
  cleanUps.push(
    () => server.close(),
    () => client.destroy(),
  );
  return { server, client };
}

test("all reads go into the same memory, on every Node that the tests run on", async () => {
  const read: { memory: ArrayBufferLike; text: string }[] = [];
  const take = (lent: Buffer): void => void read.push({ memory: lent.buffer, text: lent.toString() });
  const clients = [
    (await connected((socket) => takeReads(socket, take))).client,
    (await connected((socket) => takeReads(socket, take))).client,
  ];
  for (const [i, client] of clients.entries()) {
    client.write(`from ${i}`);
    await until(() => read.length > i);
  }
  expect(read.map(({ text }) => text)).toEqual(["from 0", "from 1"]);
  expect(read[0]!.memory).toBe(read[1]!.memory);
});

test("it is a whole socket: it knows its peer, answers, pauses, and hears the end", async () => {
  let text = "";
  let hasEnded = false;
  let served: Socket | undefined;
  const { client } = await connected((socket) => {
    served = socket;
    takeReads(socket, (lent) => (text += lent.toString()));
    socket.on("end", () => (hasEnded = true));
  });
  client.write("one ");
  await until(() => text === "one ");
  expect(served!.remotePort).toBe(client.localPort);
  served!.write("answer");
  expect(String((await once(client, "data"))[0])).toBe("answer");

  served!.pause();
  client.write("two");
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(text).toBe("one ");
  served!.resume();
  await until(() => text === "one two");

  client.end();
  await until(() => hasEnded);
  served!.end();
  await once(served!, "close");
});

test("a peer that breaks off closes it", async () => {
  let isClosed = false;
  const { client } = await connected((socket) => {
    takeReads(socket, () => {});
    socket.on("error", () => socket.destroy());
    socket.on("close", () => (isClosed = true));
  });
  client.resetAndDestroy();
  await until(() => isClosed);
});
