/** The version of `@clew/sdk`, as `telemetry.sdk.version` and the exporters' user agent give it. */
export const VERSION = "0.1.0";
