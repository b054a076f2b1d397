/** What a server may answer to the gRPC exporter: each call ends, with an answer or an error. */
import { ClientConnection } from "../packages/otlp/dist/http2/client-connection.js";
import { frame, goAwayFrame, headerBlock, numberFrame, settingsFrame } from "../packages/otlp/dist/http2/frame.js";
import { FakeSocket } from "./fake-socket.mjs";

export const name = "http2-client";

const headers = headerBlock({ ":status": "200", "content-type": "application/grpc" });
const trailers = headerBlock({ "grpc-status": "0" });
const answer = (id) =>
  Buffer.concat([frame(1, 4, id, headers), frame(0, 0, id, Buffer.alloc(5)), frame(1, 5, id, trailers)]);

export const seeds = [
  Buffer.concat([settingsFrame([[4, 100]]), numberFrame(8, 0, 1_000), answer(1), answer(3)]),
  Buffer.concat([
    settingsFrame([[3, 1]]),
    frame(4, 1, 0, Buffer.alloc(0)),
    numberFrame(3, 1, 7),
    goAwayFrame(1, 0, "bye"),
  ]),
  Buffer.concat([
    settingsFrame([]),
    frame(1, 0, 1, headers.subarray(0, 4)),
    frame(9, 4, 1, headers.subarray(4)),
    frame(0, 8, 1, Buffer.alloc(9)),
    frame(6, 0, 0, Buffer.alloc(8)),
  ]),
];

export async function run(bytes) {
  const socket = new FakeSocket();
  const connection = new ClientConnection(socket, { maxAnswerBytes: 10_000, holdsProcess: true, ended: () => {} });
  const { signal } = new AbortController();
  const request = { headers, body: [Buffer.alloc(5), Buffer.alloc(100_000)] };
  const ended = Promise.allSettled([connection.request(request, signal), connection.request(request, signal)]);
  await socket.receive(bytes, (bytes[0] ?? 0) % (bytes.length + 1));
  await socket.hangUp();
  await ended;
}
