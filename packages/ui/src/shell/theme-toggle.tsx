import { useState } from "react";

/** Switches between light and dark, and remembers the choice. */
export function ThemeToggle() {
  const [isDark, setDark] = useState(() => document.documentElement.dataset["theme"] === "dark");
  const toggle = (): void => {
    const theme = isDark ? "light" : "dark";
    document.documentElement.dataset["theme"] = theme;
    localStorage.setItem("clew.theme", theme);
    setDark(!isDark);
    // Canvases read their colours from the tokens, and learn of new ones by this.
    window.dispatchEvent(new Event("clew:theme"));
  };
  const label = isDark ? "Use the light theme" : "Use the dark theme";
  return (
    <button
      type="button"
      onClick={toggle}
      aria-label={label}
      title={label}
      className="grid size-7 place-items-center rounded-md text-muted hover:bg-hover hover:text-text"
    >
      <svg viewBox="0 0 16 16" className="size-4" fill="currentColor" aria-hidden>
        {isDark ? (
          <path
            d="M8 4.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7ZM8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1.100 1.100M11.900 11.900 13 13M3 13l1.100-1.100M11.900 4.100 13 3"
            stroke="currentColor"
            strokeWidth="1.3"
            strokeLinecap="round"
          />
        ) : (
          <path d="M13.500 10A6 6 0 0 1 6 2.500 6 6 0 1 0 13.500 10Z" />
        )}
      </svg>
    </button>
  );
}
