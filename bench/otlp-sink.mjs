/**
 * A process that takes OTLP over HTTP and gRPC and forgets it. Prints {"http": port, "grpc": port} once it listens.
 * With `--down` it accepts connections and never answers.
 */
import { createServer as createHttp } from "node:http";
import { createServer as createHttp2 } from "node:http2";

const WINDOW_BYTES = 16 * 1024 * 1024;
const isDown = process.argv.includes("--down");

const http = createHttp((request, response) => {
  request.resume();
  if (isDown) return;
  request.on("end", () => response.writeHead(200, { "content-type": "application/x-protobuf" }).end());
});

const grpc = createHttp2({ settings: { initialWindowSize: WINDOW_BYTES } });
grpc.on("session", (session) => session.setLocalWindowSize(WINDOW_BYTES));
grpc.on("stream", (stream) => {
  stream.on("error", () => {});
  stream.resume();
  if (isDown) return;
  stream.on("end", () => {
    if (stream.destroyed) return; // Its client was stopped.
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(Buffer.alloc(5));
  });
});

const listening = (server) =>
  new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port)));
console.log(JSON.stringify({ http: await listening(http), grpc: await listening(grpc) }));
