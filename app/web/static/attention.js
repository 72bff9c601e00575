// Tells a person who looks elsewhere that items have come: a count in the title, a badge on the
// icon and, if they want it in this browser, a desktop notification for a critical item.
//
// An item counts as seen when its page is visible and no bar waits for a click. The wish for
// desktop notifications is kept in this browser, because the permission belongs to a browser too.
const WISH = "notify-critical";

const title = document.title;
const icon = document.querySelector("link[rel=icon]");
const plainIcon = icon.href;
const bar = document.getElementById("live-bar");
let known = null;
const unseen = new Set();

const show = () => {
  document.title = unseen.size ? `(${unseen.size}) ${title}` : title;
  const href = unseen.size ? icon.dataset.unseen : plainIcon;
  if (icon.getAttribute("href") !== href) icon.setAttribute("href", href);
};

const seeAll = () => {
  unseen.clear();
  show();
};

const isLookedAt = () => !document.hidden && (!bar || bar.hidden);

const isWanted = () =>
  localStorage.getItem(WISH) === "on" && "Notification" in window && Notification.permission === "granted";

const notify = (item) => {
  const notification = new Notification("Critical", { body: item.title, tag: `item-${item.id}` });
  notification.addEventListener("click", () => {
    focus();
    location.assign(`/automation/items/${item.id}`);
  });
};

const take = (items) => {
  const oldest = known.size < items.length ? 0 : Math.min(...known);
  const fresh = items.filter((item) => !known.has(item.id) && item.id > oldest);
  for (const item of fresh) unseen.add(item.id);
  if (isWanted() && (document.hidden || !document.hasFocus())) {
    fresh.filter((item) => item.severity === "critical").forEach(notify);
  }
};

addEventListener("changes:found", ({ detail }) => {
  if (known) take(detail.latest);
  known = new Set(detail.latest.map((item) => item.id));
  // Let the other listeners decide first whether a bar waits for a click.
  queueMicrotask(() => (isLookedAt() ? seeAll() : show()));
});
addEventListener("changes:shown", seeAll);
document.addEventListener("visibilitychange", () => { if (isLookedAt()) seeAll(); });

// The switch on the page of notifications.
const toggle = document.getElementById("notify-critical");

const showToggle = () => {
  toggle.hidden = !("Notification" in window);
  toggle.setAttribute("aria-pressed", String(isWanted()));
  toggle.querySelector("span").textContent = isWanted() ? "On in this browser" : "Off in this browser";
  const hint = document.getElementById("notify-critical-hint");
  hint.hidden = !("Notification" in window) || Notification.permission !== "denied";
};

const turn = async () => {
  if (isWanted()) localStorage.setItem(WISH, "off");
  else if ((await Notification.requestPermission()) === "granted") localStorage.setItem(WISH, "on");
  showToggle();
};

if (toggle) {
  toggle.addEventListener("click", turn);
  showToggle();
}
