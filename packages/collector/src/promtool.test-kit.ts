/** Debian's promtool, where it is installed. */
import { spawnSync } from "node:child_process";

const PROMTOOL = "promtool";

export const hasPromtool: boolean = spawnSync(PROMTOOL, ["--version"]).status === 0;

/** What `promtool check metrics` has to complain of; empty where all is well. */
export function promtoolComplaints(text: string): string {
  const { status, stdout, stderr } = spawnSync(PROMTOOL, ["check", "metrics"], { input: text, encoding: "utf8" });
  const output = stdout + stderr;
  return status === 0 ? output : `${output}(exit ${status})`;
}
