// Runs before the first paint, so that a page never flashes in the other theme.
const choice = localStorage.getItem("clew.theme");
const dark = choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
document.documentElement.dataset.theme = dark ? "dark" : "light";
