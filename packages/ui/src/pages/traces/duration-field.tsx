import { useState } from "react";
import { durationText } from "./duration-text.ts";

interface DurationFieldProps {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string | undefined;
  readonly onChange: (value: string | undefined) => void;
}

/** A duration that counts when Enter is pressed or the field left. */
export function DurationField({ label, placeholder, value, onChange }: DurationFieldProps) {
  const [text, setText] = useState(value ?? "");
  const [shown, setShown] = useState(value);
  if (shown !== value) {
    setShown(value);
    setText(value ?? "");
  }
  const duration = durationText(text);
  const isWrong = text.trim() !== "" && duration === undefined;
  const settle = (): void => {
    if (!isWrong && duration !== value) onChange(duration);
  };
  return (
    <input
      aria-label={label}
      aria-invalid={isWrong}
      title={isWrong ? 'Write a duration such as "250ms" or "1.5s"' : label}
      placeholder={placeholder}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={settle}
      onKeyDown={(event) => {
        if (event.key === "Enter") settle();
      }}
      className={`h-7 w-22 rounded-md border bg-ground px-2 text-sm placeholder:text-muted aria-invalid:border-error ${value === undefined ? "border-line" : "border-accent/60"}`}
    />
  );
}
