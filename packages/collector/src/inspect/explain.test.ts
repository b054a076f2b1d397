import { expect, test } from "vitest";
import { readConfig } from "../config/collector-config.ts";
import { loadConfig } from "../config/load-config.ts";
import { builtinComponents } from "../registry.ts";
import { explainConfig } from "./explain.ts";

test("draws pipelines with what joins them, and notes what looks wrong", async () => {
  const yaml = `
receivers: { otlp/a: { protocols: { grpc: } }, otlp/long: { protocols: { http: } }, otlp/idle: { protocols: { http: } } }
processors: { batch: , memory_limiter: { check_interval: 1s, limit_mib: 9 } }
exporters: { nop/1: , nop/2: , debug: }
connectors: { forward: }
extensions: { file_storage: }
service:
  pipelines:
    traces/in: { receivers: [otlp/a, otlp/long], processors: [batch, memory_limiter], exporters: [forward] }
    traces/out: { receivers: [forward], exporters: [nop/1, nop/2, debug] }
`;
  const config = readConfig(await loadConfig(yaml, {}), builtinComponents());
  expect(explainConfig(config)).toBe(`traces/in
  otlp/a    ─┬► batch ─► memory_limiter ──► connector forward → traces/out
  otlp/long ─┘

traces/out
  connector forward ──┬► nop/1
                      ├► nop/2
                      └► debug

Notes
  receivers::otlp/idle is configured and used by no pipeline
  extensions::file_storage is configured and not named in service::extensions
  traces/in: memory_limiter should be the first processor, so that it refuses before work is done
`);
});
