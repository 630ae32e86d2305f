/** The fields of a message to many people: what is written, to which groups, and what is wrong with it. */

import {EMPTY, LONGEST, measure} from "./broadcast-draft.js";
import {element} from "./dom.js";
import {finder, MANY} from "./finder.js";
import {number, words} from "./strings.js";

/**
 * @typedef {import("./broadcast-draft.js").Draft} Draft
 * @typedef {import("./broadcast-draft.js").Fault} Fault
 * @typedef {{id: string, name: string}} Group
 */

export class Fields {
  #message = element("textarea", {id: "message", rows: 5, "aria-describedby": "message-fault count"});
  #at = input("at", {type: "datetime-local", "aria-label": words.broadcastAt, "aria-describedby": "expires_at-fault"});
  #inputs = {
    title: input("title", {maxlength: 500, placeholder: words.broadcastOptional}),
    message: this.#message,
    url: input("url", {type: "url", placeholder: words.broadcastOptional}),
    until: element("select", {id: "expires_at", "aria-describedby": "expires_at-fault"},
      ...words.broadcastUntil.map(([value, text]) => element("option", {value, text}))),
    at: this.#at,
  };
  #count = element("span", {id: "count", class: "quiet"});
  #find = element("div");
  #list = element("div", {class: "groups"});
  /** Chosen before there was anything to choose from. @type {string[]} */
  #kept = [];

  node = element("div", {class: "fields"},
    field("title", words.broadcastTitle, this.#inputs.title),
    field("message", words.broadcastMessage, this.#message, element("div", {class: "tools"},
      this.#tool(words.broadcastBold, "bold", "<b>", "</b>"), this.#tool(words.broadcastItalic, "italic", "<i>", "</i>"),
      this.#tool(words.broadcastLink, "underlined", '<a href="https://">', "</a>"), this.#count)),
    element("fieldset", {id: "groups", tabindex: -1, "aria-describedby": "groups-fault"},
      element("legend", {text: words.broadcastGroups}), this.#find, this.#list, fault("groups")),
    element("div", {class: "pair"}, field("url", words.broadcastLink, this.#inputs.url),
      field("expires_at", words.broadcastExpires, this.#inputs.until, this.#at)));

  /** @param {() => void} chosen called when other groups are chosen */
  constructor(chosen) {
    this.#list.addEventListener("change", chosen);
    this.node.addEventListener("input", ({target}) => this.#changed(/** @type {HTMLElement} */ (target)));
    this.draft = EMPTY;
  }

  /** What is written now. @returns {Draft} */
  get draft() {
    const written = Object.entries(this.#inputs).map(([name, {value}]) => [name, value]);
    const boxes = this.#boxes();
    const groups = boxes.length ? boxes.filter((box) => box.checked).map((box) => box.value) : this.#kept;
    return {...Object.fromEntries(written), groups};
  }

  set draft({groups, ...written}) {
    for (const [name, value] of Object.entries(written)) this.#inputs[/** @type {keyof typeof written} */ (name)].value = value;
    this.#kept = groups;
    for (const box of this.#boxes()) box.checked = groups.includes(box.value);
    this.#follow();
    this.blame([]);
  }

  focus() {
    this.#message.focus();
  }

  /** Offer these groups; those chosen before stay so. @param {readonly Group[]} groups */
  offer(groups) {
    const {groups: chosen} = this.draft;
    const rows = groups.map(({id, name}) => ({text: name || id, node: element("label", {},
      element("input", {type: "checkbox", value: id, checked: chosen.includes(id)}), name || id)}));
    this.#list.replaceChildren(...rows.map(({node}) => node));
    this.#find.replaceChildren(rows.length > MANY ? finder(rows) : "");
  }

  /** The names of the chosen groups. */
  get names() {
    return this.#boxes().filter((box) => box.checked).map((box) => box.parentElement?.textContent ?? "");
  }

  /**
   * Show beside each field what is wrong with it, and go to the first of them.
   * @param {readonly Fault[]} wrong
   * @returns {boolean} whether any of them has its place here
   */
  blame(wrong) {
    const places = [...this.node.querySelectorAll(".wrong")];
    const faulty = places.filter((place) => {
      const said = wrong.filter(({field: name}) => place.id === `${name.split("[")[0]}-fault`);
      return this.#mark(place, said.map(({message}) => message).join("; "));
    });
    if (faulty[0]) this.#fieldOf(faulty[0]).focus();
    return faulty.length > 0;
  }

  #boxes() {
    return [...this.#list.querySelectorAll("input")];
  }

  /** What was said of a field does not hold for what is written now. @param {HTMLElement} target */
  #changed(target) {
    const place = target.closest("fieldset, .field")?.querySelector(".wrong");
    if (place) this.#mark(place, "");
    this.#follow();
  }

  /** @param {Element} place @returns {HTMLElement} */
  #fieldOf(place) {
    return /** @type {HTMLElement} */ (this.node.querySelector(`#${place.id.replace("-fault", "")}`));
  }

  /** @param {Element} place @param {string} said */
  #mark(place, said) {
    place.textContent = said;
    this.#fieldOf(place).setAttribute("aria-invalid", String(said !== ""));
    return said;
  }

  #follow() {
    const length = measure(this.#message.value);
    this.#count.textContent = `${number(length)} / ${number(LONGEST)}`;
    this.#count.classList.toggle("over", length > LONGEST);
    this.#at.hidden = this.#inputs.until.value !== "at";
  }

  /**
   * A button that puts what is selected between two tags; the address of a link is selected, to be written over.
   * @param {string} text
   * @param {string} look
   * @param {string} open
   * @param {string} close
   */
  #tool(text, look, open, close) {
    return element("button", {class: `action ${look}`, text, onclick: () => {
      const area = this.#message;
      const {selectionStart: start, selectionEnd: end} = area;
      area.setRangeText(open + area.value.slice(start, end) + close, start, end);
      const address = open.indexOf("https");
      if (address > 0) area.setSelectionRange(start + address, start + open.length - 2);
      else area.setSelectionRange(start + open.length, end + open.length);
      area.focus();
      this.#changed(area);
    }});
  }
}

/** @param {string} name @param {Record<string, unknown>} attributes */
function input(name, attributes) {
  return element("input", {id: name, autocomplete: "off", "aria-describedby": `${name}-fault`, ...attributes});
}

/** Room for what is wrong with a field. @param {string} name */
const fault = (name) => element("p", {id: `${name}-fault`, class: "wrong"});

/**
 * A field below its label.
 * @param {string} name
 * @param {string} label
 * @param {...HTMLElement} nodes
 */
function field(name, label, ...nodes) {
  return element("div", {class: "field"}, element("label", {for: name, text: label}), ...nodes, fault(name));
}
