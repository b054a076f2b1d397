/** Runs one of the two services as a process: by hand, or as a child of the demo. */
import { createLog, type Log } from "./log.ts";
import { startTelemetry, type Telemetry } from "./telemetry.ts";
import type { TracedServer } from "./traced-server.ts";

/** What a child tells its parent once it listens. */
export interface ReadyMessage {
  readonly port: number;
}

export async function runService(
  name: string,
  start: (telemetry: Telemetry, log: Log, port: number) => Promise<TracedServer>,
  defaultPort: number,
): Promise<void> {
  const telemetry = startTelemetry(name);
  const log = createLog(telemetry.otelLogger);
  const server = await start(telemetry, log, Number(process.env["PORT"] ?? defaultPort));
  log.info({ url: server.url }, `${name} listens`);
  process.send?.({ port: server.port } satisfies ReadyMessage);

  let isStopping = false;
  async function stop(): Promise<void> {
    if (isStopping) return;
    isStopping = true;
    await server.close();
    await telemetry.shutdown();
    process.exit(0);
  }
  // A child must not outlive its parent, however the parent went.
  for (const event of ["SIGTERM", "SIGINT", "disconnect"] as const) process.on(event, () => void stop());
}
