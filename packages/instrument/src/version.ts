/** The version of `@clew/instrument`, as its instrumentation scopes give it. */
export const VERSION = "0.1.0";
