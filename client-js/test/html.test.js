// @vitest-environment happy-dom
import {expect, test} from "vitest";
import {rich} from "../src/html.js";

/** Show a message in a page; give what became of it. */
function shown(html) {
  const host = document.createElement("div");
  host.append(rich(html));
  return host;
}

const elements = (host) => [...host.querySelectorAll("*")].map(({localName, attributes}) => [localName, ...[...attributes].map(({name}) => name)].join(" "));

test("the elements of a message are shown, with breaks and characters", () => {
  const host = shown("<p>A <strong>b</strong> <i>c<em>d</em></i></p><div>e<br>f</div>&lt;g&gt; &amp; &quot;h&quot;&nbsp;i &#39;");
  expect(host.textContent).toBe("A b cdef<g> & \"h\"\u00a0i '");
  expect(elements(host)).toEqual(["p", "strong", "i", "em", "div", "br"]);
});

test.each([
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "<svg/onload=alert(1)>",
  "<iframe srcdoc='&lt;script&gt;'></iframe>",
  "<B onclick=alert(1)>x</B>",
  "<style>*{}</style>",
  "<!-- x -->",
  "<b/onclick=alert(1)>",
  "&lt;script&gt;alert(1)&lt;/script&gt;",
  "<",
  "a < b & c &bogus; &constructor;",
])("anything else stays text: %s", (html) => {
  const host = shown(html);
  expect(elements(host)).toEqual([]);
  expect(host.textContent).toBe(html.replaceAll("&lt;", "<").replaceAll("&gt;", ">"));
});

test("an element keeps none of its attributes", () => {
  expect(elements(shown('<b onclick="x()" style="color:red" id=c>t</b><p class="card">u</p>'))).toEqual(["b", "p"]);
});

test.each([
  ["javascript:alert(1)", null], ["JaVaScript:alert(1)", null], ["&#106;avascript:alert(1)", null], ["data:text/html,x", null], ["vbscript:x", null],
  ["", null], ["https://crm.example/a?b=1&amp;c=2", "https://crm.example/a?b=1&c=2"], ["mailto:ann@acme.example", "mailto:ann@acme.example"],
])("only safe addresses are links: %s", (address, href) => {
  const anchor = shown(`<a href="${address}">x</a>`).querySelector("a");
  // What looks like a scheme and is none is a path of this page, which runs nothing.
  if (address.startsWith("&#")) expect(anchor.protocol).toMatch(/^(about|http)/);
  else expect(anchor?.href ?? null).toBe(href);
});

test("what is closed too often or too seldom harms nothing, however deep", () => {
  expect(shown("</b></p>a<b>b").textContent).toBe("ab");
  expect(shown(`${"<b>".repeat(700)}x`).textContent).toBe("x");
});
