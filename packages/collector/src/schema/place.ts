/** Where something is written, counted from 1. */
export interface Position {
  /** The file's name; empty where it has none. */
  readonly source: string;
  readonly line: number;
  readonly column: number;
}

/** A fault in a configuration: where, what, and what to write instead. */
export interface ConfigProblem {
  /** `processors::batch::timeout` */
  readonly path: string;
  readonly what: string;
  readonly remedy?: string | undefined;
  /** The path whose position is meant, where that is another one: that of an unknown key. */
  readonly at?: string | undefined;
  readonly position?: Position | undefined;
}

/** Where in the configuration a value stands, and where its faults are gathered, so that all are told at once. */
export class Place {
  readonly path: string;
  /** The path below the component, parted by dots, as the Collector's messages name it; empty for the component. */
  readonly name: string;
  readonly problems: ConfigProblem[];

  constructor(path: string, problems: ConfigProblem[], name = "") {
    this.path = path;
    this.problems = problems;
    this.name = name;
  }

  at(key: string | number): Place {
    const name = typeof key === "number" ? `${this.name}[${key}]` : `${this.name}${this.name === "" ? "" : "."}${key}`;
    return new Place(this.path === "" ? String(key) : `${this.path}::${key}`, this.problems, name);
  }

  /** `key` below this place is what is wrong, where it is not the whole. */
  problem(what: string, remedy?: string, key?: string): void {
    const at = key === undefined ? undefined : this.at(key).path;
    this.problems.push({ path: this.path, what, remedy, ...(at === undefined ? {} : { at }) });
  }
}
