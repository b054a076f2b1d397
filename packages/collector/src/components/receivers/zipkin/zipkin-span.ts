/** Zipkin's spans of version 2, whichever way they came. */
import { ClewError } from "@clew/base";

export interface ZipkinEndpoint {
  readonly serviceName: string;
  readonly ipv4: string;
  readonly ipv6: string;
  readonly port: number;
}

export interface ZipkinAnnotation {
  readonly timestampMicros: bigint;
  readonly value: string;
}

export interface ZipkinSpan {
  readonly traceId: Buffer;
  readonly id: Buffer;
  readonly parentId: Buffer | undefined;
  readonly name: string;
  /** `CLIENT`, `SERVER`, `PRODUCER`, `CONSUMER` or empty. */
  readonly kind: string;
  readonly timestampMicros: bigint;
  readonly durationMicros: bigint;
  readonly localEndpoint: ZipkinEndpoint | undefined;
  readonly remoteEndpoint: ZipkinEndpoint | undefined;
  readonly annotations: readonly ZipkinAnnotation[];
  readonly tags: ReadonlyMap<string, string>;
}

export function malformed(what: string): ClewError {
  return new ClewError("ZIPKIN_MALFORMED", what, { remedy: "send Zipkin's spans in the encoding of the content type" });
}

/** Undefined for an endpoint that says nothing. */
export function endpointOf(endpoint: ZipkinEndpoint): ZipkinEndpoint | undefined {
  const { serviceName, ipv4, ipv6, port } = endpoint;
  return serviceName === "" && ipv4 === "" && ipv6 === "" && port === 0 ? undefined : endpoint;
}

/** An IPv6 address in its shortest form. */
export function ipv6Text(text: string): string {
  try {
    return new URL(`http://[${text}]`).hostname.slice(1, -1);
  } catch {
    return "";
  }
}

export function ipv6OfBytes(bytes: Uint8Array): string {
  if (bytes.length !== 16) return "";
  return ipv6Text(
    Buffer.from(bytes)
      .toString("hex")
      .replaceAll(/(.{4})(?=.)/g, "$1:"),
  );
}
