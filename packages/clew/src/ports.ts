import { createServer } from "node:net";
import { ClewError } from "@clew/base";
import { describePortHolder } from "@clew/collector";

/** Throws `PORT_TAKEN` with the port, its flag and, where it can be found out, who holds it. Port 0 is always free. */
export async function requireFreePort(host: string, port: number, flag: string): Promise<void> {
  if (port === 0 || (await isFree(host, port))) return;
  const holder = await describePortHolder(port);
  throw new ClewError("PORT_TAKEN", `port ${port} is already in use${holder === undefined ? "" : ` by ${holder}`}`, {
    path: `--${flag}`,
    remedy: `stop that program, or choose another port with --${flag}`,
  });
}

async function isFree(host: string, port: number): Promise<boolean> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, resolve);
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return false;
    throw error;
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}
