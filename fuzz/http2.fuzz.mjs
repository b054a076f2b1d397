/** What a client may send to the gRPC server: nothing of it throws, and once it is gone nothing of it is held. */
import { PROTOCOLS } from "../packages/otlp/dist/index.js";
import { grpcHandler } from "../packages/collector/dist/grpc/server.js";
import { Http2Connection } from "../packages/collector/dist/http2/connection.js";
import { frame, headerBlock, numberFrame, PREFACE, settingsFrame } from "../packages/otlp/dist/http2/frame.js";
import { Receiving } from "../packages/collector/dist/net/receiving.js";
import { FakeSocket } from "./fake-socket.mjs";

export const name = "http2";

const LIMIT_BYTES = 1_000_000;
const path = PROTOCOLS.traces.grpcPath;
const headers = headerBlock({
  ":method": "POST",
  ":path": path,
  "content-type": "application/grpc",
  "grpc-encoding": "gzip",
});
const message = Buffer.from([0, 0, 0, 0, 2, 0x0a, 0]);
const request = (id) => Buffer.concat([frame(1, 4, id, headers), frame(0, 1, id, message)]);

export const seeds = [
  Buffer.concat([settingsFrame([[4, 65_535]]), request(1), request(3), frame(6, 0, 0, Buffer.alloc(8))]),
  Buffer.concat([
    settingsFrame([[4, 0]]),
    request(1),
    numberFrame(8, 1, 100),
    numberFrame(8, 0, 100),
    numberFrame(3, 1, 8),
  ]),
  Buffer.concat([
    settingsFrame([]),
    frame(1, 0, 1, headers.subarray(0, 9)),
    frame(9, 4, 1, headers.subarray(9)),
    frame(0, 9, 1, Buffer.concat([Buffer.from([2]), message, Buffer.alloc(2)])),
  ]),
  // Literals that enter the dynamic table, fields by index, Huffman's code, a change of the table's size.
  Buffer.concat([
    settingsFrame([]),
    frame(1, 5, 1, Buffer.from("3fe11f828684418cf1e3c2e5f23a6ba0ab90f4ff4003666f6f03626172be", "hex")),
    frame(7, 0, 0, Buffer.alloc(8)),
  ]),
];

export async function run(bytes) {
  const faults = [];
  const socket = new FakeSocket();
  const receiving = new Receiving(LIMIT_BYTES);
  let taken = 0;
  const method = { admit: () => undefined, take: () => Promise.resolve(void taken++) };
  const handler = {
    methods: new Map([[path, method]]),
    maxMessageBytes: 100_000,
    receiving,
    statusOf: (error) => ({ code: 14, message: String(error) }),
  };
  const connection = new Http2Connection(socket, {
    maxConcurrentStreams: 8,
    keepalive: {
      maxConnectionIdleMs: Infinity,
      maxConnectionAgeMs: Infinity,
      maxConnectionAgeGraceMs: Infinity,
      timeMs: Infinity,
      timeoutMs: Infinity,
      minPingIntervalMs: 0,
      permitWithoutStream: true,
    },
    nowMs: () => 0,
    begin: grpcHandler(handler, socket),
    failed: () => {},
    report: (error) => faults.push(error),
  });
  await socket.receive(Buffer.concat([PREFACE, bytes]), PREFACE.length + ((bytes[0] ?? 0) % (bytes.length + 1)));
  connection.check();
  await socket.hangUp();
  if (faults.length > 0) throw faults[0];
  if (receiving.begin().add(LIMIT_BYTES) !== undefined) throw new Error("bytes of the connection are still held");
}
