/**
 * As much of a MongoDB server as its driver needs, since there is none for Debian: the wire protocol
 * with OP_MSG (and OP_QUERY for the greeting), collections in memory, filters that are matched by
 * equality, an error for every command that it does not know.
 */
import net from "node:net";
import { BSON } from "mongodb";

type Document = Record<string, unknown>;

export interface MongoServer {
  readonly port: number;
  stop(): Promise<void>;
}

const HEADER_BYTES = 16;
const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const GREETING = {
  ok: 1,
  helloOk: true,
  isWritablePrimary: true,
  ismaster: true,
  maxBsonObjectSize: 16_777_216,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  logicalSessionTimeoutMinutes: 30,
  minWireVersion: 0,
  maxWireVersion: 21,
};

export async function startMongo(): Promise<MongoServer> {
  const collections = new Map<string, Document[]>();
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    let pending = Buffer.alloc(0);
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= HEADER_BYTES && pending.length >= pending.readInt32LE(0)) {
        const length = pending.readInt32LE(0);
        socket.write(replyTo(pending.subarray(0, length), (command) => answer(collections, command)));
        pending = pending.subarray(length);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** length, request, answered request, code; then OP_MSG's flags and sections, or OP_QUERY's flags, name, skip, limit, document. */
function replyTo(message: Buffer, answerTo: (command: Document) => Document): Buffer {
  const isQuery = message.readInt32LE(12) === OP_QUERY;
  const command = isQuery
    ? BSON.deserialize(message.subarray(message.indexOf(0, HEADER_BYTES + 4) + 9))
    : sectionsOf(message);
  const document = BSON.serialize(answerTo(command));
  // OP_REPLY: flags, cursor (8 bytes), first, count. OP_MSG: flags, kind 0.
  const prefix = Buffer.alloc(isQuery ? 20 : 5);
  if (isQuery) prefix.writeInt32LE(1, HEADER_BYTES);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeInt32LE(HEADER_BYTES + prefix.length + document.length, 0);
  header.writeInt32LE(message.readInt32LE(4), 8);
  header.writeInt32LE(isQuery ? OP_REPLY : OP_MSG, 12);
  return Buffer.concat([header, prefix, document]);
}

/** Kind 0: the command; kind 1: a list that belongs into it (length, name, documents). */
function sectionsOf(message: Buffer): Document {
  const command: Document = {};
  let at = HEADER_BYTES + 4;
  while (at < message.length) {
    const kind = message[at++];
    const end = at + message.readInt32LE(at);
    if (kind === 0) {
      Object.assign(command, BSON.deserialize(message.subarray(at, end)));
    } else {
      const nameEnd = message.indexOf(0, at + 4);
      command[message.toString("utf8", at + 4, nameEnd)] = documentsIn(message.subarray(nameEnd + 1, end));
    }
    at = end;
  }
  return command;
}

function documentsIn(bytes: Buffer): Document[] {
  const documents: Document[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readInt32LE(at)) {
    documents.push(BSON.deserialize(bytes.subarray(at, at + bytes.readInt32LE(at))));
  }
  return documents;
}

function answer(collections: Map<string, Document[]>, command: Document): Document {
  const [name = ""] = Object.keys(command);
  const collection = String(command[name]);
  const stored = collections.get(collection) ?? [];
  if (name === "hello" || name === "ismaster" || name === "isMaster") return { ...GREETING, localTime: new Date() };
  if (name === "endSessions" || name === "ping") return { ok: 1 };
  if (name === "insert") {
    const documents = command["documents"] as Document[];
    const isTaken = documents.some(({ _id }) => stored.some((one) => String(one["_id"]) === String(_id)));
    if (isTaken) return { ok: 1, n: 0, writeErrors: [{ index: 0, code: 11_000, errmsg: "E11000 duplicate key" }] };
    collections.set(collection, [...stored, ...documents]);
    return { ok: 1, n: documents.length };
  }
  if (name === "getMore") {
    const { collection: of, batchSize = 0 } = command as { readonly collection?: string; readonly batchSize?: number };
    return cursor("nextBatch", String(of), (collections.get(String(of)) ?? []).slice(batchSize));
  }
  const found = stored.filter((one) => matches(one, (command["filter"] ?? {}) as Document));
  if (name === "find") {
    const { batchSize = found.length } = command as { readonly batchSize?: number };
    return cursor("firstBatch", collection, found.slice(0, batchSize), batchSize < found.length);
  }
  return { ok: 0, code: 59, codeName: "CommandNotFound", errmsg: `no such command: '${name}'` };
}

/** A cursor of which the rest comes with the first `getMore`. */
function cursor(batch: string, collection: string, documents: readonly Document[], hasMore = false): Document {
  return { ok: 1, cursor: { id: hasMore ? 1n : 0n, ns: `shop.${collection}`, [batch]: documents } };
}

function matches(document: Document, filter: Document): boolean {
  return Object.entries(filter).every(([key, value]) => String(document[key]) === String(value));
}
