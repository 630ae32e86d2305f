/** Importing this defines the elements, in Russian where the page is, else in English. */

import {HubBell} from "./bell.js";
import {HubBroadcast} from "./broadcast.js";
import {HubPopups} from "./popups.js";
import {HubPreferences} from "./preferences.js";
import {translate} from "./strings.js";

export {HubBell, HubBroadcast, HubPopups, HubPreferences, translate};

const ELEMENTS = {"hub-popups": HubPopups, "hub-bell": HubBell, "hub-preferences": HubPreferences, "hub-broadcast": HubBroadcast};

if (document.documentElement.lang.startsWith("ru")) {
  // Without the words there are the English ones.
  await import("./locales/ru.js").then((ru) => translate(ru.default), () => undefined);
}
for (const [name, constructor] of Object.entries(ELEMENTS)) if (!customElements.get(name)) customElements.define(name, constructor);
