// Asks the server every few seconds whether something has changed, for all modules of the page.
//
// Each answer becomes one event on the window: "changes:found" with the new state, "changes:same",
// "changes:signed-out" or "changes:offline". A hidden tab asks less often, and so does a tab whose
// requests fail. A random part spreads the requests of many tabs.
const VISIBLE_SECONDS = 1.5;
const HIDDEN_SECONDS = 12;
const LONGEST_SECONDS = 60;
const GIVE_UP_SECONDS = 10;

const address = document.body.dataset.changes;
let etag = null;
let failures = 0;
let timer = null;
let request = null;
let serverAhead = 0;

/** The time by the clock of the server, in milliseconds. */
export const serverNow = () => Date.now() + serverAhead;

const tell = (kind, detail) => dispatchEvent(new CustomEvent(`changes:${kind}`, { detail }));

const wait = () => {
  const usual = document.hidden ? HIDDEN_SECONDS : VISIBLE_SECONDS;
  const backedOff = Math.min(usual * 2 ** failures, LONGEST_SECONDS);
  return backedOff * (0.9 + 0.2 * Math.random()) * 1000;
};

const ask = async (signal) => {
  const headers = etag ? { "If-None-Match": etag } : {};
  const answer = await fetch(address, { headers, signal, cache: "no-store" });
  if (answer.redirected) return ["signed-out"];
  if (answer.status === 304) return ["same", null, answer];
  if (!answer.ok) throw new Error(answer.status);
  return ["found", await answer.json(), answer];
};

const accept = (answer) => {
  etag = answer.headers.get("ETag");
  const time = Date.parse(answer.headers.get("Date")); // not a number if a proxy doubled it
  if (!Number.isNaN(time)) serverAhead = time - Date.now();
};

const askAndTell = async (mine) => {
  const timeout = setTimeout(() => mine.abort(), GIVE_UP_SECONDS * 1000);
  try {
    const [kind, state, answer] = await ask(mine.signal);
    if (mine !== request) return; // a later request has begun
    failures = kind === "signed-out" ? failures + 1 : 0;
    if (answer) accept(answer);
    tell(kind, state);
  } catch {
    if (mine !== request) return;
    failures += 1;
    tell("offline");
  } finally {
    clearTimeout(timeout);
  }
};

/** Ask now, in place of the request that is under way or planned. */
export const poll = async () => {
  clearTimeout(timer);
  request?.abort();
  const mine = new AbortController();
  request = mine;
  await askAndTell(mine);
  if (mine === request) timer = setTimeout(poll, wait());
};

if (address) {
  document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });
  addEventListener("online", poll);
  poll();
}
