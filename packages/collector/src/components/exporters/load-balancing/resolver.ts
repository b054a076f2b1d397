import type { Settings } from "../../../component.ts";
import type { LoadBalancingConfig } from "./config.ts";
import { DnsResolver } from "./dns-resolver.ts";
import { KubernetesResolver } from "./kubernetes-resolver.ts";

/** Knows where the endpoints are. */
export interface Resolver {
  /** What its metrics call it. */
  readonly name: "static" | "dns" | "k8s";
  /** Calls `found` with all endpoints, sorted, now and whenever it looked again. Resolves after the first look. */
  start(found: Found): Promise<void>;
  stop(): void;
}

export interface Found {
  endpoints(endpoints: readonly string[]): void;
  /** Where it could not find out: what was known still holds. */
  failed(error: unknown): void;
}

export function resolverOf(settings: Settings, { resolver }: LoadBalancingConfig): Resolver {
  if (resolver.dns !== undefined) return new DnsResolver(settings.clock, resolver.dns);
  if (resolver.k8s !== undefined) return new KubernetesResolver(settings.clock, resolver.k8s);
  const endpoints = [...(resolver.static?.hostnames ?? [])].sort();
  return {
    name: "static",
    start: (found) => Promise.resolve(found.endpoints(endpoints)),
    stop: () => {},
  };
}
