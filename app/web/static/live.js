// Refreshes #live: fetches this page every few seconds and replaces the element if it changed.
// Pauses while the element has the focus or a selection, and while the page is hidden.
(() => {
  const seconds = Number(document.getElementById("live")?.dataset.refreshSeconds);
  if (!seconds) return;
  const status = document.querySelector("[role=status]");
  const title = document.title;

  const ids = (root) => [...root.querySelectorAll("[data-item]")].map((row) => Number(row.dataset.item));

  const isBusy = (live) =>
    document.hidden || live.contains(document.activeElement) || !getSelection().isCollapsed;

  const announce = (before, after) => {
    const newest = Math.max(0, ...before);
    const fresh = after.filter((id) => id > newest).length;
    if (!fresh) return;
    status.textContent = "";
    const line = document.createElement("p");
    line.className = "alert alert-info";
    line.textContent = fresh === 1 ? "One new item." : `${fresh} new items.`;
    status.append(line);
    document.title = `(${fresh}) ${title}`;
  };

  const refresh = async () => {
    const live = document.getElementById("live");
    if (isBusy(live)) return true;
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.redirected) return false; // signed out: keep the page as it is
    if (!answer.ok) return true;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = page.getElementById("live");
    if (!next || isBusy(live)) return true;
    if (next.textContent !== live.textContent) {
      announce(ids(live), ids(next));
      live.replaceWith(document.adoptNode(next));
    }
    return true;
  };

  const again = async () => {
    const goOn = await refresh().catch(() => true); // the server may not answer for a moment
    if (goOn) setTimeout(again, seconds * 1000);
  };

  addEventListener("focus", () => { document.title = title; });
  setTimeout(again, seconds * 1000);
})();
