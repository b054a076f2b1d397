/** `--enable-feature` with Prometheus's names (3.14): what each switches on, and what is said of it. */
import { ClewError } from "@clew/base";
import { type PromqlFeatures, STABLE_FEATURES } from "@clew/query";

export interface EnabledFeatures {
  /** As they were given. */
  readonly names: readonly string[];
  readonly promql: PromqlFeatures;
  /** The configuration is read anew when one of its files changes. */
  readonly autoReload: boolean;
  /** What `global` of Prometheus's configuration says where the file leaves it out. */
  readonly scrapeDefaults: Section;
  readonly remarks: readonly FeatureRemark[];
}

type Section = Readonly<Record<string, unknown>>;

/** What is to be told of a name, once. */
export interface FeatureRemark {
  readonly level: "info" | "warn";
  readonly text: string;
  readonly option: string;
}

interface Feature {
  readonly text: string;
  readonly level?: "warn";
  readonly promql?: Partial<PromqlFeatures>;
  readonly autoReload?: true;
  readonly scrapeDefaults?: Section;
}

const PROTOBUF_FIRST = {
  scrape_protocols: [
    "PrometheusProto",
    "OpenMetricsText1.0.0",
    "OpenMetricsText0.0.1",
    "PrometheusText1.0.0",
    "PrometheusText0.0.4",
  ],
};
const PERMANENT = "This option for --enable-feature is now permanently enabled and therefore a no-op.";
const NOTHING_HERE = "This option for --enable-feature has no effect here";

const FEATURES: Readonly<Record<string, Feature>> = {
  "promql-experimental-functions": {
    text: "Experimental PromQL functions enabled.",
    promql: { experimentalFunctions: true },
  },
  "promql-extended-range-selectors": {
    text: "Experimental PromQL extended range selectors enabled.",
    promql: { extendedRangeSelectors: true },
  },
  "promql-binop-fill-modifiers": {
    text: "Experimental PromQL binary operator fill modifiers enabled.",
    promql: { binopFillModifiers: true },
  },
  "promql-delayed-name-removal": {
    text: "Experimental PromQL delayed name removal enabled.",
    promql: { delayedNameRemoval: true },
  },
  "promql-per-step-stats": {
    text: "Experimental per-step statistics reporting",
    promql: { perStepStatistics: true },
  },
  "use-start-timestamps": {
    text: "Experimental usage of start timestamps in PromQL engine is enabled.",
    promql: { startTimestamps: true },
  },
  "type-and-unit-labels": {
    text: "Experimental type and unit labels enabled",
    promql: { typeAndUnitLabels: true },
  },
  "auto-reload-config": {
    text: "This option for --enable-feature is deprecated. Use --config.auto-reload instead.",
    level: "warn",
    autoReload: true,
  },
  "extra-scrape-metrics": {
    text: "This option for --enable-feature is being phased out. It currently changes the default for the extra_scrape_metrics config setting to true, but will become a no-op in a future version. Stop using this option and set extra_scrape_metrics in the config instead.",
    level: "warn",
    scrapeDefaults: { extra_scrape_metrics: true },
  },
  "created-timestamp-zero-ingestion": {
    text: "Start timestamps are always stored here, instead of samples that are zero. Changed default scrape_protocols to prefer PrometheusProto format.",
    scrapeDefaults: PROTOBUF_FIRST,
  },
  "st-storage": {
    text: "Start timestamps are always stored here. Changed default scrape_protocols to prefer PrometheusProto format.",
    scrapeDefaults: PROTOBUF_FIRST,
  },
  "promql-duration-expr": { text: PERMANENT, level: "warn" },
  "ooo-native-histograms": { text: PERMANENT, level: "warn" },
  "native-histograms": {
    text: "This option for --enable-feature is a no-op. To scrape native histograms, set the scrape_native_histograms scrape config setting to true.",
    level: "warn",
  },
  "exemplar-storage": { text: "Exemplars are always stored here" },
  "metadata-wal-records": { text: "Metadata is always stored here" },
  "otlp-deltatocumulative": {
    text: "Delta OTLP metrics are always stored as they come here, and read as cumulative ones",
  },
  "otlp-native-delta-ingestion": nothing("delta OTLP metrics are always read as cumulative ones"),
  "concurrent-rule-eval": nothing("the rules of a group are evaluated one after the other"),
  "st-synthesis": nothing("start timestamps are not made up"),
  "search-api": nothing("there is no search API"),
  "old-ui": nothing("there is one UI"),
  "memory-snapshot-on-shutdown": nothing("there is no TSDB"),
  "xor2-encoding": nothing("there is no TSDB"),
  "histograms-st-encoding": nothing("there is no TSDB"),
  "delayed-compaction": nothing("there is no TSDB"),
  "use-uncached-io": nothing("there is no TSDB"),
  "fast-startup": nothing("there is no TSDB"),
};

/** `flags`: what was given, of which each may name several. Throws `USAGE` where two exclude each other. */
export function enabledFeatures(flags: readonly string[]): EnabledFeatures {
  const names = flags.flatMap((flag) => flag.split(","));
  if (names.includes("otlp-deltatocumulative") && names.includes("otlp-native-delta-ingestion"))
    throw new ClewError(
      "USAGE",
      "cannot enable otlp-deltatocumulative and otlp-native-delta-ingestion features at the same time",
      { path: "--enable-feature", remedy: "name one of them" },
    );
  const found = names.flatMap((name) => FEATURES[name] ?? []);
  return {
    names,
    promql: Object.assign({}, STABLE_FEATURES, ...found.map(({ promql }) => promql)) as PromqlFeatures,
    autoReload: found.some(({ autoReload }) => autoReload === true),
    scrapeDefaults: Object.assign({}, ...found.map(({ scrapeDefaults }) => scrapeDefaults)) as Section,
    remarks: names.map((option) => {
      const { text, level = "info" } = FEATURES[option] ?? UNKNOWN;
      return { text, level, option };
    }),
  };
}

const UNKNOWN: Feature = { text: "Unknown option for --enable-feature", level: "warn" };

function nothing(why: string): Feature {
  return { text: `${NOTHING_HERE}: ${why}`, level: "warn" };
}
