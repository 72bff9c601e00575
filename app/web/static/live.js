// Keeps a page up to date without moving the rows that a person reads.
//
// The strip is replaced when it changes, unless the focus or a selection is in it. The rows in
// data-live-rows stay where they are: a bar says how many are new or changed, and shows them on
// request. Other parts with data-live come from the page itself, which is fetched again every few
// seconds while it is visible. #live-state says how fresh the page is.
import { poll, serverNow } from "./poll.js";
import "./attention.js";

const PAGE_SECONDS = 5;
const TIMES_SECONDS = 20;

const state = document.getElementById("live-state");
const bar = document.getElementById("live-bar");
const isPaused = state?.hasAttribute("data-paused");
const rows = () => document.querySelector("[data-live-rows]");
let offlineSince = null;

const clock = (moment) => moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });

const say = (kind, text) => {
  if (!state) return;
  state.dataset.state = kind;
  if (state.textContent !== text) state.textContent = text;
};

const sayUpdated = () => {
  offlineSince = null;
  if (isPaused) say("paused", "Paused: older items are not refreshed.");
  else say("live", `Updated ${clock(new Date())}`);
};

const sayOffline = () => {
  offlineSince ??= new Date();
  say("offline", `Offline since ${clock(offlineSince)}. Trying again.`);
};

const saySignedOut = () => say("signed-out", "You are signed out. Reload the page to sign in again.");

const isInUse = (element) => {
  const selection = getSelection();
  return element.contains(document.activeElement)
    || (!selection.isCollapsed && selection.containsNode(element, true));
};

const replacePart = (part, next) => {
  if (next && !isInUse(part) && next.innerHTML !== part.innerHTML) part.replaceWith(document.adoptNode(next));
};

const replaceParts = (root) => {
  for (const part of document.querySelectorAll("[data-live]")) {
    replacePart(part, root.querySelector(`[data-live="${part.dataset.live}"]`));
  }
};

const replaceStrip = (html) => {
  const template = document.createElement("template");
  template.innerHTML = html;
  replaceParts(template.content);
};

const shownVersions = () =>
  new Map([...rows().querySelectorAll("[data-item]")].map((row) => [Number(row.dataset.item), Number(row.dataset.version)]));

const words = (count, word) => (count ? [`${count} ${word}`] : []);

const announceRows = (found) => {
  if (!bar || isPaused) return;
  const [shown, now] = [shownVersions(), new Map(found)];
  const fresh = [...now.keys()].filter((id) => !shown.has(id)).length;
  const changed = [...now].filter(([id, version]) => shown.has(id) && shown.get(id) !== version).length;
  const gone = [...shown.keys()].filter((id) => !now.has(id)).length;
  const text = [...words(fresh, "new"), ...words(changed, "changed"), ...words(gone, "moved away")].join(", ");
  bar.hidden = !text;
  bar.querySelector("span").textContent = text;
};

const fetchPage = async () => {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (answer.redirected || !answer.ok) throw new Error(answer.status);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
};

const showRows = async () => {
  try {
    const page = await fetchPage();
    rows().replaceWith(document.adoptNode(page.querySelector("[data-live-rows]")));
    bar.hidden = true;
    replaceParts(page);
    rows().querySelector("a")?.focus({ preventScroll: true });
    dispatchEvent(new CustomEvent("changes:shown"));
  } catch {
    poll(); // says whether the network is away or the session has ended
  }
};

const refreshPage = async () => {
  if (!document.hidden) await fetchPage().then(replaceParts, () => {});
  setTimeout(refreshPage, PAGE_SECONDS * 1000);
};

const UNITS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
const LONGEST_AGE_SECONDS = 30 * 86400;

const ago = (moment) => {
  const seconds = Math.max((serverNow() - Date.parse(moment)) / 1000, 0);
  if (seconds > LONGEST_AGE_SECONDS) return null;
  if (seconds < 10) return "just now";
  const [size, unit] = UNITS.find(([size]) => seconds >= size);
  return `${Math.floor(seconds / size)} ${unit} ago`;
};

const updateTimes = () => {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const text = ago(time.dateTime);
    if (text && text !== time.textContent && !isInUse(time)) time.textContent = text;
  }
};

addEventListener("changes:found", ({ detail }) => {
  sayUpdated();
  replaceStrip(detail.strip);
  announceRows(detail.rows);
});
addEventListener("changes:same", sayUpdated);
addEventListener("changes:offline", sayOffline);
addEventListener("changes:signed-out", saySignedOut);
bar?.addEventListener("click", showRows);
if (document.querySelector("[data-live]") && !rows()) setTimeout(refreshPage, PAGE_SECONDS * 1000);
setInterval(updateTimes, TIMES_SECONDS * 1000);
