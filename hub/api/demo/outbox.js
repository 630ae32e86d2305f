/** The e-mails and texts that would go out: without a mail server and a provider of texts they stay in the hub's outbox. */

import {find, make} from "./dom.js";
import {call} from "./happen.js";
import {words} from "./words.js";

const LOOK_MS = 1000;
let newest = null;

/** Show the outbox, and go on looking into it. */
export async function watchOutbox() {
  const {messages} = await call("/demo/outbox").catch(() => ({messages: null}));
  const last = messages && `${messages.length} ${messages[0]?.at} ${messages[0]?.notification} ${messages[0]?.channel}`;
  if (messages && last !== newest) {
    newest = last;
    find("outbox").replaceChildren(...messages.map(show));
    find("unsent").hidden = messages.length > 0;
  }
  setTimeout(() => void watchOutbox(), LOOK_MS);
}

function show({channel, to, subject, text}) {
  const heading = make("summary", {}, make("span", {class: `state ${channel}`}, channel === "email" ? words.email : words.sms),
    make("b", {dir: "ltr"}, to), make("span", {class: "words"}, subject ?? text));
  return make("li", {}, make("details", {}, heading, make("pre", {}, text)));
}
