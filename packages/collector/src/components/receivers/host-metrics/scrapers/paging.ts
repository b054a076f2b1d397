import { section } from "../../../../schema/schema.ts";
import { counterInt, gauge, SCHEMA_1_9, sumInt, type MetricDefinitions, type ScraperType } from "../metric.ts";
import { readProc, rowsOf, valuesOf } from "../proc.ts";

const metrics: MetricDefinitions = {
  "system.paging.faults": counterInt("{faults}", "The number of page faults."),
  "system.paging.operations": counterInt("{operations}", "The number of paging operations."),
  "system.paging.usage": sumInt("By", "Swap (unix) or pagefile (windows) usage."),
  "system.paging.utilization": gauge("1", "Swap (unix) or pagefile (windows) utilization.", false),
};

export const pagingScraper: ScraperType<object> = {
  name: "paging",
  metrics,
  schemaUrl: SCHEMA_1_9,
  schema: section({}),
  create: (_config, host) => ({
    async run(recorder) {
      for (const [device = "", , size, usedKib] of rowsOf(await readProc(host, "swaps")).slice(1)) {
        const [total, used] = [Number(size) * 1_024, Number(usedKib) * 1_024];
        for (const [state, value] of Object.entries({ used, free: total - used })) {
          recorder.record("system.paging.usage", value, { device, state });
          recorder.record("system.paging.utilization", value / total, { device, state });
        }
      }
      const values = valuesOf(await readProc(host, "vmstat"));
      const of = (name: string): number => values.get(name) ?? 0;
      const operations = "system.paging.operations";
      recorder.record(operations, of("pswpin"), { direction: "page_in", type: "major" });
      recorder.record(operations, of("pswpout"), { direction: "page_out", type: "major" });
      recorder.record(operations, of("pgpgin"), { direction: "page_in", type: "minor" });
      recorder.record(operations, of("pgpgout"), { direction: "page_out", type: "minor" });
      recorder.record("system.paging.faults", of("pgmajfault"), { type: "major" });
      recorder.record("system.paging.faults", of("pgfault") - of("pgmajfault"), { type: "minor" });
    },
  }),
};
