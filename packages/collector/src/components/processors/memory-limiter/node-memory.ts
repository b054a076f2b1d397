import { totalmem } from "node:os";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { heapBytes } from "../../../telemetry/process-metrics.ts";

/** The memory that is limited. */
export interface Memory {
  usedBytes(): number;
  /** Of the container where there is one, else of the machine. */
  totalBytes(): number;
  collectGarbage(): void;
}

export const nodeMemory: Memory = {
  usedBytes: heapBytes,
  totalBytes() {
    const constrained = process.constrainedMemory();
    return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  },
  // V8 hands out its collector only to contexts made after the flag was set.
  collectGarbage() {
    setFlagsFromString("--expose-gc");
    (runInNewContext("gc") as () => void)();
  },
};
