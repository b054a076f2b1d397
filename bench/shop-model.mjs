/**
 * An online shop for benchmarks: twenty services whose calls, attributes and values are distributed as in
 * production (few hot operations, many users, ids that no compression shortens). The same seed makes the same shop.
 */
export const string = (key, value) => ({ key, value: { stringValue: value } });
export const int = (key, value) => ({ key, value: { intValue: BigInt(value) } });
export const double = (key, value) => ({ key, value: { doubleValue: value } });

/** Numbers from 0 to 1, and what benchmarks draw with them. */
export class Random {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  below(limit) {
    return Math.floor(this.next() * limit);
  }

  of(list) {
    return list[this.below(list.length)];
  }

  /** Small numbers much more often than large ones. */
  skewed(limit) {
    return Math.floor(limit * this.next() ** 3);
  }

  /** Around `median`, with a long tail. */
  logNormal(median, spread = 0.6) {
    const normal = Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
    return median * Math.exp(spread * normal);
  }

  bytes(count) {
    const words = new Uint32Array(Math.ceil(count / 4)).map(() => this.below(4_294_967_296));
    return Buffer.from(words.buffer, 0, count);
  }
}

const NAMES =
  "edge-gateway web-bff mobile-bff checkout cart payment inventory catalog search recommendation pricing shipping user auth notification email fraud review media order-worker".split(
    " ",
  );
const RESOURCES = "orders carts items users sessions prices reviews images offers shipments".split(" ");
const TABLES = "orders order_items carts users products stock prices reviews shipments outbox".split(" ");
const REGIONS = ["eu-central-1a", "eu-central-1b", "eu-central-1c"];

/** Each service: `{ name, resources: [Resource, …], routes, statements }`, three instances of each. */
export const SERVICES = NAMES.map((name, index) => {
  const random = new Random(index + 1);
  return {
    name,
    resources: Array.from({ length: 3 }, (_unused, instance) => ({
      attributes: [
        string("service.name", name),
        string("service.namespace", "shop"),
        string("service.version", `${1 + (index % 3)}.${index}.${random.below(10)}`),
        string("service.instance.id", `${name}-7d9f8b${index}-${instance}`),
        string("deployment.environment.name", "production"),
        string("host.name", `ip-10-0-${index}-${instance}`),
        string("k8s.pod.name", `${name}-7d9f8b${index}-${instance}`),
        string("k8s.namespace.name", "shop"),
        string("cloud.availability_zone", REGIONS[instance]),
        string("telemetry.sdk.language", "nodejs"),
      ],
    })),
    routes: Array.from({ length: 8 }, (_unused, route) => ({
      method: route % 4 === 1 ? "POST" : "GET",
      route: `/api/v1/${RESOURCES[(index + route) % 10]}${route % 2 === 0 ? "/{id}" : ""}`,
      medianMs: 3 + route * 4,
    })),
    statements: Array.from({ length: 6 }, (_unused, statement) => {
      const table = TABLES[(index + statement) % 10];
      return statement % 3 === 2
        ? { operation: "UPDATE", table, text: `UPDATE ${table} SET status = ?, updated_at = now() WHERE id = ?` }
        : { operation: "SELECT", table, text: `SELECT id, status, total, created_at FROM ${table} WHERE user_id = ?` };
    }),
  };
});

export const USER_AGENTS = [
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
  "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
  "shop-android/7.41.2 (Android 15; Pixel 9)",
];
