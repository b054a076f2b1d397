/** `clew collector …` as a user types it. */
import { writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { createServer as createHttpServer } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collectorCommand, startCommand } from "./collector-process.test-kit.ts";
import { temporaryDirectory } from "./running-clew.test-kit.ts";

const directory = temporaryDirectory();
afterAll(() => directory.remove());

/** Writes a file for one test; returns its path. */
function file(name: string, text: string): string {
  const path = join(directory.path, name);
  writeFileSync(path, text);
  return path;
}

const GOOD = `
receivers:
  otlp:
    protocols:
      grpc:
processors:
  batch:
exporters:
  otlp_http:
    endpoint: https://backend.example
    headers:
      authorization: Bearer very-secret
service:
  pipelines:
    traces:
      receivers: [otlp]
      processors: [batch]
      exporters: [otlp_http]
`;

describe("--help", () => {
  test("tells of every command", () => {
    const { code, stdout, stderr } = collectorCommand(["--help"]);
    const told = Array.from(stdout.matchAll(/clew collector ([a-z][a-z-]+)/g), ([, name]) => name);
    expect(new Set(told)).toEqual(
      new Set(["validate", "print-config", "components", "schema", "featuregate", "explain", "tap", "replay"]),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test("an unknown command is told what there is", () => {
    const { code, stderr } = collectorCommand(["validat"]);
    expect(stderr).toContain('[USAGE] unknown command "validat" for "clew collector"');
    expect(stderr).toContain("validate");
    expect(code).not.toBe(0);
  });

  test("so is a flag that does not exist, and a configuration that is not named", () => {
    expect(collectorCommand(["--confg", "x.yaml"]).stderr).toContain("'--confg'");
    expect(collectorCommand(["validate", "x.yaml"]).stderr).toContain("a configuration is named with --config FILE");
    expect(collectorCommand(["validate"]).stderr).toContain("[USAGE] at least one config flag must be provided");
  });
});

describe("validate", () => {
  test("says nothing of a good configuration", () => {
    expect(collectorCommand(["validate", "--config", file("good.yaml", GOOD)])).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
    });
  });

  test("tells every fault at once, each with its place in the file, its path and a remedy", () => {
    const path = file(
      "bad.yaml",
      `receivers:
  otlp:
    protocols:
      grpc:
        endpont: localhost:4317
processors:
  batch:
    timeout: soon
exporters:
  otlp_http:
service:
  pipelines:
    traces:
      receivers: [otlp]
      processors: [bach]
      exporters: [otlp_http]
`,
    );
    const { code, stderr } = collectorCommand(["validate", "--config", path]);
    expect(stderr.trimEnd().split("\n")).toEqual([
      "[CONFIG_INVALID] invalid configuration:",
      expect.stringMatching(
        /^ {2}\S+bad\.yaml:5:9: receivers::otlp::protocols::grpc: .* has invalid keys: endpont \(did you mean "endpoint"\?\)$/,
      ),
      `  ${path}:8:5: processors::batch::timeout: expected a duration, got "soon" (write "200ms" or "5s")`,
      `  ${path}:10:3: exporters::otlp_http: at least one endpoint must be specified (write endpoint: "http://host:4318")`,
      `  ${path}:13:5: service::pipelines::traces: references processor "bach" which is not configured (did you mean "batch"?)`,
    ]);
    expect(code).toBe(1);
  });

  test("names the file that is not there, and the line where YAML ends", () => {
    expect(collectorCommand(["validate", "--config", join(directory.path, "none.yaml")]).stderr).toMatch(/none\.yaml/);
    const { code, stderr } = collectorCommand(["validate", "--config", file("torn.yaml", "receivers:\n  otlp: {")]);
    expect(stderr).toMatch(/torn\.yaml:\d+:\d+/);
    expect(code).toBe(1);
  });
});

describe("where configuration comes from", () => {
  const server = createHttpServer((_request, response) => response.end(GOOD));
  let url = "";
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/collector.yaml`;
  });
  afterAll(() => void server.close());

  test("files, environment, text and settings are laid over one another", () => {
    const { code, stdout } = collectorCommand(
      [
        "print-config",
        "--config",
        file("below.yaml", GOOD),
        "--config",
        "env:ABOVE",
        "--config",
        "yaml:processors::batch::send_batch_size: 77",
        "--set",
        "processors.batch.timeout=3s",
      ],
      { env: { ABOVE: "exporters: { otlp_http: { endpoint: 'https://${env:HOST_NAME:-other.example}' } }" } },
    );
    expect(code).toBe(0);
    expect(stdout).toContain("endpoint: https://other.example");
    expect(stdout).toContain("send_batch_size: 77");
    expect(stdout).toContain("timeout: 3s");
    expect(stdout).not.toContain("backend.example");
  });

  test("a configuration is fetched over HTTP", async () => {
    const running = startCommand(["print-config", "--config", url]);
    await running.printed("https://backend.example");
    expect(await running.stop()).toBe(0);
  });

  test("a server that is not there is named", async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const { code, stderr } = collectorCommand(["validate", "--config", `http://127.0.0.1:${port}/c.yaml`]);
    expect(stderr).toContain(`http://127.0.0.1:${port}/c.yaml`);
    expect(stderr).toContain("ECONNREFUSED");
    expect(code).toBe(1);
  });
});

describe("print-config", () => {
  test("shows what takes effect, defaults included, and no secret", () => {
    const { stdout } = collectorCommand(["print-config", "--config", file("secret.yaml", GOOD)]);
    expect(stdout).toContain("send_batch_size: 8192");
    expect(stdout).toContain("[REDACTED]");
    expect(stdout).not.toContain("very-secret");
  });

  test("shows secrets where it is told to, and JSON", () => {
    const path = file("secret.yaml", GOOD);
    expect(collectorCommand(["print-config", "--mode", "unredacted", "--config", path]).stdout).toContain(
      "Bearer very-secret",
    );
    const { stdout } = collectorCommand(["print-config", "--format", "json", "--config", path]);
    expect(JSON.parse(stdout)).toMatchObject({ processors: { batch: { send_batch_size: 8192 } } });
  });

  test("what it prints is a configuration again", () => {
    const { stdout } = collectorCommand(["print-config", "--mode", "unredacted", "--config", file("once.yaml", GOOD)]);
    expect(collectorCommand(["validate", "--config", file("again.yaml", stdout)])).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
    });
  });
});

test("components lists what there is, with its stability", () => {
  const { code, stdout } = collectorCommand(["components"]);
  expect(stdout).toMatch(/receivers:\n(?:.*\n)* {2}- name: otlp\n {4}stability:\n {6}traces: stable/);
  expect(code).toBe(0);
});

test("featuregate shows gates, all or one", () => {
  const { code, stdout } = collectorCommand(["featuregate"]);
  expect(stdout).toMatch(/^ID +Enabled +Stage +Description$/m);
  expect(code).toBe(0);
  const [, first = ""] = stdout.split("\n");
  const [id = ""] = first.split(" ");
  expect(collectorCommand(["featuregate", id]).stdout).toContain(id);
  expect(collectorCommand(["featuregate", "no.such"]).stderr).toContain('feature "no.such" not found');
});

test("schema is a JSON Schema that knows every section", () => {
  const schema = JSON.parse(collectorCommand(["schema"]).stdout) as { properties: Record<string, unknown> };
  expect(Object.keys(schema.properties)).toEqual(
    expect.arrayContaining(["receivers", "processors", "exporters", "connectors", "extensions", "service"]),
  );
});

test("explain draws the pipelines", () => {
  const { code, stdout } = collectorCommand(["explain", "--config", file("drawn.yaml", GOOD)]);
  expect(stdout).toContain("traces\n  otlp ──► batch ──► otlp_http\n");
  expect(code).toBe(0);
});
