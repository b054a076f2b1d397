import {
  boolean,
  field,
  inAnyCase,
  integer,
  list,
  oneOf,
  section,
  string,
  type Schema,
} from "../../../schema/schema.ts";

export interface DebugConfig {
  readonly verbosity: "basic" | "normal" | "detailed";
  readonly sampling_initial: number;
  readonly sampling_thereafter: number;
  readonly use_internal_logger: boolean;
  readonly output_paths: readonly string[];
}

export const schema: Schema<DebugConfig> = section<DebugConfig>({
  verbosity: field(
    inAnyCase(oneOf("basic", "normal", "detailed")),
    "basic",
    "`basic`: a line with counts for each batch; `normal`: a line for each record as well; `detailed`: every field.",
  ),
  sampling_initial: field(integer(), 2, "How many equal messages are logged in each second before sampling begins."),
  sampling_thereafter: field(integer(), 1, "Of the further ones every so-manieth is logged; 0 logs none of them."),
  use_internal_logger: field(boolean, true, "Accepted; the collector's own log is always used."),
  output_paths: field(list(string), ["stdout"], "Accepted; the collector's own log is always used."),
});
