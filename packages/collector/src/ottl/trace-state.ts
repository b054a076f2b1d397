/** W3C's `tracestate` header: `vendor=value,other=value`, the newest first. */

const KEY = /^(?:[a-z0-9][_\-*/a-z0-9]{0,240}@[a-z][_\-*/a-z0-9]{0,13}|[a-z][_\-*/a-z0-9]{0,255})$/;
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const MAX_MEMBERS = 32;

type Member = readonly [key: string, value: string];

/** The value of a key, empty where there is none; null where the state cannot be read. */
export function getTraceState(state: string, key: string): string | null {
  const members = parse(state);
  if (members === undefined) return null;
  return members.find(([name]) => name === key)?.[1] ?? "";
}

/** The state with the key put in front; undefined where it cannot be. */
export function withTraceState(state: string, key: string, value: string): string | undefined {
  const members = parse(state);
  if (members === undefined || !KEY.test(key) || !VALUE.test(value)) return undefined;
  const others = members.filter(([name]) => name !== key).slice(0, MAX_MEMBERS - 1);
  return [[key, value], ...others].map((member) => member.join("=")).join(",");
}

function parse(state: string): Member[] | undefined {
  const members: Member[] = [];
  if (state === "") return members;
  for (const part of state.split(",")) {
    if (part.trim() === "") continue;
    const at = part.indexOf("=");
    const member: Member = [part.slice(0, at).trimStart(), part.slice(at + 1).trimEnd()];
    if (at < 0 || !KEY.test(member[0]) || !VALUE.test(member[1])) return undefined;
    if (members.some(([name]) => name === member[0]) || members.length === MAX_MEMBERS) return undefined;
    members.push(member);
  }
  return members;
}
