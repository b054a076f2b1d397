import type { AgentOptions } from "node:https";
import { diag } from "@opentelemetry/api";
import type { OTLPExporterConfig, TlsConfig } from "../otlp/otlp-config.ts";
import { warnOfIgnored } from "./ignored-options.ts";

/** What Node makes its HTTP agents of, or a function that makes one. */
export type HttpAgentOptions = AgentOptions | Function;

const TLS_OPTIONS: Readonly<Record<keyof TlsConfig, true>> = {
  ca: true,
  cert: true,
  key: true,
  passphrase: true,
  pfx: true,
  rejectUnauthorized: true,
  servername: true,
  checkServerIdentity: true,
  secureContext: true,
};

/** What needs nothing done: there is one connection, which serves requests in their order. */
const MET: ReadonlySet<string> = new Set([
  "keepAlive",
  "maxSockets",
  "maxTotalSockets",
  "maxFreeSockets",
  "scheduling",
]);

/** What of an agent's options means something to a connection of our own. Warns of the others. */
export function ofAgentOptions(options: HttpAgentOptions = {}): Pick<OTLPExporterConfig, "keepAlive" | "tls"> {
  if (typeof options === "function") {
    diag.warn(
      "an OTLP exporter has connections of its own, so httpAgentOptions as a function is ignored: " +
        "give certificates as `tls`, and let a Collector send through a proxy",
    );
    return {};
  }
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const tls = given.filter(([name]) => Object.hasOwn(TLS_OPTIONS, name));
  const ignored = given.filter(([name]) => !Object.hasOwn(TLS_OPTIONS, name) && !MET.has(name));
  warnOfIgnored(
    "an OTLP exporter",
    Object.fromEntries(ignored.map(([name, value]) => [`httpAgentOptions.${name}`, value])),
  );
  return {
    ...(options.keepAlive !== undefined && { keepAlive: options.keepAlive }),
    ...(tls.length > 0 && { tls: Object.fromEntries(tls) }),
  };
}
