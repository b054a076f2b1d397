/**
 * Carries context in environment variables, between a process and those that it starts. The values are
 * the propagators' own. Source: specification, "Environment Variables as Context Propagation Carriers".
 *
 * Extract once, when the process starts; to inject, copy the environment for each child and set into the
 * copy. Other users of the machine may be able to read a process's environment: no secrets belong there.
 */
import type { TextMapGetter, TextMapSetter } from "@opentelemetry/api";
import type { Environment } from "../config/environment.ts";

const NORMALIZED = /^[A-Z_][A-Z0-9_]*$/;

/** Reads from `env`, the environment of this process unless given; the carrier that it is called with counts for nothing. */
export class EnvironmentGetter implements TextMapGetter<unknown> {
  readonly #env: Environment;

  constructor(env: Environment = process.env) {
    this.#env = env;
  }

  get(_carrier: unknown, key: string): string | undefined {
    return this.#env[normalizedName(key)];
  }

  keys(): string[] {
    return Object.keys(this.#env).filter((name) => this.#env[name] !== undefined && NORMALIZED.test(name));
  }
}

/** Writes into `env`, such as the one for a child process. */
export class EnvironmentSetter implements TextMapSetter<unknown> {
  readonly #env: Record<string, string | undefined>;

  constructor(env: Record<string, string | undefined>) {
    this.#env = env;
  }

  set(_carrier: unknown, key: string, value: string): void {
    this.#env[normalizedName(key)] = value;
  }
}

/** ASCII letters in upper case, everything but letters, digits and `_` as `_`, no digit in front, never empty. */
function normalizedName(key: string): string {
  const name = key.replace(/[a-z]/g, (letter) => letter.toUpperCase()).replace(/[^A-Z0-9_]/g, "_");
  return name === "" || /^\d/.test(name) ? `_${name}` : name;
}
