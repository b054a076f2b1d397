/**
 * Makes addresses that differ only in ids alike: path segments that look made rather than
 * written become `*`, and what follows `?` or `#` goes.
 */

/** Segments longer than this are taken for made ones. */
const MAX_WRITTEN_LENGTH = 25;

export function sanitizedUrl(url: string): string {
  const [, origin = "", path = ""] = /^([a-z][a-z0-9+.-]*:\/\/[^/?#]*)?([^?#]*)/i.exec(url) ?? [];
  return (
    origin +
    path
      .split("/")
      .map((segment) => (isMade(segment) ? "*" : segment))
      .join("/")
  );
}

function isMade(segment: string): boolean {
  if (segment === "") return false;
  if (/^v\d+(\.\d+)*$/i.test(segment)) return false; // An API's version.
  const digits = segment.replaceAll(/\D/g, "").length;
  if (digits === segment.length || segment.length > MAX_WRITTEN_LENGTH) return true;
  if (/^[0-9a-f]{8}-[0-9a-f]{4}-/i.test(segment) || /[@%=]/.test(segment)) return true;
  return digits > 2 && digits * 4 >= segment.length;
}
