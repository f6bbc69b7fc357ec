// Light or dark: the system's setting, until the user chooses another.

const KEPT = "latentlink-theme";

export function dressTheme(button) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const now = () => localStorage.getItem(KEPT) ?? (system.matches ? "dark" : "light");
  const other = () => now() === "dark" ? "light" : "dark";
  const dress = () => {
    document.documentElement.dataset.theme = now();
    button.textContent = other();
    button.ariaLabel = `Switch to ${other()} colours`;
    dispatchEvent(new Event("themechange"));
  };
  button.addEventListener("click", () => {
    localStorage.setItem(KEPT, other());
    dress();
  });
  system.addEventListener("change", dress);
  dress();
}
