import { connect } from "node:net";
import { payloadBytes } from "@clew/otlp";
import { afterEach, describe, expect, test } from "vitest";
import { ManualClock, deferred, runCollector, until, type RunningCollector } from "../collector.test-kit.ts";
import { tracesOf } from "../otlp.test-kit.ts";

const BODY = Buffer.from(payloadBytes(tracesOf(["a"])));
const HEAD = "POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\n";
const WHOLE = request(`Content-Length: ${BODY.length}\r\n`, BODY);

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function serve(http = "", clock = new ManualClock()): Promise<RunningCollector & { clock: ManualClock }> {
  const running = await runCollector(
    `
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:0"${http} } } } }
exporters: { clew: }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { traces: { receivers: [otlp], exporters: [clew] } }
`,
    clock,
  );
  cleanUps.push(() => running.collector.shutdown());
  return { ...running, clock };
}

class Client {
  text = "";
  isClosed = false;
  readonly #socket;

  constructor(running: RunningCollector) {
    this.#socket = connect(Number(running.at("http").split(":")[1]), "127.0.0.1");
    this.#socket.on("data", (chunk) => (this.text += chunk.toString("latin1")));
    this.#socket.on("error", () => {}).on("close", () => (this.isClosed = true));
    cleanUps.push(() => this.#socket.destroy());
  }

  send(bytes: string | Uint8Array): void {
    this.#socket.write(bytes);
  }

  end(): void {
    this.#socket.end();
  }

  get statuses(): number[] {
    return [...this.text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status));
  }

  /** Resolves with the statuses once there are so many, or the connection has ended. */
  async answers(count: number): Promise<number[]> {
    await until(() => this.statuses.length >= count || this.isClosed);
    return this.statuses;
  }
}

function request(headers: string, body: string | Uint8Array = ""): Buffer {
  return Buffer.concat([Buffer.from(`${HEAD}${headers}\r\n`, "latin1"), Buffer.from(body)]);
}

function chunked(...chunks: Buffer[]): Buffer {
  const parts = chunks.flatMap((chunk) => [
    Buffer.from(`${chunk.length.toString(16)};x=1\r\n`),
    chunk,
    Buffer.from("\r\n"),
  ]);
  return request("Transfer-Encoding: chunked\r\n", Buffer.concat([...parts, Buffer.from("0\r\nX-Trailer: 1\r\n\r\n")]));
}

test("requests that come byte by byte, in chunks, and one behind the other are all taken", async () => {
  const running = await serve();
  const client = new Client(running);
  for (const byte of WHOLE) client.send(Buffer.from([byte]));
  client.send(chunked(BODY.subarray(0, 3), BODY.subarray(3)));
  for (const byte of chunked(BODY)) client.send(Buffer.from([byte]));
  client.send(Buffer.concat([WHOLE, Buffer.from("\r\n"), WHOLE, WHOLE]));
  expect(await client.answers(6)).toEqual([200, 200, 200, 200, 200, 200]);
  expect(running.sink.payloads.map((one) => Buffer.from(payloadBytes(one)))).toEqual(
    Array.from({ length: 6 }, () => BODY),
  );
  expect(client.isClosed).toBe(false);
});

test("requests are worked on at once, and answered in their order", async () => {
  const running = await serve();
  const { promise, resolve } = deferred();
  let taken = 0;
  running.sink.answer = () => (++taken === 1 ? promise : Promise.resolve());
  const client = new Client(running);
  client.send(Buffer.concat([WHOLE, WHOLE.subarray(), Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n")]));
  await until(() => taken === 2);
  expect(client.text).toBe("");
  resolve();
  expect(await client.answers(3)).toEqual([200, 200, 404]);
});

test("a client that waits for a word before it sends its body gets it, and no word where it would be refused", async () => {
  const running = await serve(", max_request_body_size: 1000");
  const client = new Client(running);
  client.send(request(`Expect: 100-continue\r\nContent-Length: ${BODY.length}\r\n`));
  expect(await client.answers(1)).toEqual([100]);
  client.send(BODY);
  expect(await client.answers(2)).toEqual([100, 200]);
  client.send(request("Expect: 100-continue\r\nContent-Length: 1001\r\n"));
  expect(await client.answers(3)).toEqual([100, 200, 413]);
  await until(() => client.isClosed);
});

describe("what two programs could read in two ways is refused, and its connection ends", () => {
  test.each<[string, number, string]>([
    ["both lengths", 400, `${HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ["two lengths", 400, `${HEAD}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde`],
    ["a signed length", 400, `${HEAD}Content-Length: +5\r\n\r\nabcde`],
    ["a length in hexadecimal", 400, `${HEAD}Content-Length: 0x5\r\n\r\nabcde`],
    ["a length without end", 400, `${HEAD}Content-Length: ${"9".repeat(40)}\r\n\r\n`],
    ["another transfer encoding", 501, `${HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n`],
    ["chunked said twice", 501, `${HEAD}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`],
    ["a space before the colon", 400, `${HEAD}Content-Length : 5\r\n\r\nabcde`],
    ["a folded line", 400, `${HEAD}X: a\r\n b\r\n\r\n`],
    ["a bare line feed", 400, `${HEAD.replaceAll("\r\n", "\n")}Content-Length: 0\n\r\n\r\n`],
    ["a bare carriage return", 400, `${HEAD}X: a\rb\r\n\r\n`],
    ["a zero byte", 400, `${HEAD}X: a\0b\r\n\r\n`],
    ["no host", 400, "POST /v1/traces HTTP/1.1\r\n\r\n"],
    ["two hosts", 400, `${HEAD}Host: y\r\n\r\n`],
    ["another version", 505, "POST / HTTP/2.0\r\nHost: x\r\n\r\n"],
    ["no version", 400, "GET /\r\n\r\n"],
    ["another expectation", 417, `${HEAD}Expect: money\r\n\r\n`],
    ["a chunk's size that is none", 400, `${HEAD}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`],
    ["a chunk longer than it says", 400, `${HEAD}Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n`],
    ["a chunk's line that ends in a line feed alone", 400, `${HEAD}Transfer-Encoding: chunked\r\n\r\n1\na\n0\n\n`],
    ["a chunk's line without end", 400, `${HEAD}Transfer-Encoding: chunked\r\n\r\n1;${"x".repeat(300)}`],
    ["headers without end", 431, HEAD + "X: y\r\n".repeat(15_000)],
  ])("%s: %i", async (_name, status, text) => {
    const running = await serve();
    const client = new Client(running);
    client.send(Buffer.from(`${text}GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n`, "latin1"));
    await until(() => client.text.includes("Connection: close"));
    expect(client.statuses).toEqual([status]);
    expect(running.sink.payloads).toEqual([]);
    expect((await fetch(`http://${running.at("http")}/v1/traces`)).status).toBe(405);
  });
});

test("a body that nobody wants is passed over when it is short, and costs the connection when it is long", async () => {
  const running = await serve();
  const client = new Client(running);
  const toNowhere = (length: number): string =>
    `POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`;
  client.send(Buffer.concat([Buffer.from(toNowhere(100_000)), Buffer.alloc(100_000), WHOLE]));
  expect(await client.answers(2)).toEqual([404, 200]);
  client.send(toNowhere(1_000_000));
  await until(() => client.isClosed || client.text.endsWith("404 page not found\n"));
  expect(client.text).toContain("Connection: close");
});

test("a client that ends its side hears the answer to what it sent whole", async () => {
  const running = await serve();
  const client = new Client(running);
  client.send(WHOLE);
  client.end();
  expect(await client.answers(1)).toEqual([200]);
  await until(() => client.isClosed);
});

test("HTTP/1.0 and Connection: close get one answer", async () => {
  const running = await serve();
  for (const head of ["GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"]) {
    const client = new Client(running);
    client.send(head + head);
    await until(() => client.isClosed);
    expect(client.statuses).toEqual([404]);
  }
});

test("who is slow with a head, or silent for long, is parted from; who waits for an answer is not", async () => {
  const running = await serve(", read_header_timeout: 10s, idle_timeout: 30s");
  const { promise, resolve } = deferred();
  let taken = 0;
  running.sink.answer = () => {
    taken++;
    return promise;
  };
  const [slow, silent, waiting] = [new Client(running), new Client(running), new Client(running)];
  waiting.send(WHOLE);
  slow.send(HEAD);
  silent.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await silent.answers(1);
  await until(() => taken === 1);
  running.clock.advance(11_000);
  await until(() => slow.isClosed);
  expect(silent.isClosed).toBe(false);
  running.clock.advance(20_000);
  await until(() => silent.isClosed);
  expect(waiting.isClosed).toBe(false);
  resolve();
  expect(await waiting.answers(1)).toEqual([200]);
});

test("a shutdown answers what is in hand and ends idle connections", async () => {
  const running = await serve();
  const { promise, resolve } = deferred();
  let taken = 0;
  running.sink.answer = () => {
    taken++;
    return promise;
  };
  const [idle, busy] = [new Client(running), new Client(running)];
  idle.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  busy.send(WHOLE);
  await idle.answers(1);
  await until(() => taken === 1);
  const stopped = running.collector.shutdown();
  await until(() => idle.isClosed);
  resolve();
  await until(() => busy.isClosed);
  await stopped;
  expect(busy.statuses).toEqual([200]);
});
