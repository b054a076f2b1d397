import { ConsumeError, isPermanent, type Consumer } from "../consumer.ts";
import { messageOf } from "@clew/base";

/**
 * Gives each payload to all of them. It is delivered once every one has it; if one refuses,
 * the sender is told, once all have answered. Its second attempt may then reach the others
 * twice: at least once is what is promised.
 */
export function fanOut(consumers: readonly Consumer[]): Consumer {
  const [first] = consumers;
  if (first !== undefined && consumers.length === 1) return first;
  return {
    consume: (payload) => settleAll(consumers.map((consumer) => consumer.consume(payload))),
    refusal() {
      for (const consumer of consumers) {
        const refusal = consumer.refusal?.();
        if (refusal !== undefined) return refusal;
      }
      return undefined;
    },
  };
}

/** Waits for all, and then rejects if one was rejected. */
export async function settleAll(deliveries: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(deliveries);
  const errors = outcomes.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
  if (errors.length > 0) throw joined(errors);
}

/** Permanent if any of them is, as trying again would only fail there again. */
function joined(errors: readonly unknown[]): unknown {
  if (errors.length === 1) return errors[0];
  const delays = errors.map((error) => (error instanceof ConsumeError ? (error.retryAfterMs ?? 0) : 0));
  const retryAfterMs = Math.max(...delays);
  return new ConsumeError("CONSUME_FAILED", errors.map((error) => messageOf(error)).join("; "), {
    permanent: errors.some((error) => isPermanent(error)),
    ...(retryAfterMs > 0 ? { retryAfterMs } : {}),
    cause: errors[0],
  });
}
