/** Log records of the shop: templates with values in them, most within a trace, as a structured logger writes them. */
import { encode, PROTOCOLS } from "../packages/otlp/dist/index.js";
import { int, Random, SERVICES, string } from "./shop-model.mjs";

const SCOPE = { name: "pino", version: "10.1.0" };
const LEVELS = [
  { number: 5, text: "DEBUG" },
  { number: 9, text: "INFO" },
  { number: 13, text: "WARN" },
  { number: 17, text: "ERROR" },
];
/** Each is `[level, text of (random)]`. */
const TEMPLATES = [
  [1, (r) => `order ${uuid(r)} placed by user u${r.skewed(200_000)}, total ${(r.next() * 400).toFixed(2)} EUR`],
  [1, (r) => `request completed in ${Math.round(r.logNormal(20))} ms with status 200`],
  [1, (r) => `payment authorized, provider reference ${r.bytes(8).toString("hex")}`],
  [1, (r) => `cart of session ${uuid(r)} has ${1 + r.skewed(20)} items`],
  [1, (r) => `published message ${uuid(r)} to topic orders.created, partition ${r.below(24)}`],
  [1, () => "cache refreshed from the primary, nothing changed since the last run"],
  [
    0,
    (r) =>
      `cache lookup for key product:${r.skewed(500_000)} took ${r.below(900)} us: ${r.below(4) === 0 ? "miss" : "hit"}`,
  ],
  [0, (r) => `acquired connection ${r.below(20)} of the pool after ${r.below(40)} ms`],
  [0, (r) => `query returned ${r.skewed(100)} rows from orders in ${Math.round(r.logNormal(2))} ms`],
  [
    2,
    (r) =>
      `slow query: ${500 + Math.round(r.logNormal(300))} ms for SELECT id, status, total FROM orders WHERE user_id = u${r.skewed(200_000)}`,
  ],
  [2, (r) => `retrying call to ${r.of(SERVICES).name} after connection reset, attempt ${1 + r.below(4)} of 5`],
  [3, (r) => `upstream ${r.of(SERVICES).name} timed out after 3000 ms, circuit is open for ${r.below(30)} s`],
];
/** How often each template is used, of 100. */
const SHARES = [6, 24, 5, 6, 8, 4, 20, 10, 12, 2, 2, 1];
const PICK = SHARES.flatMap((share, index) => Array.from({ length: share }, () => TEMPLATES[index]));

export class ShopLogs {
  #random;
  #timeUnixNano;
  #stepNanos;

  /** Records stand `stepNanos` apart, from `startUnixNano` on. */
  constructor({ seed, startUnixNano, stepNanos }) {
    this.#random = new Random(seed);
    this.#timeUnixNano = startUnixNano;
    this.#stepNanos = stepNanos;
  }

  /**
   * An ExportLogsServiceRequest of one process with `count` records, and the bytes that they would have as lines of
   * JSON with their attributes, without the resource. `rare` is a word that the last record's body ends with.
   */
  request(count, rare) {
    const random = this.#random;
    const resource = random.of(random.of(SERVICES).resources);
    let lineBytes = 0;
    const logRecords = Array.from({ length: count }, (_unused, i) => {
      this.#timeUnixNano += this.#stepNanos;
      const [level, text] = random.of(PICK);
      const body = i === count - 1 && rare !== undefined ? `${text(random)} ${rare}` : text(random);
      const attributes = [
        string("log.logger", `shop.${random.of(["http", "db", "orders", "cache"])}`),
        string("thread.name", "main"),
        int("process.pid", 1_234),
        string("user.id", `u${random.skewed(200_000)}`),
        string("http.request.method", random.below(4) === 0 ? "POST" : "GET"),
        string("request.id", random.bytes(6).toString("hex")),
      ];
      const record = {
        timeUnixNano: this.#timeUnixNano,
        observedTimeUnixNano: this.#timeUnixNano + 40_000n,
        severityNumber: LEVELS[level].number,
        severityText: LEVELS[level].text,
        body: { stringValue: body },
        attributes,
        ...(random.below(10) < 7 ? { traceId: random.bytes(16), spanId: random.bytes(8), flags: 1 } : {}),
      };
      lineBytes += lineOf(record);
      return record;
    });
    const resourceLogs = [{ resource, scopeLogs: [{ scope: SCOPE, logRecords }] }];
    return { bytes: encode(PROTOCOLS.logs.request, { resourceLogs }), records: count, lineBytes };
  }
}

function lineOf({ timeUnixNano, severityText, body, attributes, traceId, spanId }) {
  const line = {
    time: new Date(Number(timeUnixNano / 1_000_000n)).toISOString(),
    level: severityText,
    msg: body.stringValue,
    ...Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)])),
    ...(traceId === undefined ? {} : { trace_id: traceId.toString("hex"), span_id: spanId.toString("hex") }),
  };
  return JSON.stringify(line).length + 1;
}

function uuid(random) {
  const hex = random.bytes(16).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}
