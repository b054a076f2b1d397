import type { Server } from "node:net";
import { ClewError, messageOf } from "@clew/base";
import { addressText, type Address } from "./address.ts";
import { describePortHolder } from "./port-holder.ts";

/**
 * Starts `server` on `address` (port 0: any free one) and resolves with where it listens.
 * Rejects with `PORT_TAKEN`, naming who holds it where that can be found, or `LISTEN_FAILED`.
 * `path` is the configuration path of the address. What fails later, such as taking a
 * connection when no file handle is left, goes to `report`.
 */
export async function listen(
  server: Server,
  address: Address,
  path: string,
  report: (error: unknown) => void,
): Promise<Address> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: address.host, port: address.port }, () => {
        server.off("error", reject);
        resolve();
      });
    });
  } catch (error) {
    throw await listenError(error, address, path);
  }
  server.on("error", report);
  const bound = server.address();
  return { host: address.host, port: typeof bound === "object" && bound !== null ? bound.port : address.port };
}

async function listenError(cause: unknown, address: Address, path: string): Promise<ClewError> {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code !== "EADDRINUSE") {
    return new ClewError("LISTEN_FAILED", `cannot listen on ${addressText(address)}: ${messageOf(cause)}`, {
      path,
      remedy: "name an address of this machine, and a port above 1023 unless you are root",
      cause,
    });
  }
  const holder = await describePortHolder(address.port);
  const by = holder === undefined ? "" : ` by ${holder}`;
  return new ClewError("PORT_TAKEN", `${addressText(address)} is already in use${by}`, {
    path,
    remedy: "stop that program, or choose another port",
    cause,
  });
}
