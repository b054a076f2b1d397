import { expect, test } from "vitest";
import { ManualClock, settled } from "../manual-clock.test-kit.ts";
import type { OtlpResponse, OtlpTransport } from "./otlp-transport.ts";
import { sendWithRetry } from "./send-with-retry.ts";

const RETRYABLE: OtlpResponse = { outcome: "retryable", reason: "busy", errorType: "503" };
const ACCEPTED: OtlpResponse = { outcome: "accepted", body: new Uint8Array() };

/** A transport to a place that gives these answers, and the last of them for ever after. */
function setUp(...answers: readonly OtlpResponse[]) {
  const clock = new ManualClock();
  const startMs = clock.nowMs();
  const sentAtMs: number[] = [];
  const sendOnce: OtlpTransport["send"] = () => {
    sentAtMs.push(clock.nowMs() - startMs);
    return Promise.resolve(answers[Math.min(sentAtMs.length, answers.length) - 1] ?? ACCEPTED);
  };
  const abort = new AbortController();
  const send = (timeoutMs = 10_000, random = () => 0.5): Promise<OtlpResponse> =>
    sendWithRetry(sendOnce, new Uint8Array(), { timeoutMs, clock, random, signal: abort.signal });
  return { clock, sentAtMs, send, abort };
}

test("waits longer before each retry, up to five seconds, and tries five times", async () => {
  const { clock, sentAtMs, send } = setUp(RETRYABLE);
  const response = send(60_000);
  await clock.advance(60_000);
  expect(await response).toEqual(RETRYABLE);
  expect(sentAtMs).toEqual([0, 1_000, 2_500, 4_750, 8_125]);
});

test("does not retry what would come after the timeout", async () => {
  const { clock, sentAtMs, send } = setUp(RETRYABLE);
  const response = send(2_500);
  await clock.advance(1_000);
  expect(await response).toEqual(RETRYABLE);
  expect(sentAtMs).toEqual([0, 1_000]);
});

test("waits as long as the server asks", async () => {
  const { clock, sentAtMs, send } = setUp({ ...RETRYABLE, retryAfterMs: 3_333 }, ACCEPTED);
  const response = send();
  await clock.advance(3_333);
  expect(await response).toEqual(ACCEPTED);
  expect(sentAtMs).toEqual([0, 3_333]);
});

test("shortens and lengthens waits by up to a fifth, at random", async () => {
  const { clock, sentAtMs, send } = setUp(RETRYABLE, ACCEPTED);
  const response = send(10_000, () => 0);
  await clock.advance(800);
  await response;
  expect(sentAtMs).toEqual([0, 800]);
});

test("an abort ends the waiting with one last try", async () => {
  const { sentAtMs, send, abort } = setUp(RETRYABLE);
  const response = send();
  await settled();
  abort.abort();
  expect(await response).toEqual(RETRYABLE);
  expect(sentAtMs).toEqual([0, 0]);
});

test("does not retry what was refused", async () => {
  const { sentAtMs, send } = setUp({ outcome: "refused", reason: "bad data", errorType: "400" });
  expect((await send()).outcome).toBe("refused");
  expect(sentAtMs).toEqual([0]);
});
