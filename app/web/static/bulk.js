// Shows the progress of a bulk job: fetches its page again until the job has ended.
//
// The focus stays on its element. While the network is away it goes on trying.
const SECONDS = 1;
const MOST_SECONDS = 15;

const job = () => document.querySelector("[data-progress]");
const isRunning = () => job()?.dataset.progress === "running";

const show = (page) => {
  const focused = document.activeElement?.closest("[data-progress]") ? document.activeElement.textContent : null;
  const next = document.adoptNode(page.querySelector("main"));
  document.querySelector("main").replaceWith(next);
  const same = [...next.querySelectorAll("button, a")].find((element) => element.textContent === focused);
  same?.focus({ preventScroll: true });
};

const refresh = async (wait) => {
  let next = SECONDS;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.redirected) return; // signed out: the next click leads to the login
    if (!answer.ok) throw new Error(answer.status);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (page.querySelector("[data-progress]")) show(page);
  } catch {
    next = Math.min(wait * 2, MOST_SECONDS);
  }
  if (isRunning()) setTimeout(refresh, next * 1000, next);
};

if (isRunning()) setTimeout(refresh, 400, SECONDS);
