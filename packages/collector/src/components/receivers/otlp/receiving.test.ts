import { connect as connectHttp2 } from "node:http2";
import { request } from "node:http";
import { PROTOCOLS } from "@clew/otlp";
import { expect, test } from "vitest";
import { deferred } from "../../../collector.test-kit.ts";
import { componentSettings } from "../../../component.test-kit.ts";
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

test("has room again once a request is whole or broken off", () => {
  const receiving = new Receiving(10);
  const [first, second] = [receiving.begin(), receiving.begin()];
  expect(first.add(6)).toBeUndefined();
  expect(second.add(6)).toMatchObject({ code: "RECEIVER_BUSY", permanent: false, retryAfterMs: 1_000 });
  first.end();
  first.end();
  expect(second.add(10)).toBeUndefined();
  second.end();
  expect(second.add(1)).toBeDefined(); // What still comes of a request that was refused is not held.
  expect(receiving.begin().add(10)).toBeUndefined();
});

test("over HTTP answers 503 where there is no room, and serves the next", async () => {
  const server = new HttpServer(settings, protocols.http!, next, new Receiving(1_000));
  const url = `http://${addressText(await server.listen("x"))}/v1/traces`;
  const post = (size: number): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const sending = request(url, { method: "POST", headers: { "content-type": "application/x-protobuf" } });
      sending.on("response", (response) => response.resume().on("end", () => resolve(response.statusCode)));
      sending.on("error", reject).end(Buffer.alloc(size));
    });
  expect(await post(1_001)).toBe(503);
  expect(await post(0)).toBe(200);
  await server.close();
});

test("over gRPC answers UNAVAILABLE where there is no room", async () => {
  const server = new GrpcServer(settings, protocols.grpc!, next, new Receiving(1_000));
  const session = connectHttp2(`http://${addressText(await server.listen("x"))}`);
  const headers = { ":method": "POST", ":path": PROTOCOLS.traces.grpcPath, "content-type": "application/grpc" };
  const stream = session.request(headers);
  const { promise, resolve } = deferred();
  let status: unknown;
  stream.on("response", (answer) => (status = answer["grpc-status"]));
  stream.on("error", () => {}).on("close", resolve);
  stream.resume().end(Buffer.concat([Buffer.from([0, 0, 0, 7, 208]), Buffer.alloc(2_000)]));
  await promise;
  expect(status).toBe("14");
  session.close();
  await server.close();
});
