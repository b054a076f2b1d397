import { formatCount } from "../../format/format.ts";

/** Says how many newer records there are; a press shows them. */
export function NewPill({ count, onPress }: { readonly count: number; readonly onPress: () => void }) {
  return (
    <button
      type="button"
      onClick={onPress}
      className="absolute top-2 left-1/2 z-10 -translate-x-1/2 rounded-full bg-accent px-3 py-1 text-sm font-medium text-accent-text shadow-popup"
    >
      ↑ {formatCount(count)} new
    </button>
  );
}
