// The menus of the top bar: one open at a time, closed by a click elsewhere or Escape.

const open = () => [...document.querySelectorAll("details.pop[open]")];

document.addEventListener("click", (event) => { for (const one of open()) if (!one.contains(event.target)) one.open = false; });
document.addEventListener("keydown", (event) => {
  const one = event.key === "Escape" && open()[0];
  if (!one) return;
  one.open = false;
  one.querySelector("summary").focus();
});
