/**
 * What a disk would have of a directory, had it kept only what was synced. Follows a log of strace's: which files were
 * made, written, renamed and removed, and which of that an fsync or fdatasync has made durable.
 */
import {
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  truncateSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";

/** The calls that it must be shown. Nobody writes to these files through mappings or io_uring. */
export const TRACED_CALLS =
  "openat,open,creat,write,pwrite64,writev,pwritev,ftruncate,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,rmdir,link,linkat,mkdir,mkdirat,symlink,symlinkat";

const ARGUMENT = /(AT_FDCWD|\d+)<([^>]*)>|"((?:[^"\\]|\\.)*)"/g;
const CALL = /^(\w+)\((.*?) *\) += (-?\d+)/;

export class TracedDisk {
  /** Files that were removed before the trace told of them, and should be there. */
  missed = 0;
  /** Calls that made something durable. */
  syncs = 0;
  #root;
  #kept;
  #top = directoryNode();
  #nodes = 0;
  // pid --> what strace has shown so far of a call that has not returned
  #unfinished = new Map();
  // file descriptor and file --> where the next write goes
  #offsets = new Map();
  // How to take back, newest last, the changes of names since anything was synced.
  #undo = [];

  /** `kept` is a directory beside `root`, for links to files that may be removed. */
  constructor(root, kept) {
    this.#root = root;
    this.#kept = kept;
    mkdirSync(kept, { recursive: true });
    this.#scan(root, this.#top);
  }

  /** Takes a line of `strace -f -y`. */
  take(line) {
    const [, pid, text] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (text === undefined) return;
    if (text.endsWith("<unfinished ...>")) {
      const begun = text.slice(0, -"<unfinished ...>".length);
      this.#unfinished.set(pid, { begun, atEntry: this.#stateAtEntry(begun) });
      return;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(text);
    const { begun = "", atEntry } = (resumed === null ? undefined : this.#unfinished.get(pid)) ?? {};
    const whole = begun + (resumed === null ? text : resumed[1]);
    const [, name, args, result] = CALL.exec(whole) ?? [];
    if (name === undefined || Number(result) < 0) return;
    this.#called(name, args, Number(result), atEntry ?? this.#stateAtEntry(whole));
  }

  /**
   * Makes `target` what the disk has after a power cut. `strict`: of names only what an fsync of their directory made
   * durable, of bytes only what an fsync of their file did, as POSIX promises. Otherwise as a journaling file system does it:
   * names change in order, and any sync makes all changes before it durable; what was written since then is
   * there, or not, or in part.
   */
  cutPower(target, { strict, random }) {
    if (!strict) for (let left = Math.floor(random() * (this.#undo.length + 1)); left > 0; left--) this.#undo.pop()();
    this.#restore(
      this.#top,
      target,
      (node) => (strict ? node.syncedEntries : node.entries),
      (node) => {
        if (strict || random() < 0.5) return node.synced;
        return node.synced + Math.floor(random() * (node.written - node.synced + 1));
      },
    );
  }

  #restore(node, target, entriesOf, lengthOf) {
    mkdirSync(target);
    for (const [name, child] of entriesOf(node)) {
      const path = join(target, name);
      if (child.entries !== undefined) this.#restore(child, path, entriesOf, lengthOf);
      else if (child.link !== undefined) symlinkSync(child.link, path);
      else this.#restoreFile(child, path, lengthOf(child));
    }
  }

  #restoreFile(node, path, length) {
    this.#keep(node);
    if (!node.isKept) {
      this.missed++;
      return;
    }
    copyFileSync(join(this.#kept, String(node.id)), path);
    truncateSync(path, length);
  }

  #called(name, args, result, atEntry) {
    const given = [...args.matchAll(ARGUMENT)];
    const [first, second] = pathsOf(given);
    switch (name) {
      case "openat":
      case "open":
      case "creat":
        return this.#opened(first, args, result);
      case "write":
      case "writev":
        return this.#wrote(given[0], result);
      case "pwrite64":
      case "pwritev":
        return this.#wroteAt(given[0], Number(/, (\d+)$/.exec(args)?.[1]), result);
      case "ftruncate":
        return this.#cutTo(this.#find(given[0]?.[2]), Number(/, (\d+)$/.exec(args)?.[1]));
      case "fsync":
      case "fdatasync":
        return this.#synced(atEntry);
      case "rename":
      case "renameat":
      case "renameat2":
        return this.#renamed(first, second);
      case "link":
      case "linkat":
        return this.#named(second, this.#find(first));
      case "symlink":
      case "symlinkat":
        return this.#named(pathsOf(given.slice(1))[0], { link: given[0]?.[3] });
      case "mkdir":
      case "mkdirat":
        return this.#named(first, directoryNode());
      default:
        return this.#named(first, undefined);
    }
  }

  #opened(path, args, fd) {
    let node = this.#find(path);
    if (node === undefined && args.includes("O_CREAT")) {
      node = this.#newFile(0);
      this.#named(path, node);
      this.#keep(node);
    }
    if (node === undefined || node.entries !== undefined) return;
    if (args.includes("O_TRUNC")) this.#cutTo(node, 0);
    this.#offsets.set(`${fd} ${node.id}`, args.includes("O_APPEND") ? node.written : 0);
  }

  #wrote([, fd, path] = [], byteLength) {
    const node = this.#find(path);
    if (node === undefined) return;
    const key = `${fd} ${node.id}`;
    const end = (this.#offsets.get(key) ?? node.written) + byteLength;
    this.#offsets.set(key, end);
    node.written = Math.max(node.written, end);
  }

  #wroteAt([, , path] = [], offset, byteLength) {
    const node = this.#find(path);
    if (node !== undefined) node.written = Math.max(node.written, offset + byteLength);
  }

  #cutTo(node, length) {
    if (node === undefined) return;
    node.written = length;
    node.synced = Math.min(node.synced, length);
  }

  /** What a sync makes durable is what was there when it was called. */
  #stateAtEntry(call) {
    if (!call.startsWith("fsync(") && !call.startsWith("fdatasync(")) return undefined;
    const node = this.#find([...call.matchAll(ARGUMENT)][0]?.[2]);
    if (node === undefined) return undefined;
    return { node, written: node.written, entries: node.entries && new Map(node.entries), changes: [...this.#undo] };
  }

  #synced(atEntry) {
    if (atEntry === undefined) return;
    const { node, written, entries, changes } = atEntry;
    this.syncs++;
    if (entries === undefined) {
      node.synced = Math.max(node.synced, Math.min(written, node.written));
      this.#keep(node);
    } else node.syncedEntries = entries;
    const durable = new Set(changes);
    this.#undo = this.#undo.filter((change) => !durable.has(change));
  }

  #renamed(from, to) {
    const node = this.#find(from);
    if (node === undefined) return;
    const changes = this.#undo;
    this.#undo = [];
    this.#named(to, node);
    this.#named(from, undefined);
    const steps = this.#undo;
    // Nobody sees half a rename.
    changes.push(() => steps.toReversed().forEach((step) => step()));
    this.#undo = changes;
  }

  /** Gives a name to a node, or to none. */
  #named(path, node) {
    if (path === undefined) return;
    const parent = this.#find(dirname(path));
    if (parent?.entries === undefined) return;
    const name = basename(path);
    const before = parent.entries.get(name);
    put(parent.entries, name, node);
    if (node !== undefined) Object.assign(node, { parent, name });
    this.#undo.push(() => put(parent.entries, name, before));
  }

  #find(path) {
    if (path === undefined || !`${path}/`.startsWith(`${this.#root}/`)) return undefined;
    let node = this.#top;
    for (const name of path.slice(this.#root.length).split("/")) if (name !== "") node = node?.entries?.get(name);
    return node;
  }

  #pathOf(node) {
    return node === this.#top ? this.#root : join(this.#pathOf(node.parent), node.name);
  }

  #newFile(byteLength) {
    return { id: this.#nodes++, written: byteLength, synced: byteLength, isKept: false };
  }

  /** A link beside the directory, so that the file is there however often it is renamed, and after it was removed. */
  #keep(node) {
    if (node.isKept || node.id === undefined) return;
    try {
      linkSync(this.#pathOf(node), join(this.#kept, String(node.id)));
      node.isKept = true;
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
    }
  }

  #scan(path, node) {
    for (const name of readdirSync(path)) {
      const child = join(path, name);
      const stat = lstatSync(child);
      if (stat.isDirectory()) {
        const directory = directoryNode();
        node.entries.set(name, Object.assign(directory, { parent: node, name }));
        this.#scan(child, directory);
      } else if (stat.isSymbolicLink()) node.entries.set(name, { link: readlinkSync(child) });
      else {
        const file = Object.assign(this.#newFile(stat.size), { parent: node, name });
        node.entries.set(name, file);
        this.#keep(file);
      }
    }
    node.syncedEntries = new Map(node.entries);
  }
}

function directoryNode() {
  return { entries: new Map(), syncedEntries: new Map() };
}

function put(entries, name, node) {
  if (node === undefined) entries.delete(name);
  else entries.set(name, node);
}

/** Absolute paths of a call's arguments: texts, each below the directory before it where it is relative. */
function pathsOf(given) {
  const paths = [];
  let base = "";
  for (const [, , directory, text] of given) {
    if (text === undefined) base = directory;
    else paths.push((text.startsWith("/") ? text : join(base, text)).replace(/\/+$/, ""));
  }
  return paths;
}
