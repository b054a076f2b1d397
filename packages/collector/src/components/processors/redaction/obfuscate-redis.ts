/** Redis commands without the values that they carry. Keys stay, as they do in the original. */

/** Which of a command's arguments are values. */
type Values = (args: readonly string[]) => ReadonlySet<number>;

const only =
  (...positions: readonly number[]): Values =>
  () =>
    new Set(positions);
/** Every `step`-th from `first` on. */
const from =
  (first: number, step = 1): Values =>
  (args) =>
    new Set(args.map((_arg, i) => i).filter((i) => i >= first && (i - first) % step === 0));

const VALUES: Readonly<Record<string, Values>> = {
  ...each(from(0), "AUTH", "HELLO", "EVAL_RO", "MIGRATE"),
  ...each(only(1), "APPEND", "GETSET", "LPUSHX", "GEORADIUSBYMEMBER", "RPUSHX", "SET", "SETNX", "SISMEMBER"),
  ...each(only(1), "ZRANK", "ZREVRANK", "ZSCORE"),
  ...each(only(2), "HSETNX", "LREM", "LSET", "SETBIT", "SETEX", "PSETEX", "SETRANGE", "ZINCRBY", "SMOVE", "RESTORE"),
  ...each(only(3), "LINSERT"),
  ...each(from(1), "GEOHASH", "GEOPOS", "GEODIST", "LPUSH", "RPUSH", "SREM", "ZREM", "SADD", "PUBLISH"),
  ...each(from(3, 3), "GEOADD"),
  ...each(from(2, 2), "HSET", "HMSET"),
  ...each(from(1, 2), "MSET", "MSETNX"),
  BITFIELD: (args) => new Set(args.flatMap((arg, i) => (arg.toUpperCase() === "SET" ? [i + 3] : []))),
  CONFIG: (args) => (args[0]?.toUpperCase() === "SET" ? new Set([2]) : new Set()),
  ZADD: zaddMembers,
};

/** A command a line. What is no command that carries values stays. */
export function obfuscateRedis(text: string): string {
  return text
    .split("\n")
    .map((line) => obfuscateCommand(line.trim()))
    .join("\n");
}

function obfuscateCommand(line: string): string {
  const [command = "", ...args] = line.match(/"(?:[^"\\]|\\.)*"?|'[^']*'?|\S+/g) ?? [];
  const values = VALUES[command.toUpperCase()]?.(args);
  if (values === undefined || args.length === 0) return [command, ...args].join(" ");
  if (values.size >= args.length && values.has(0)) return `${command} ?`;
  return [command, ...args.map((arg, i) => (values.has(i) ? "?" : arg))].join(" ");
}

/** `ZADD key [options] score member …`: the members. */
function zaddMembers(args: readonly string[]): ReadonlySet<number> {
  let first = 1;
  while (/^(?:NX|XX|GT|LT|CH|INCR)$/i.test(args[first] ?? "")) first++;
  return from(first + 1, 2)(args);
}

function each(values: Values, ...commands: readonly string[]): Record<string, Values> {
  return Object.fromEntries(commands.map((command) => [command, values]));
}
