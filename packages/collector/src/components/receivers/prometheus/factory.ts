import type { ReceiverFactory } from "../../../component.ts";
import { schema, type PrometheusReceiverConfig } from "./config.ts";
import { PrometheusReceiver } from "./prometheus.ts";
import type { ScrapedTargets } from "./scraped-targets.ts";

/** `targets` shows what is scraped. */
export function prometheusReceiver(targets: ScrapedTargets): ReceiverFactory<PrometheusReceiverConfig> {
  return {
    kind: "receiver",
    type: "prometheus",
    stability: { metrics: "beta" },
    schema,
    create: (settings, config, next) => new PrometheusReceiver(settings, config, next("http"), targets),
  };
}
