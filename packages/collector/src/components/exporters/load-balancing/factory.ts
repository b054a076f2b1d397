import type { Signal } from "@clew/otlp";
import { ClewError } from "@clew/base";
import type { Exporter, ExporterFactory } from "../../../component.ts";
import { Sender } from "../../../export/sender.ts";
import { queue } from "../../../export/sender-config.ts";
import { Place } from "../../../schema/place.ts";
import { schema, type LoadBalancingConfig, type RoutingKey } from "./config.ts";
import { LoadBalancer } from "./load-balancer.ts";

const KEYS: Readonly<Record<Signal, readonly RoutingKey[]>> = {
  traces: ["traceID", "service", "attributes"],
  logs: ["traceID", "service", "attributes"],
  metrics: ["service", "resource", "metric", "streamID", "attributes"],
};

export const loadBalancingExporter: ExporterFactory<LoadBalancingConfig> = {
  kind: "exporter",
  type: "load_balancing",
  alias: "loadbalancing",
  stability: { traces: "beta", metrics: "development", logs: "beta" },
  schema,
  create(settings, config, signals): Exporter {
    for (const signal of signals) {
      const { routing_key: key } = config;
      if (key !== "" && !KEYS[signal].includes(key))
        throw new ClewError("CONFIG_INVALID", `unsupported routing_key: ${JSON.stringify(key)}`, {
          path: `${settings.path}::routing_key`,
          remedy: `for ${signal}, choose ${KEYS[signal].join(", ")}`,
        });
    }
    const balancer = new LoadBalancer(settings, config, signals);
    const { retry_on_failure, sending_queue, timeout } = config;
    if (sending_queue === undefined && !retry_on_failure.enabled && timeout === 0) {
      return {
        start: () => balancer.open(),
        shutdown: () => balancer.close(),
        consume: (payload) => balancer.send(payload),
      };
    }
    const queued = sending_queue ?? queue.read({ enabled: false }, new Place("", []));
    return new Sender(settings, { timeout, retry_on_failure, sending_queue: queued }, signals, balancer);
  },
};
