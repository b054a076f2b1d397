/** Users and passwords as Apache's `htpasswd` writes them: bcrypt, MD5, SHA-1, salted SHA-1, and plain text. */
import { createHash, timingSafeEqual } from "node:crypto";
import md5 from "apache-md5";
import { compare } from "bcryptjs";

// Its types describe a module that has the function inside; it is the function.
const apacheMd5 = md5 as unknown as (password: string, hashed: string) => string;

/** User --> hashed password. Of a user that stands twice the last counts. */
export function parseHtpasswd(text: string): Map<string, string> {
  const users = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    if (colon > 0 && !line.startsWith("#")) users.set(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  return users;
}

export async function matches(password: string, hashed: string): Promise<boolean> {
  if (/^\$2[abxy]\$/.test(hashed)) return compare(password, hashed.replace(/^\$2[xy]\$/, "$2b$"));
  if (hashed.startsWith("$apr1$") || hashed.startsWith("$1$")) return isSame(hashed, apacheMd5(password, hashed));
  if (hashed.startsWith("{SHA}")) return isSame(hashed.slice(5), sha1(Buffer.from(password)).toString("base64"));
  if (hashed.startsWith("{SSHA}")) {
    const bytes = Buffer.from(hashed.slice(6), "base64");
    return isSame(bytes.subarray(0, 20), sha1(Buffer.concat([Buffer.from(password), bytes.subarray(20)])));
  }
  return isSame(hashed, password);
}

function sha1(bytes: Uint8Array): Buffer {
  return createHash("sha1").update(bytes).digest();
}

/** Takes the same time whatever they have in common. */
function isSame(expected: string | Uint8Array, given: string | Uint8Array): boolean {
  const [a, b] = [expected, given].map((one) => createHash("sha256").update(one).digest());
  return timingSafeEqual(a!, b!);
}
