/** The theme's tokens for canvases, which know no CSS variables. */
import { useSyncExternalStore } from "react";
import { serviceHue } from "../service/service-colour.ts";

export type Theme = "light" | "dark";

/** The theme that is on; renders again when it changes. */
export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, currentTheme);
}

/** A token's value now, by its name: `--line`. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export interface SeriesStyle {
  readonly stroke: string;
  readonly dash: readonly number[];
}

const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 3], [10, 3, 2, 3]];
/** The lightness of a service's further series, in percent points off its colour. */
const SHIFTS = [0, -14, 12, -24];

/**
 * A series' stroke: its service's colour. `rank` counts the series of the same service, whose
 * lightness and dashes differ, so that they are told apart without knowing the hue.
 */
export function seriesStyle(name: string, rank: number, theme: Theme): SeriesStyle {
  const [lightness, chroma] = theme === "dark" ? [72, 0.12] : [60, 0.13];
  const shift = SHIFTS[rank % SHIFTS.length] ?? 0;
  return {
    stroke: `oklch(${lightness + shift}% ${chroma} ${serviceHue(name).toFixed(1)})`,
    dash: DASHES[Math.floor(rank / SHIFTS.length) % DASHES.length] ?? [],
  };
}

function subscribe(onChange: () => void): () => void {
  const observer = new MutationObserver(onChange);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  return () => observer.disconnect();
}

function currentTheme(): Theme {
  return document.documentElement.dataset["theme"] === "dark" ? "dark" : "light";
}
