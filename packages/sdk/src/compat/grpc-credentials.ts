/** What can be read of the `ChannelCredentials` of `@grpc/grpc-js`, which keep their certificates to themselves. */
import type { ConnectionOptions, SecureContext } from "node:tls";
import { diag } from "@opentelemetry/api";
import type { TlsConfig } from "../otlp/otlp-config.ts";
import type { Headers } from "../otlp/request-headers.ts";

/** `Metadata` of `@grpc/grpc-js`. */
export interface GrpcMetadata {
  getMap(): Record<string, string | Buffer>;
}

interface CallCredentials {
  generateMetadata(options: { readonly service_url: string }): Promise<GrpcMetadata>;
}

/** `ChannelCredentials` of `@grpc/grpc-js`, with what its versions have inside. */
export interface GrpcCredentials {
  _isSecure?(): boolean;
  readonly secureContext?: SecureContext;
  readonly verifyOptions?: Pick<ConnectionOptions, "checkServerIdentity" | "rejectUnauthorized">;
  /** In versions before 1.12. */
  readonly connectionOptions?: Pick<ConnectionOptions, "secureContext" | "checkServerIdentity" | "rejectUnauthorized">;
  /** Of credentials that were composed. */
  readonly channelCredentials?: GrpcCredentials;
  readonly callCredentials?: CallCredentials;
}

/** Names in lower case; what is binary in base64, as gRPC has it. */
export function headersOfMetadata(metadata: GrpcMetadata | undefined): Headers {
  const entries = Object.entries(metadata?.getMap() ?? {});
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === "string" ? value : value.toString("base64")]),
  );
}

/** Undefined where there are none, or none that can be read. */
export function tlsOfCredentials(credentials: GrpcCredentials | undefined): TlsConfig | undefined {
  if (credentials === undefined || !isSecure(credentials)) return undefined;
  const channel = credentials.channelCredentials ?? credentials;
  const { secureContext, checkServerIdentity, rejectUnauthorized } = {
    ...channel.connectionOptions,
    ...channel.verifyOptions,
    ...(channel.secureContext && { secureContext: channel.secureContext }),
  };
  if (secureContext === undefined) {
    diag.warn(
      "OTLP exporter: the certificates of these credentials cannot be read, so the system's are used: give `tls`",
    );
    return undefined;
  }
  return {
    secureContext,
    ...(checkServerIdentity && { checkServerIdentity }),
    ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
  };
}

/** What credentials add to each call, such as a token that is renewed. */
export function callHeadersOf(
  credentials: GrpcCredentials | undefined,
  url: string | undefined,
): (() => Promise<Headers>) | undefined {
  const callCredentials = credentials?.callCredentials;
  if (callCredentials === undefined) return undefined;
  return async () => headersOfMetadata(await callCredentials.generateMetadata({ service_url: url ?? "" }));
}

export function isSecure(credentials: GrpcCredentials): boolean {
  // oxlint-disable-next-line no-underscore-dangle -- the only thing that all credentials tell of themselves
  return credentials._isSecure?.() === true;
}
