import { connect as connectHttp2 } from "node:http2";
import { request, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { decodeStatus, payloadBytes, PROTOCOLS } from "@clew/otlp";
import { expect, test } from "vitest";
import { deferred } from "../../../collector.test-kit.ts";
import { componentSettings } from "../../../component.test-kit.ts";
import type { Consumer } from "../../../consumer.ts";
import { tracesOf } from "../../../otlp.test-kit.ts";
import { addressText } from "../../../net/address.ts";
import { Place } from "../../../schema/place.ts";
import { schema } from "./config.ts";
import { GrpcServer } from "./grpc-server.ts";
import { HttpServer } from "./http-server.ts";
import { Receiving } from "../../../net/receiving.ts";

const ENDPOINT = { endpoint: "127.0.0.1:0" };
const { protocols } = schema.read({ protocols: { grpc: ENDPOINT, http: ENDPOINT } }, new Place("", []));
const { settings } = componentSettings("receiver", "otlp");
const next = { traces: { consume: () => Promise.resolve() } };

/** Below `LIMIT`, but too much for a further request to begin. */
const NEARLY_ALL = 10_000;
const LIMIT = 15_000;

test("has room again once a request was answered or broken off", () => {
  const receiving = new Receiving(20_000);
  const [first, second] = [receiving.begin(), receiving.begin()];
  expect(first.add(6_000)).toBeUndefined();
  expect(second.add(6_000)).toMatchObject({ code: "RECEIVER_BUSY", permanent: false, retryAfterMs: 1_000 });
  first.end();
  first.end();
  expect(second.add(10_000)).toBeUndefined();
  second.end();
  expect(second.add(1)).toBeDefined(); // What still comes of a request that was refused is not held.
  expect(receiving.begin().add(15_000)).toBeUndefined();
});

test("counts what requests cost beside their bytes, and takes one that is larger than all room alone", () => {
  const receiving = new Receiving(LIMIT);
  while (receiving.refusal() === undefined) receiving.begin();
  expect(receiving.isFull).toBe(true);
  const [large, further] = Array.from({ length: 2 }, () => new Receiving(LIMIT)).map((one) => one.begin());
  expect(large!.add(10 * LIMIT)).toBeUndefined();
  expect(further!.add(LIMIT)).toBeUndefined();
});

async function serveHttp(receiving: Receiving, traces: Consumer) {
  const server = new HttpServer(settings, protocols.http!, { traces }, receiving);
  const address = addressText(await server.listen("x"));
  const post = (body: Uint8Array): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const options = { method: "POST", headers: { "content-type": "application/x-protobuf" } };
      const sending = request(`http://${address}/v1/traces`, options);
      sending.on("response", (response) => response.resume().on("end", () => resolve(response)));
      sending.on("error", reject).end(body);
    });
  return { server, address, post };
}

test("over HTTP answers 503 while what came before waits for its destination, and serves again after that", async () => {
  const [arrived, delivered] = [deferred(), deferred()];
  const { server, post } = await serveHttp(new Receiving(LIMIT), {
    consume(payload) {
      if (payload.byteLength < NEARLY_ALL) return Promise.resolve();
      arrived.resolve();
      return delivered.promise;
    },
  });
  const first = post(payloadBytes(tracesOf(["x".repeat(NEARLY_ALL)])));
  await arrived.promise;
  const refused = await post(payloadBytes(tracesOf(["a"])));
  expect([refused.statusCode, refused.headers["retry-after"]]).toEqual([503, "1"]);
  delivered.resolve();
  expect((await first).statusCode).toBe(200);
  expect((await post(payloadBytes(tracesOf(["a"])))).statusCode).toBe(200);
  await server.close();
});

test("over HTTP a request behind one that waits is left in the network, as its refusal could not go out", async () => {
  const [arrived, delivered] = [deferred(), deferred()];
  const { server, address } = await serveHttp(new Receiving(LIMIT), {
    consume() {
      arrived.resolve();
      return delivered.promise;
    },
  });
  const body = payloadBytes(tracesOf(["x".repeat(NEARLY_ALL)]));
  const head = `POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: ${body.length}\r\n\r\n`;
  const [host, port] = address.split(":");
  const socket = connect(Number(port), host);
  let answers = "";
  const both = new Promise<void>((resolve) => {
    socket.on("data", (chunk: Buffer) => {
      answers += chunk.toString();
      if (answers.match(/^HTTP/gm)?.length === 2) resolve();
    });
  });
  socket.write(Buffer.concat([Buffer.from(head), body, Buffer.from(head), body]));
  await arrived.promise;
  delivered.resolve();
  await both;
  expect(answers.match(/^HTTP\/1.1 \d+/gm)).toEqual(["HTTP/1.1 200", "HTTP/1.1 200"]);
  socket.destroy();
  await server.close();
});

test("over gRPC answers UNAVAILABLE where there is no room", async () => {
  const receiving = new Receiving(LIMIT);
  const held = receiving.begin();
  held.add(NEARLY_ALL);
  const server = new GrpcServer(settings, protocols.grpc!, next, receiving);
  const session = connectHttp2(`http://${addressText(await server.listen("x"))}`);
  const headers = { ":method": "POST", ":path": PROTOCOLS.traces.grpcPath, "content-type": "application/grpc" };
  const stream = session.request(headers);
  const { promise, resolve } = deferred();
  let status: IncomingHttpHeaders = {};
  stream.on("response", (answer) => (status = answer));
  stream.on("error", () => {}).on("close", resolve);
  stream.resume().end(Buffer.alloc(5));
  await promise;
  expect(status["grpc-status"]).toBe("14");
  const details = decodeStatus(Buffer.from(String(status["grpc-status-details-bin"]), "base64"));
  expect(details.retryDelayMs).toBe(1_000);
  session.close();
  await server.close();
});
