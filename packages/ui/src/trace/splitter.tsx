import { useState } from "react";

interface SplitterProps {
  readonly label: string;
  /** The size in pixels of what is split off. */
  readonly size: number;
  readonly least: number;
  readonly most: number;
  /** Whether dragging to the left makes it larger. */
  readonly isAfter?: boolean;
  readonly onSize: (size: number) => void;
  readonly className?: string;
}

const KEY_STEP = 16;

/** A vertical bar that is dragged, or moved by the arrow keys, to share the width. */
export function Splitter({ label, size, least, most, isAfter = false, onSize, className = "" }: SplitterProps) {
  const resize = (wanted: number): void => onSize(Math.round(Math.max(least, Math.min(most, wanted))));
  const onPointerDown = (down: React.PointerEvent<HTMLDivElement>): void => {
    down.preventDefault();
    const bar = down.currentTarget;
    bar.setPointerCapture(down.pointerId);
    const move = (event: PointerEvent): void => {
      const moved = event.clientX - down.clientX;
      resize(size + (isAfter ? -moved : moved));
    };
    bar.addEventListener("pointermove", move);
    bar.addEventListener("lostpointercapture", () => bar.removeEventListener("pointermove", move), { once: true });
  };
  return (
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label={label}
      aria-valuenow={size}
      aria-valuemin={least}
      aria-valuemax={most}
      tabIndex={0}
      onPointerDown={onPointerDown}
      onKeyDown={(event) => {
        const step = event.key === "ArrowLeft" ? -KEY_STEP : event.key === "ArrowRight" ? KEY_STEP : 0;
        if (step === 0) return;
        event.stopPropagation();
        resize(size + (isAfter ? -step : step));
      }}
      className={`group z-20 flex w-2 shrink-0 cursor-col-resize touch-none justify-center ${className}`}
    >
      <span className="h-full w-px bg-line group-hover:w-0.5 group-hover:bg-accent group-active:bg-accent" />
    </div>
  );
}

/** A size that is remembered on this machine under `name`. */
export function useStoredSize(name: string, usual: number): readonly [number, (size: number) => void] {
  const [size, setSize] = useState(() => Number(localStorage.getItem(name)) || usual);
  const store = (next: number): void => {
    localStorage.setItem(name, String(next));
    setSize(next);
  };
  return [size, store];
}
