// Dark or light: as the system has it, unless somebody chose otherwise here.
const NAME = "interlock-theme";
const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");

function show(): void {
  root.dataset["theme"] = localStorage.getItem(NAME) ?? (system.matches ? "dark" : "light");
}

show();
system.addEventListener("change", show);

export const theme = {
  dark: (): boolean => root.dataset["theme"] === "dark",
  toggle(): boolean {
    localStorage.setItem(NAME, this.dark() ? "light" : "dark");
    show();
    return this.dark();
  },
};
