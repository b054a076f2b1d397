import { useVirtualizer, type Virtualizer, type VirtualizerOptions } from "@tanstack/react-virtual";

type Rows = Virtualizer<HTMLDivElement, Element>;
type RowOptions = Pick<VirtualizerOptions<HTMLDivElement, Element>, "count" | "getScrollElement" | "estimateSize"> &
  Partial<VirtualizerOptions<HTMLDivElement, Element>>;

/** The rows of a long list that are in view. */
export function useRows(options: RowOptions): Rows {
  // oxlint-disable-next-line react/incompatible-library -- what it returns is read in the render that calls it, and not kept
  return useVirtualizer<HTMLDivElement, Element>({ overscan: 12, ...options });
}
