/** `clew demo`: an application that sends telemetry. */
import { startDemo } from "@clew/example-order-service";
import { aborted } from "./aborted.ts";
import type { Terminal } from "./terminal.ts";

export async function runDemo(_args: readonly string[], terminal: Terminal): Promise<void> {
  const otlpEndpoint = terminal.env["OTEL_EXPORTER_OTLP_ENDPOINT"] ?? "http://127.0.0.1:4317";
  const demo = await startDemo({ otlpEndpoint, report: (line) => terminal.out(`${line}\n`), signal: terminal.stop });
  await aborted(terminal.stop);
  await demo.stop();
}
