/**
 * A process that sends OTLP over gRPC as fast as it is answered: arguments are the address,
 * spans a request, requests in flight and milliseconds. Prints {spans, requests, failures, bytes}.
 */
import { connect } from "node:http2";
import { PROTOCOLS } from "../packages/otlp/dist/index.js";
import { spansRequest } from "./spans.mjs";

const [address, spansText, inFlightText, durationText] = process.argv.slice(2);
const spans = Number(spansText);
const bodies = Array.from({ length: Math.max(4, Math.min(200, Math.ceil(20_000 / spans))) }, (_unused, i) =>
  framed(spansRequest(spans, i)),
);
const session = connect(address);
const totals = { spans: 0, requests: 0, failures: 0, bytes: 0 };
const until = Date.now() + Number(durationText);

await Promise.all(Array.from({ length: Number(inFlightText) }, (_unused, lane) => sendAll(lane)));
session.close();
console.log(JSON.stringify(totals));

async function sendAll(lane) {
  for (let i = lane; Date.now() < until; i++) {
    const body = bodies[i % bodies.length];
    const status = await send(body);
    totals.requests++;
    if (status === "0") {
      totals.spans += spans;
      totals.bytes += body.length;
    } else totals.failures++;
  }
}

function send(body) {
  return new Promise((resolve) => {
    const stream = session.request({
      ":method": "POST",
      ":path": PROTOCOLS.traces.grpcPath,
      "content-type": "application/grpc",
      te: "trailers",
    });
    let status;
    stream.on("response", (headers) => (status = headers["grpc-status"] ?? status));
    stream.on("trailers", (headers) => (status = headers["grpc-status"]));
    stream.on("error", () => resolve("error"));
    stream.on("close", () => resolve(status));
    stream.resume();
    stream.end(body);
  });
}

/** gRPC's frame: a flag for compression and the length. */
function framed(message) {
  const frame = Buffer.allocUnsafe(message.length + 5);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  return frame;
}
