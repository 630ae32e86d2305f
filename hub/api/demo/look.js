/*
 * How the page looks and reads: theme, language, direction. An ordinary script in the head, so that it is settled before
 * anything is drawn and before the elements, which read the language, are loaded. What the address says counts for this
 * page only (`?theme=dark&lang=ru&dir=rtl`); what is chosen in the footer is kept for all tabs.
 */
"use strict";

{
  const CHOICES = {theme: ["system", "light", "dark"], lang: ["en", "ru"], dir: ["ltr", "rtl"]};
  const address = new URLSearchParams(location.search);
  const kept = (name) => {
    try {
      return localStorage.getItem(`demo-${name}`);
    } catch {
      return null; // a browser that keeps nothing for this page
    }
  };
  const root = document.documentElement;
  for (const [name, choices] of Object.entries(CHOICES)) {
    root.dataset[name] = [address.get(name), kept(name)].find((value) => choices.includes(value)) ?? choices[0];
  }
  root.lang = root.dataset.lang;
  root.dir = root.dataset.dir;
  if (address.has("as")) root.dataset.as = address.get("as");
}
