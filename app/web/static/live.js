// Refreshes a page without moving the rows that a person reads.
//
// The page is fetched again every few seconds. Elements with data-live are replaced, unless the
// focus or a selection is in them. The rows in data-live-rows stay where they are: a bar says how
// many are new or changed, and shows them on request. #live-state says how fresh the page is.
(() => {
  const state = document.getElementById("live-state");
  if (!state) return;
  const seconds = Number(state.dataset.refreshSeconds);
  const HIDDEN_SECONDS = 30;
  const title = document.title;
  const bar = document.getElementById("live-bar");
  let latest = null;
  let offlineSince = null;
  let refreshes = 0;

  const clock = (moment) => moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });

  const say = (kind, text) => {
    state.dataset.state = kind;
    if (state.textContent !== text) state.textContent = text;
  };

  const rowsOf = (root) => root.querySelector("[data-live-rows]");
  const versions = (rows) =>
    new Map([...rows.querySelectorAll("[data-item]")].map((row) => [row.dataset.item, row.dataset.version]));

  const isInUse = (element) => {
    const selection = getSelection();
    return element.contains(document.activeElement)
      || (!selection.isCollapsed && selection.containsNode(element, true));
  };

  const replaceParts = (page) => {
    for (const part of document.querySelectorAll("[data-live]")) {
      const next = page.querySelector(`[data-live="${part.dataset.live}"]`);
      if (next && !isInUse(part) && next.innerHTML !== part.innerHTML) part.replaceWith(document.adoptNode(next));
    }
  };

  const updateTimes = (page) => {
    for (const time of page.querySelectorAll("[data-item] time")) {
      const id = time.closest("[data-item]").dataset.item;
      const shown = document.querySelector(`[data-item="${id}"] time`);
      if (shown && shown.dateTime === time.dateTime) shown.textContent = time.textContent;
    }
  };

  const words = (count, word) => (count ? [`${count} ${word}`] : []);

  const announceRows = (page) => {
    if (!bar) return;
    const [shown, found] = [versions(rowsOf(document)), versions(rowsOf(page))];
    const fresh = [...found.keys()].filter((id) => !shown.has(id)).length;
    const changed = [...found].filter(([id, version]) => shown.has(id) && shown.get(id) !== version).length;
    const gone = [...shown.keys()].filter((id) => !found.has(id)).length;
    const text = [...words(fresh, "new"), ...words(changed, "changed"), ...words(gone, "moved away")].join(", ");
    bar.hidden = !text;
    bar.querySelector("span").textContent = text;
    document.title = fresh ? `(${fresh}) ${title}` : title;
  };

  const showRows = () => {
    if (latest) rowsOf(document).replaceWith(document.adoptNode(rowsOf(latest)));
    latest = null;
    bar.hidden = true;
    document.title = title;
    rowsOf(document).querySelector("a")?.focus({ preventScroll: true });
  };

  const fetchPage = async () => {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.redirected) return "signed-out";
    if (!answer.ok) throw new Error(answer.status);
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  };

  const refresh = async () => {
    const turn = ++refreshes;
    try {
      const page = await fetchPage();
      if (turn !== refreshes) return; // a later refresh has begun
      offlineSince = null;
      if (page === "signed-out") {
        say("signed-out", "You are signed out. Reload the page to sign in again.");
        return;
      }
      replaceParts(page);
      updateTimes(page);
      announceRows(page);
      latest = page;
      say("live", `Updated ${clock(new Date())}`);
    } catch {
      if (turn !== refreshes) return;
      offlineSince ??= new Date();
      say("offline", `Offline since ${clock(offlineSince)}. Trying again.`);
    }
  };

  const again = () => setTimeout(async () => {
    await refresh();
    again();
  }, (document.hidden ? HIDDEN_SECONDS : seconds) * 1000);

  bar?.addEventListener("click", showRows);
  if (!seconds) {
    say("paused", "Paused: older items are not refreshed.");
    return;
  }
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
  addEventListener("online", refresh);
  say("live", `Updated ${clock(new Date())}`);
  again();
})();
