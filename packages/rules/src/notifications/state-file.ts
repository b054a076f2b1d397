/** Where something small is kept over the program's end. */
export interface StateFile {
  /** Undefined where nothing was kept yet. */
  read(): Promise<string | undefined>;
  /** Resolves once it is kept; what was kept before stays until then. */
  write(text: string): Promise<void>;
}
