export interface Authority {
  /** Without brackets. */
  readonly address: string;
  readonly port: number | undefined;
}

/** Nearly every request that a server gets has the same one as the one before. */
let last: { readonly authority: string; readonly parts: Authority } | undefined;

/** Splits `host`, `host:port`, `[::1]:port`. */
export function splitAuthority(authority: string): Authority {
  if (last?.authority !== authority) last = { authority, parts: partsOf(authority) };
  return last.parts;
}

function partsOf(authority: string): Authority {
  const colon = authority.lastIndexOf(":");
  if (colon < 0 || colon < authority.lastIndexOf("]")) return { address: unbracketed(authority), port: undefined };
  const port = Number(authority.slice(colon + 1));
  const isPort = Number.isInteger(port) && port > 0 && port < 65_536;
  return { address: unbracketed(authority.slice(0, colon)), port: isPort ? port : undefined };
}

function unbracketed(address: string): string {
  return address.startsWith("[") && address.endsWith("]") ? address.slice(1, -1) : address;
}
