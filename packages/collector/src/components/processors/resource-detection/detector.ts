/** Finds out where the collector runs. */

/** What a detector may touch of the machine. */
export interface DetectorWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Gets an address. Rejects where it does not answer with 200. `socketPath` is that of a unix socket. */
  readonly get: (url: string, options?: GetOptions) => Promise<string>;
}

export interface GetOptions {
  readonly method?: "GET" | "PUT";
  readonly headers?: Readonly<Record<string, string>>;
  readonly socketPath?: string;
  readonly timeoutMs?: number;
}

/** Attributes by their names. */
export type Detected = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** Resolves with all that it knows; nothing where the collector does not run in its place. Rejects where that cannot be told. */
export type Detector = (world: DetectorWorld) => Promise<Detected>;

/** Those attributes of the detected that are on: by default `defaults`, unless configured otherwise. */
export function chosen(
  detected: Detected,
  defaults: readonly string[] | "all",
  configured: Readonly<Record<string, { readonly enabled: boolean }>>,
): Detected {
  const isOn = (name: string): boolean => configured[name]?.enabled ?? (defaults === "all" || defaults.includes(name));
  return Object.fromEntries(
    Object.entries(detected).filter(([name, value]) => value !== undefined && value !== "" && isOn(name)),
  );
}
