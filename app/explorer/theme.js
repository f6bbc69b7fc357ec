// Light or dark: as the system says, until somebody says otherwise.

const KEPT = "latentlink-theme";

/** Let a button switch between light and dark. */
export function dressTheme(button) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (localStorage.getItem(KEPT) ?? (system.matches ? "dark" : "light")) === "dark";
  const dress = () => {
    document.documentElement.dataset.theme = isDark() ? "dark" : "light";
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", `Switch to ${isDark() ? "light" : "dark"} colours`);
    dispatchEvent(new Event("themechange"));
  };
  button.addEventListener("click", () => {
    localStorage.setItem(KEPT, isDark() ? "light" : "dark");
    dress();
  });
  system.addEventListener("change", dress);
  dress();
}
