/** Debian's Prometheus for a benchmark, on a free port of loopback and a directory that is removed. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../scripts/free-ports.mjs";
import { findTool } from "../scripts/optional-tools.mjs";

/** `rules` is the text of a file of rules. */
export async function startPrometheus(rules) {
  const program = findTool("prometheus");
  if (program === undefined) throw new Error("prometheus is not here: apt-get install prometheus");
  const directory = mkdtempSync(join(tmpdir(), "prometheus-bench-"));
  writeFileSync(
    join(directory, "prometheus.yml"),
    `global: {}\n${rules === undefined ? "" : "rule_files: [rules.yml]\n"}`,
  );
  if (rules !== undefined) writeFileSync(join(directory, "rules.yml"), rules);
  const [port] = await freePorts(1);
  const flags = [
    `--config.file=${join(directory, "prometheus.yml")}`,
    `--storage.tsdb.path=${join(directory, "data")}`,
    `--web.listen-address=127.0.0.1:${port}`,
    "--web.enable-remote-write-receiver",
    "--web.enable-admin-api",
    "--log.level=error",
  ];
  const child = spawn(program, flags, { stdio: ["ignore", "inherit", "inherit"] });
  const url = `http://127.0.0.1:${port}`;
  const isReady = () =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isReady())) {
    if (child.exitCode !== null) throw new Error(`prometheus ended with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    url,
    pid: child.pid,
    /** Where its data is. */
    data: join(directory, "data"),
    async stop() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
