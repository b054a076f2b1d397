/** Knows where the endpoints are. */
export interface Resolver {
  /** What its metrics call it. */
  readonly name: "static" | "dns" | "k8s";
  /** Calls `found` with all endpoints, sorted, now and whenever it looked again. Resolves after the first look. */
  start(found: Found): Promise<void>;
  stop(): void;
}

export interface Found {
  endpoints(endpoints: readonly string[]): void;
  /** Where it could not find out: what was known still holds. */
  failed(error: unknown): void;
}
