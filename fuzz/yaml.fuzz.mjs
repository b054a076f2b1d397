/** Configurations: whatever is wrong with one is told as `CONFIG_INVALID`. */
import { builtinComponents, ConfigError, loadConfig, readConfig } from "../packages/collector/dist/index.js";

export const name = "yaml";
const components = builtinComponents();
const world = {
  env: { A: "1", B: "${env:A}", LOOP: "${env:LOOP}x" },
  readFile: (path) =>
    path.length > 8 ? Promise.reject(new Error("no such file")) : Promise.resolve(`a: \${file:${path}}`),
  fetch: () => Promise.reject(new Error("no network")),
};

export const seeds = [
  `receivers: { otlp: { protocols: { grpc: { endpoint: "0.0.0.0:4317" }, http: } } }
processors: { batch: { timeout: 5s, send_batch_size: 1024 }, memory_limiter: { check_interval: 1s, limit_mib: 512 } }
exporters: { debug: , otlp_grpc: { endpoint: "x:1", tls: { insecure: true }, sending_queue: { batch: {} } } }
service: { pipelines: { traces: { receivers: [otlp], processors: [memory_limiter, batch], exporters: [debug, otlp_grpc] } } }`,
  "a: ${env:A}\nb: ${B:-c}\nc: $$x\nd: ${file:x}\ne: &x [1, *x]\nf::g: ${yaml:[1]}\n",
  "connectors: { forward: }\nservice: { telemetry: { logs: { level: debug }, metrics: { readers: [] } } }",
  "? [a]\n: {b: !!binary AA==}\n<<: {c: 1}\n---\nd: 2",
].map((text) => Buffer.from(text));

export async function run(bytes) {
  try {
    readConfig(await loadConfig([{ name: "c.yaml", text: Buffer.from(bytes).toString("utf8") }], world), components);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
  }
}
