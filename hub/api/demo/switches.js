/** The footer: theme, language and direction, chosen once for all tabs. */

const ELEMENTS = "hub-popups, hub-bell, hub-preferences, hub-broadcast";
const PREFIX = "demo-";
const root = document.documentElement;

/** Show what is chosen, here or in another tab, and let it be chosen anew. */
export function offerLooks() {
  document.getElementById("looks").addEventListener("change", ({target: {name, value}}) => {
    localStorage.setItem(PREFIX + name, value);
    const address = new URL(location.href);
    address.searchParams.delete(name);
    history.replaceState(null, "", address);
    wear(name, value);
  });
  window.addEventListener("storage", ({key, newValue}) => {
    const name = key?.startsWith(PREFIX) ? key.slice(PREFIX.length) : "";
    if (["theme", "lang", "dir"].includes(name) && newValue && !new URLSearchParams(location.search).has(name)) wear(name, newValue);
  });
  show();
}

function wear(name, value) {
  if (root.dataset[name] === value) return;
  root.dataset[name] = value;
  if (name === "lang") location.reload(); // the elements read it when they are loaded
  show();
}

function show() {
  root.dir = root.dataset.dir;
  for (const box of document.querySelectorAll("#looks input")) box.checked = root.dataset[box.name] === box.value;
  for (const element of document.querySelectorAll(ELEMENTS)) dress(element);
}

/** Give an element the theme that is chosen; by itself it follows the system. */
export function dress(element) {
  const {theme} = root.dataset;
  if (theme === "system") element.removeAttribute("data-theme");
  else element.setAttribute("data-theme", theme);
}
