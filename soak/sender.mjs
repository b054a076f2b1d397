/** Sends spans that bear a number each, and remembers which were acknowledged. */
import { Agent, request as httpRequest } from "node:http";
import { encode, PROTOCOLS } from "../packages/otlp/dist/index.js";
import { BitSet } from "./bit-set.mjs";

export const SPANS_A_REQUEST = 100;
const TIMEOUT_MS = 20_000;
const NUMBER_BYTES = 8;

export class Sender {
  acknowledged = new BitSet();
  refused = 0;
  failed = 0;
  #next = 0;
  #inFlight = 0;
  #template = template();
  #agent = new Agent({ keepAlive: true });
  #stopped = false;
  #url;

  constructor(url) {
    this.#url = url;
  }

  get offered() {
    return this.#next;
  }

  /** Offers so many spans a second, whatever becomes of them, until `stop`. */
  start(spansASecond, maxInFlight) {
    const everyMs = 20;
    let owed = 0;
    this.timer = setInterval(() => {
      owed += (spansASecond * everyMs) / 1_000;
      while (owed >= SPANS_A_REQUEST && this.#inFlight < maxInFlight) {
        owed -= SPANS_A_REQUEST;
        void this.#send();
      }
      owed = Math.min(owed, spansASecond);
    }, everyMs);
  }

  /** Resolves once nothing is in flight. */
  async stop() {
    clearInterval(this.timer);
    this.#stopped = true;
    while (this.#inFlight > 0) await new Promise((resolve) => setTimeout(resolve, 50));
    this.#agent.destroy();
  }

  /** Sends as fast as it is answered; resolves with the spans that were acknowledged in a second. */
  async measure(durationMs, lanes) {
    const until = Date.now() + durationMs;
    const before = this.acknowledged.size;
    await Promise.all(
      Array.from({ length: lanes }, async () => {
        while (Date.now() < until && !this.#stopped) await this.#send();
      }),
    );
    return ((this.acknowledged.size - before) / durationMs) * 1_000;
  }

  async #send() {
    const first = this.#next;
    this.#next += SPANS_A_REQUEST;
    this.#inFlight++;
    try {
      const status = await this.#post(this.#body(first));
      if (status === 200) for (let i = 0; i < SPANS_A_REQUEST; i++) this.acknowledged.add(first + i);
      else this.refused++;
    } catch {
      this.failed++;
    } finally {
      this.#inFlight--;
    }
  }

  #body(first) {
    const { bytes, offsets } = this.#template;
    const body = Buffer.from(bytes);
    for (const [i, offset] of offsets.entries()) body.writeBigUInt64BE(BigInt(first + i), offset);
    return body;
  }

  #post(body) {
    return new Promise((resolve, reject) => {
      const sending = httpRequest(
        `${this.#url}/v1/traces`,
        {
          method: "POST",
          agent: this.#agent,
          headers: { "content-type": "application/x-protobuf", "content-length": body.length },
          timeout: TIMEOUT_MS,
        },
        (response) => {
          response.resume();
          response.on("end", () => resolve(response.statusCode));
          response.on("error", reject);
        },
      );
      sending.on("timeout", () => sending.destroy(new Error("timeout")));
      sending.on("error", reject);
      sending.end(body);
    });
  }
}

/** A request whose span ids are filled in later, and where they stand. */
function template() {
  const marks = Array.from({ length: SPANS_A_REQUEST }, (_unused, i) => 0xfedc_0000_0000_0000n + BigInt(i));
  const spans = marks.map((mark, i) => {
    const spanId = Buffer.alloc(NUMBER_BYTES);
    spanId.writeBigUInt64BE(mark);
    return {
      traceId: Buffer.alloc(16, 1 + (i % 10)),
      spanId,
      name: `GET /resource/${i % 7}`,
      kind: 2,
      startTimeUnixNano: 1n,
      endTimeUnixNano: 2n,
      attributes: [{ key: "http.route", value: { stringValue: "/resource/:id" } }],
    };
  });
  const resource = { attributes: [{ key: "service.name", value: { stringValue: "soak" } }] };
  const bytes = Buffer.from(
    encode(PROTOCOLS.traces.request, { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] }),
  );
  const offsets = marks.map((mark) => {
    const needle = Buffer.alloc(NUMBER_BYTES);
    needle.writeBigUInt64BE(mark);
    return bytes.indexOf(needle);
  });
  return { bytes, offsets };
}
