import type { Settings } from "../../../component.ts";
import type { LoadBalancingConfig } from "./config.ts";
import { DnsResolver } from "./dns-resolver.ts";
import { KubernetesResolver } from "./kubernetes-resolver.ts";
import type { Resolver } from "./resolver.ts";

/** The resolver that is configured. */
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
