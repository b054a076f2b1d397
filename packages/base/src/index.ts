export { ClewError, messageOf, type ClewErrorDetails } from "./clew-error.ts";
export { nanosOf, sleep, systemClock, type Clock } from "./clock.ts";
export { formatDuration, parseDuration } from "./duration.ts";
export { goRegExp, type GoRegExpOptions } from "./go-regexp.ts";
export { areEqualShort, copyShort, hashShort } from "./short-bytes.ts";
export { parseSize } from "./size.ts";
export { Turnstile } from "./turnstile.ts";
