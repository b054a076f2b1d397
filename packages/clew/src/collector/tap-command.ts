/** `clew collector tap`: shows live what passes a place in a running collector. */
import { parseArgs } from "node:util";
import { ClewError, messageOf } from "@clew/base";
import type { Terminal } from "../terminal.ts";
import { askCollector } from "./running-collector.ts";
import { tapLines } from "./tap-lines.ts";

/** Ends when the user or the collector does. Rejects with `USAGE`, `TAP_UNKNOWN` or `COLLECTOR_UNREACHABLE`. */
export async function runTap(args: readonly string[], terminal: Terminal): Promise<void> {
  const { pipeline, after, before, address, json } = optionsOf(args);
  if (pipeline === undefined)
    throw new ClewError("USAGE", "--pipeline is missing", { remedy: "name a pipeline: --pipeline traces" });
  const query = new URLSearchParams({ pipeline, ...(after && { after }), ...(before && { before }) });
  const path = `/debug/tap?${query.toString()}`;
  const response = await askCollector({ address, path, signal: terminal.stop });
  if (!response.ok || response.body === null)
    throw new ClewError("TAP_UNKNOWN", (await response.text()).trim() || `status ${response.status}`);
  const lines = response.body.pipeThrough(new TextDecoderStream());
  let rest = "";
  try {
    for await (const text of lines) {
      const parts = (rest + text).split("\n");
      rest = parts.pop() ?? "";
      for (const line of parts) terminal.out(json === true ? `${line}\n` : tapLines(line));
    }
  } catch (error) {
    if (!terminal.stop.aborted) throw error;
  }
}

interface TapOptions {
  readonly pipeline?: string;
  readonly after?: string;
  readonly before?: string;
  readonly address?: string;
  readonly json?: boolean;
}

function optionsOf(args: readonly string[]): TapOptions {
  const string = { type: "string" } as const;
  const options = {
    pipeline: string,
    after: string,
    before: string,
    address: string,
    json: { type: "boolean" },
  } as const;
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new ClewError("USAGE", messageOf(error), { remedy: "see clew collector --help" });
  }
}
