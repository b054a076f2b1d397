import { useState } from "react";
import { ComboBox, Input, ListBox, ListBoxItem, Popover } from "react-aria-components";
import { ServiceName } from "../../service/service-name.tsx";

interface ChoiceProps {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string | undefined;
  readonly items: readonly string[];
  readonly isService?: boolean;
  readonly isDisabled?: boolean;
  readonly className?: string;
  readonly onChoose: (value: string | undefined) => void;
}

/** A field that offers what there is; other text counts too, when Enter is pressed or the field left. */
export function Choice(props: ChoiceProps) {
  const { label, placeholder, value, items, isService = false, isDisabled = false, className = "", onChoose } = props;
  const [text, setText] = useState(value ?? "");
  const [shown, setShown] = useState(value);
  if (shown !== value) {
    setShown(value);
    setText(value ?? "");
  }
  const settle = (next: string): void => {
    const chosen = next.trim() === "" ? undefined : next.trim();
    if (chosen !== value) onChoose(chosen);
  };
  return (
    <ComboBox
      aria-label={label}
      inputValue={text}
      onInputChange={setText}
      selectedKey={value ?? null}
      onSelectionChange={(key) => {
        if (typeof key === "string") settle(key);
      }}
      defaultItems={items.map((name) => ({ name }))}
      menuTrigger="focus"
      allowsCustomValue
      allowsEmptyCollection={false}
      isDisabled={isDisabled}
      onBlur={() => settle(text)}
      className={className}
    >
      <div className="relative">
        <Input
          placeholder={placeholder}
          onFocus={(event) => event.currentTarget.select()}
          onKeyDown={(event) => {
            // With an offer pointed at, Enter takes that.
            const isOffered = event.currentTarget.hasAttribute("aria-activedescendant");
            if (event.key === "Enter" && !isOffered) settle(event.currentTarget.value);
          }}
          className={`h-7 w-full rounded-md border bg-ground pr-6 pl-2 text-sm placeholder:text-muted disabled:opacity-50 ${value === undefined ? "border-line" : "border-accent/60"}`}
        />
        {value !== undefined && (
          <button
            type="button"
            aria-label={`Any ${label.toLowerCase()}`}
            title={`Any ${label.toLowerCase()}`}
            onClick={() => onChoose(undefined)}
            className="absolute inset-y-0 right-0 w-6 text-muted hover:text-text"
          >
            ×
          </button>
        )}
      </div>
      <Popover
        placement="bottom start"
        className="max-h-80 min-w-(--trigger-width) overflow-y-auto rounded-md border border-line bg-surface p-1 shadow-popup"
      >
        <ListBox<{ name: string }> className="outline-none">
          {({ name }) => (
            <ListBoxItem
              id={name}
              textValue={name}
              className="flex h-7 max-w-md cursor-default items-center rounded-sm px-2 text-sm outline-none data-focused:bg-hover data-selected:font-medium"
            >
              {isService ? <ServiceName name={name} /> : <span className="truncate">{name}</span>}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}
