/**
 * A service's colour: one of 24 hues by a hash of its name, the same on every page, on every
 * machine. Hues near red and amber are left out, since those mean errors and warnings.
 */
const HUES = Array.from({ length: 24 }, (_unused, i) => (100 + i * (255 / 23)) % 360);

export function serviceHue(service: string): number {
  let hash = 2_166_136_261;
  for (let i = 0; i < service.length; i++) hash = Math.imul(hash ^ service.charCodeAt(i), 16_777_619);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 2_246_822_507);
  hash ^= hash >>> 13;
  return HUES[(hash >>> 0) % HUES.length] ?? 250;
}

/** A CSS colour that follows the theme. */
export function serviceColour(service: string): string {
  return `oklch(var(--service-lightness) var(--service-chroma) ${serviceHue(service)})`;
}
