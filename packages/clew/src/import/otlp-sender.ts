/** Sends OTLP to a running program in requests of a bounded size, again where that can help. */
import { ClewError, messageOf, sleep, type Clock } from "@clew/base";
import {
  concatPayloads,
  decodeResponse,
  decodeStatus,
  payloadBytes,
  splitPayload,
  SIGNALS,
  type Payload,
  type Signal,
} from "@clew/otlp";

const MAX_REQUEST_ITEMS = 5_000;
const MAX_REQUEST_BYTES = 4 * 1024 * 1024;
const FIRST_DELAY_MS = 500;
const GREATEST_DELAY_MS = 30_000;
/** A request that was not taken by then ends the import. */
const MAX_RETRYING_MS = 300_000;
const REQUEST_TIMEOUT_MS = 60_000;
const [OK, TOO_LARGE] = [200, 413];
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** What no other request would be answered with either. */
const HOPELESS: Readonly<Record<number, string>> = {
  401: "a token is wanted",
  403: "the token is refused",
  404: "no OTLP over HTTP is taken there",
  405: "no OTLP over HTTP is taken there",
};

export interface SenderSettings {
  readonly endpoint: string;
  readonly token: string | undefined;
  readonly clock: Clock;
  readonly stop: AbortSignal;
  /** What the receiver did not take, and why. */
  readonly refused: (refusal: Refusal) => void;
}

export interface Refusal {
  /** `traces.json: line 3`, or the first and the last of several. */
  readonly place: string;
  readonly signal: Signal;
  /** 0 for a mere warning. */
  readonly items: number;
  readonly why: string;
}

interface Batch {
  payloads: Payload[];
  items: number;
  bytes: number;
  first: string;
  last: string;
}

type Answer = { readonly status: number; readonly body: Buffer; readonly retryAfterMs: number | undefined };

export class OtlpSender {
  readonly #settings: SenderSettings;
  readonly #batches: Record<Signal, Batch> = { traces: emptyBatch(), metrics: emptyBatch(), logs: emptyBatch() };
  readonly #sent: Record<Signal, number> = { traces: 0, metrics: 0, logs: 0 };
  #wasAnswered = false;

  constructor(settings: SenderSettings) {
    this.#settings = settings;
  }

  /** Spans, data points and log records that were taken. */
  get sent(): Readonly<Record<Signal, number>> {
    return this.#sent;
  }

  /** Sends what is full. Rejects with `CLEW_NOT_REACHED` and `EXPORT_FAILED`; then nothing more should be given. */
  async add(payload: Payload, place: string): Promise<void> {
    for (const part of splitPayload(payload, itemsThatFit(payload))) {
      const batch = this.#batches[part.signal];
      const { items } = part.counts;
      if (batch.items + items > MAX_REQUEST_ITEMS || batch.bytes + part.byteLength > MAX_REQUEST_BYTES)
        await this.#flush(part.signal);
      if (batch.items === 0) batch.first = place;
      batch.payloads.push(part);
      batch.items += items;
      batch.bytes += part.byteLength;
      batch.last = place;
    }
  }

  /** Sends what is left. Rejects as `add` does. */
  async flush(): Promise<void> {
    for (const signal of SIGNALS) await this.#flush(signal);
  }

  async #flush(signal: Signal): Promise<void> {
    const { payloads, first, last } = this.#batches[signal];
    if (payloads.length === 0) return;
    Object.assign(this.#batches[signal], emptyBatch());
    await this.#send(concatPayloads(payloads), first === last ? first : `${first} to ${last}`);
  }

  async #send(payload: Payload, place: string): Promise<void> {
    const { signal, counts } = payload;
    const { status, body } = await this.#answer(payload, place);
    if (status === OK) return this.#taken(payload, place, body);
    const hopeless = HOPELESS[status];
    if (hopeless !== undefined)
      throw new ClewError("CLEW_NOT_REACHED", hopeless, {
        path: this.#settings.endpoint,
        remedy: "see --endpoint and --token",
      });
    if (status === TOO_LARGE && counts.items > 1) {
      for (const half of splitPayload(payload, Math.ceil(counts.items / 2))) await this.#send(half, place);
      return;
    }
    this.#settings.refused({ place, signal, items: counts.items, why: whyOf(status, body) });
  }

  #taken({ signal, counts }: Payload, place: string, body: Buffer): void {
    const partial = partialSuccessOf(signal, body);
    const rejected = Math.min(counts.items, Number(partial?.rejected ?? 0n));
    this.#sent[signal] += counts.items - rejected;
    if (partial !== undefined) this.#settings.refused({ place, signal, items: rejected, why: partial.errorMessage });
  }

  /** What the receiver says in the end. */
  async #answer(payload: Payload, place: string): Promise<Answer> {
    const { clock, stop } = this.#settings;
    const giveUpAtMs = clock.nowMs() + MAX_RETRYING_MS;
    for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(delayMs * 2, GREATEST_DELAY_MS)) {
      const answer = await this.#ask(payload).catch((error: unknown) => this.#noAnswer(error));
      if (typeof answer !== "string" && !RETRYABLE.has(answer.status)) return answer;
      const why = typeof answer === "string" ? answer : whyOf(answer.status, answer.body);
      const waitMs = (typeof answer === "string" ? undefined : answer.retryAfterMs) ?? delayMs;
      if (!stop.aborted && clock.nowMs() + waitMs <= giveUpAtMs) await sleep(clock, waitMs, stop);
      else throw failed(why, place);
      if (stop.aborted) throw failed("it was stopped", place);
    }
  }

  async #ask(payload: Payload): Promise<Answer> {
    const { endpoint, token, stop } = this.#settings;
    const response = await fetch(new URL(`v1/${payload.signal}`, `${endpoint.replace(/\/*$/, "")}/`), {
      method: "POST",
      headers: {
        "content-type": "application/x-protobuf",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: payloadBytes(payload) as Uint8Array<ArrayBuffer>,
      signal: AbortSignal.any([stop, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
    });
    const body = Buffer.from(await response.arrayBuffer());
    this.#wasAnswered = true;
    return { status: response.status, body, retryAfterMs: millisOf(response.headers.get("retry-after")) };
  }

  /** Where nobody ever answered, nobody is waited for. */
  #noAnswer(error: unknown): string {
    const { cause } = error as { cause?: unknown };
    const why = messageOf(cause ?? error) || "no connection";
    if (this.#wasAnswered || this.#settings.stop.aborted) return why;
    throw new ClewError("CLEW_NOT_REACHED", why, {
      path: this.#settings.endpoint,
      remedy: "start clew up, or name where OTLP over HTTP is taken with --endpoint",
    });
  }
}

function emptyBatch(): Batch {
  return { payloads: [], items: 0, bytes: 0, first: "", last: "" };
}

function itemsThatFit({ byteLength, counts }: Payload): number {
  if (byteLength <= MAX_REQUEST_BYTES) return MAX_REQUEST_ITEMS;
  return Math.max(1, Math.min(MAX_REQUEST_ITEMS, Math.floor((counts.items * MAX_REQUEST_BYTES) / byteLength)));
}

function partialSuccessOf(signal: Signal, body: Buffer): ReturnType<typeof decodeResponse> {
  try {
    return decodeResponse(signal, body);
  } catch {
    return undefined;
  }
}

function whyOf(status: number, body: Buffer): string {
  try {
    const { message } = decodeStatus(body);
    if (message !== "") return message;
  } catch {
    // Some answer in plain text.
  }
  const text = body.toString("utf8", 0, 200).trim();
  return text === "" ? `HTTP status ${status}` : `HTTP status ${status}: ${text}`;
}

/** `Retry-After` in seconds; a date is left alone. */
function millisOf(retryAfter: string | null): number | undefined {
  return retryAfter !== null && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) * 1_000 : undefined;
}

function failed(why: string, place: string): ClewError {
  return new ClewError("EXPORT_FAILED", why, {
    path: place,
    remedy: "what stands before it was sent; import the rest when the receiver takes it",
  });
}
