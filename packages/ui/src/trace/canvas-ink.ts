/** Canvases draw with the stylesheet's tokens, which they cannot name by `var()`. */
import { useEffect, useState } from "react";
import { serviceHue } from "../service/service-colour.ts";

export interface CanvasInk {
  /** A token of theme.css by its name without dashes. */
  readonly token: (name: string) => string;
  readonly service: (name: string) => string;
}

/** The colours of the theme, renewed when it changes, so that a canvas draws again. */
export function useCanvasInk(): CanvasInk {
  const [ink, setInk] = useState(canvasInk);
  useEffect(() => {
    const onTheme = (): void => setInk(canvasInk());
    window.addEventListener("clew:theme", onTheme);
    return () => window.removeEventListener("clew:theme", onTheme);
  }, []);
  return ink;
}

function canvasInk(): CanvasInk {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const lightness = token("service-lightness");
  const chroma = token("service-chroma");
  return { token, service: (name) => `oklch(${lightness} ${chroma} ${serviceHue(name)})` };
}

/** Sizes the canvas for the screen's pixels and clears it; draw in CSS pixels. Undefined where there is nothing to draw on. */
export function clearedCanvas(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
): CanvasRenderingContext2D | undefined {
  const context = canvas.getContext("2d");
  if (context === null || width <= 0 || height <= 0) return undefined;
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}
