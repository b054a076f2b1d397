/** Who a client is: what components after the receiver may know of it. */
import type { Client } from "@clew/otlp";
import type { Settings } from "../../../component.ts";
import { serverAuthenticatorOf, type Headers } from "../../../extension.ts";

export interface ClientConfig {
  readonly auth: { readonly authenticator: string } | undefined;
  readonly include_metadata: boolean;
}

/**
 * Finds out about the client of a request. Undefined where nobody asks. Rejects with `UNAUTHENTICATED`.
 * `headers` is only called where they are needed.
 */
export type Identify = (headers: () => Headers, address: string) => Promise<Client> | Client | undefined;

const NO_METADATA: Headers = new Map();

/** Throws `EXTENSION_MISSING`. Call it once the extensions have started. */
export function identifier(settings: Settings, { auth, include_metadata: includes }: ClientConfig): Identify {
  if (auth !== undefined) {
    const authenticator = serverAuthenticatorOf(settings, auth.authenticator);
    return async (headersOf, address) => {
      const headers = headersOf();
      const known = await authenticator.authenticate(headers);
      return { address, metadata: includes ? headers : NO_METADATA, auth: known };
    };
  }
  return includes ? (headersOf, address) => ({ address, metadata: headersOf() }) : () => undefined;
}
