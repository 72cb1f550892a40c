// The live side of the status page: parts that change, local time, "why" at a touch, and the timeline.
// Without this script the page works too; it then asks for itself again every few seconds.
import { startPlots } from "/static/plots.js";

const byId = (id) => document.getElementById(id);
document.documentElement.classList.add("js");

// -- Local time: the box writes UTC, people read the clock on the wall.
const UTC = /(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d) UTC/g;
const lang = document.documentElement.lang;
const clock = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const dayAndClock = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "medium", hour12: false });

function localTime(_, ...parts) {
  const [year, month, day, hour, minute, second] = parts.slice(0, 6).map(Number);
  const when = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  return when.toDateString() === new Date().toDateString() ? clock.format(when) : dayAndClock.format(when);
}

function localise(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.data.includes(" UTC")) node.data = node.data.replace(UTC, localTime);
  }
}

// -- Live parts: only what changed is replaced, and what has the keyboard keeps it.
let restoring = false;

function replace(name, html) {
  const part = document.querySelector(`[data-part="${CSS.escape(name)}"]`);
  if (!part) return;
  const active = part.contains(document.activeElement) ? document.activeElement : null;
  const place = active && [...part.querySelectorAll("a, summary, [tabindex]")].indexOf(active);
  const scrolled = [...part.querySelectorAll(".scroll, .events")].map((box) => [box.scrollLeft, box.scrollTop]);
  part.innerHTML = html;
  localise(part);
  part.querySelectorAll(".scroll, .events").forEach((box, index) => {
    if (scrolled[index]) [box.scrollLeft, box.scrollTop] = scrolled[index];
  });
  restoring = true;
  if (active) part.querySelectorAll("a, summary, [tabindex]")[place]?.focus({ preventScroll: true });
  restoring = false;
}

// While a finger or button is down nothing moves: what is being touched must still be there when it is let go.
let waiting = {};
let held = false;

function settle() {
  if (held) return;
  for (const [name, html] of Object.entries(waiting)) replace(name, html);
  waiting = {};
  refreshWhy();
}

addEventListener("pointerdown", () => (held = true), true);
for (const end of ["pointerup", "pointercancel"]) {
  addEventListener(end, () => setTimeout(() => { held = false; settle(); }, 50), true);
}

const fits = () => (innerWidth < 620 ? 360 : innerWidth < 1000 ? 720 : 1120);
let source;
let wide = 0;

function live(on) {
  const badge = byId("live");
  const words = on ? `● ${badge.dataset.on}` : `○ ${badge.dataset.off}`;
  if (badge.textContent !== words) badge.textContent = words;
  badge.className = on ? "on" : "off";
}

function listen() {
  wide = fits();
  source?.close();
  source = new EventSource(`/live?w=${wide}&lang=${lang}`);
  source.onopen = () => live(true);
  source.onerror = () => {
    live(false);
    if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 10000);
  };
  source.onmessage = (message) => {
    const news = JSON.parse(message.data);
    if (news.reload) return location.reload();
    live(true);
    Object.assign(waiting, news.parts);
    settle();
  };
}

// -- Why: what the touched panel or station says of itself, beside it or at the bottom of a phone.
const why = byId("why");
let asked = null;

function fillWhy() {
  const found = asked && byId(asked.getAttribute("href").slice(1));
  if (!found) return false;
  const copy = found.cloneNode(true);
  copy.removeAttribute("id");
  byId("why-text").replaceChildren(copy);
  why.setAttribute("aria-label", asked.getAttribute("aria-label").split(/[.:]/)[0]);
  return true;
}

function refreshWhy() {
  if (!asked || !why.matches(":popover-open")) return;
  asked = byId(asked.id);
  if (asked) {
    asked.classList.add("open");
    fillWhy();
  }
}

function placeWhy() {
  why.style.maxHeight = "";
  const here = asked.getBoundingClientRect();
  const wide = why.offsetWidth;
  const inside = (value, most) => Math.max(12, Math.min(value, most - 12));
  const right = here.right + 10 + wide < innerWidth;
  const beside = right || here.left - 10 - wide > 0;
  const below = here.bottom + 10 + why.offsetHeight < innerHeight || innerHeight - here.bottom > here.top;
  const room = Math.max(200, (below ? innerHeight - here.bottom : here.top) - 22); // never over what was asked about
  if (!beside && innerWidth > 600) why.style.maxHeight = `min(70vh, 34rem, ${room}px)`;
  const high = why.offsetHeight;
  const left = beside ? (right ? here.right + 10 : here.left - 10 - wide) : here.left;
  const top = beside ? here.top - 20 : below ? here.bottom + 10 : here.top - high - 10;
  why.style.left = `${inside(left, innerWidth - wide)}px`;
  why.style.top = `${inside(top, innerHeight - high)}px`;
  const hidden = here.bottom + 12 - (innerHeight - high);
  if (innerWidth <= 600 && hidden > 0) scrollBy({ top: hidden }); // the sheet is below; what was touched stays in sight
}

function askWhy(node) {
  document.querySelectorAll(".node.open").forEach((one) => one.classList.remove("open"));
  asked = node;
  if (!fillWhy()) return;
  node.classList.add("open");
  if (!why.matches(":popover-open")) why.showPopover();
  placeWhy();
}

document.addEventListener("click", (event) => {
  const node = event.target.closest("a.node");
  if (!node) return;
  event.preventDefault();
  askWhy(node);
});
document.addEventListener("focusin", (event) => {
  const node = event.target.closest("a.node");
  if (!restoring && node && node.matches(":focus-visible") && node.id !== asked?.id) askWhy(node);
});
why.addEventListener("toggle", (event) => {
  if (event.newState === "open") return;
  document.querySelectorAll(".node.open").forEach((one) => one.classList.remove("open"));
  asked = null;
});

addEventListener("resize", () => fits() !== wide && listen());
addEventListener("pagehide", () => source?.close());
addEventListener("pageshow", (event) => event.persisted && listen());
localise(document.body);
listen();
if (byId("plots")) startPlots(byId("plots"), byId("plot-choice"));
