/** What Node can do from which version on, where asking it does not tell. */

/** The first versions whose synchronous `load` hook leaves `require` inside of ES modules as it was. */
export function synchronousLoadHooksWork(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  if (major === 22) return minor > 22 || (minor === 22 && patch >= 3);
  if (major === 24) return minor > 11 || (minor === 11 && patch >= 1);
  return major === 25 ? minor >= 1 : major > 25;
}

/** Whether Node publishes `http.client.request.created`, early enough to add headers. */
export function nodeTellsOfRequests(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 23 || (major === 22 && minor >= 12) || (major === 23 && minor >= 2);
}
