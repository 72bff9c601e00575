// Progressive enhancement: updates the messages and sends without reloading the page.
// Without JavaScript the page uses plain forms and a frame that reloads itself.

const messages = document.getElementById("messages");
const composer = document.getElementById("composer");
const useCode = document.getElementById("use-code");
const POLL_MILLISECONDS = 1000;
let shown = "";

function scrollToEnd() {
  messages.scrollTop = messages.scrollHeight;
}

function offerCode() {
  const code = document.getElementById("code")?.dataset.code ?? "";
  useCode.value = useCode.textContent = code;
  useCode.hidden = code === "";
  if (code) useCode.parentElement.scrollLeft = 0;
}

async function refresh() {
  const response = await fetch(messages.dataset.source);
  if (!response.ok) return;
  const html = await response.text();
  if (html === shown) return;
  shown = html;
  messages.innerHTML = html;
  offerCode();
  scrollToEnd();
}

async function send(event) {
  event.preventDefault();
  const form = new FormData(composer, event.submitter);
  composer.elements.text.value = "";
  composer.elements.text.focus();
  await fetch(composer.action, { method: "POST", body: form, redirect: "manual" });
  await refresh();
}

async function poll() {
  if (!document.hidden) await refresh().catch(() => {});
  setTimeout(poll, POLL_MILLISECONDS);
}

composer.addEventListener("submit", send);
scrollToEnd();
poll();
