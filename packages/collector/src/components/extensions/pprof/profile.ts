/** V8's profiles as pprof's `profile.proto`, which `go tool pprof` and most viewers read. */
import type { HeapProfiler, Profiler, Runtime } from "node:inspector";
import { Writer } from "@clew/otlp";

/** A function that was seen, with who called it. */
interface Frame {
  readonly id: number;
  readonly callFrame: Runtime.CallFrame;
  readonly parent: Frame | undefined;
}

interface Sample {
  readonly frame: Frame;
  readonly values: readonly number[];
}

interface Kind {
  readonly type: string;
  readonly unit: string;
}

export function cpuProfile({ nodes, samples = [], timeDeltas = [], startTime, endTime }: Profiler.Profile): Uint8Array {
  const children = new Map(nodes.map((node) => [node.id, node]));
  const frames = new Map<number, Frame>();
  const visit = (id: number, parent: Frame | undefined): void => {
    const node = children.get(id);
    if (node === undefined) return;
    const frame = { id, callFrame: node.callFrame, parent };
    frames.set(id, frame);
    for (const child of node.children ?? []) visit(child, frame);
  };
  visit(nodes[0]?.id ?? 0, undefined);
  const spent = new Map<number, { count: number; micros: number }>();
  for (const [i, id] of samples.entries()) {
    const one = spent.get(id) ?? { count: 0, micros: 0 };
    spent.set(id, { count: one.count + 1, micros: one.micros + Math.max(0, timeDeltas[i] ?? 0) });
  }
  const measured = Array.from(spent, ([id, { count, micros }]): Sample | undefined => {
    const frame = frames.get(id);
    // V8 samples the time in which nothing runs, too; that is no time of the CPU.
    if (frame === undefined || frame.callFrame.functionName === "(idle)") return undefined;
    return { frame, values: [count, micros * 1_000] };
  }).filter((sample) => sample !== undefined);
  const kinds = [
    { type: "samples", unit: "count" },
    { type: "cpu", unit: "nanoseconds" },
  ];
  return encoded(kinds, measured, (endTime - startTime) * 1_000);
}

export function heapProfile({ head }: HeapProfiler.SamplingHeapProfile): Uint8Array {
  const measured: Sample[] = [];
  let frames = 0;
  const visit = (node: HeapProfiler.SamplingHeapProfileNode, parent: Frame | undefined): void => {
    const frame = { id: ++frames, callFrame: node.callFrame, parent };
    if (node.selfSize > 0) measured.push({ frame, values: [node.selfSize] });
    for (const child of node.children) visit(child, frame);
  };
  visit(head, undefined);
  return encoded([{ type: "inuse_space", unit: "bytes" }], measured, 0);
}

/** `perftools.profiles.Profile`. A location and a function for each frame, under its id. */
function encoded(kinds: readonly Kind[], samples: readonly Sample[], durationNanos: number): Uint8Array {
  const writer = new Writer();
  const strings = new Map([["", 0]]);
  const indexOf = (text: string): number => {
    const index = strings.get(text) ?? strings.size;
    strings.set(text, index);
    return index;
  };
  for (const { type, unit } of kinds) {
    const message = writer.begin(1);
    writer.uint(1, indexOf(type));
    writer.uint(2, indexOf(unit));
    writer.end(message);
  }
  const seen = new Map<number, Frame>();
  for (const { frame, values } of samples) {
    const message = writer.begin(2);
    for (let one: Frame | undefined = frame; one?.parent !== undefined; one = one.parent) {
      seen.set(one.id, one);
      writer.uint(1, one.id);
    }
    for (const value of values) writer.int(2, Math.round(value));
    writer.end(message);
  }
  for (const { id, callFrame } of seen.values()) writeFrame(writer, id, callFrame, indexOf);
  for (const text of strings.keys()) writer.string(6, text);
  writer.uint(10, Math.round(durationNanos));
  return writer.finish();
}

function writeFrame(
  writer: Writer,
  id: number,
  { functionName, url, lineNumber }: Runtime.CallFrame,
  indexOf: (text: string) => number,
): void {
  const location = writer.begin(4);
  writer.uint(1, id);
  const line = writer.begin(4);
  writer.uint(1, id);
  writer.uint(2, lineNumber + 1);
  writer.end(line);
  writer.end(location);
  const name = indexOf(functionName === "" ? "(anonymous)" : functionName);
  const message = writer.begin(5);
  writer.uint(1, id);
  writer.uint(2, name);
  writer.uint(3, name);
  writer.uint(4, indexOf(url));
  writer.uint(5, lineNumber + 1);
  writer.end(message);
}
