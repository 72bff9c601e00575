// The keys of the pages, as the help sheet in each page lists them.
//
// A key does nothing while a field has the focus or Ctrl, Alt or Meta is held. Rows are elements
// with data-item, or rows of a table that have a link. data-acts has the acts that apply to a row.
const sheet = document.getElementById("keyboard-help");
const isOn = document.getElementById("keyboard-on");
const bindings = new Map([...sheet.querySelectorAll("[data-keys]")].map((each) => [each.dataset.keys, each.dataset]));

const OFF = "keyboard off";
const NEXT = "focus after act";
const FIELDS = "input:not([type=checkbox], [type=radio], [type=submit], [type=button]), textarea, select, [contenteditable]";
const SECOND_KEY_MS = 1500;
const MESSAGE_MS = 5000;
let lastRow = null;
let firstKey = "";
let timer = 0;

const linkOf = (row) => row.querySelector("h2 a[href], td a[href], a[href]");
const rows = () => [...document.querySelectorAll("main li[data-item], main tbody tr")].filter(linkOf);
const itemPage = () => document.querySelector("[data-item-page]");
const idOf = (row) => row.dataset.item ?? linkOf(row).href;

const say = (text) => {
  const status = document.getElementById("keyboard-status");
  status.textContent = text;
  setTimeout(() => { if (status.textContent === text) status.textContent = ""; }, MESSAGE_MS);
};

const currentRow = () => {
  const all = rows();
  return all.find((row) => row.contains(document.activeElement)) ?? all.find((row) => idOf(row) === lastRow);
};

const focusRow = (row) => {
  lastRow = idOf(row);
  linkOf(row).focus();
  row.scrollIntoView({ block: "nearest" });
};

const move = (step) => {
  const neighbour = document.querySelector(`[data-neighbour="${step > 0 ? "next" : "previous"}"]`);
  if (itemPage()) return neighbour ? neighbour.click() : say(step > 0 ? "This is the last item." : "This is the first item.");
  const all = rows();
  const target = all[all.indexOf(currentRow()) + step] ?? (currentRow() ? null : all[0]);
  if (target) focusRow(target);
};

const withRow = (act) => () => {
  const row = currentRow();
  if (row) act(row);
  else if (rows().length) say("Choose a row with j or k first.");
};

const rememberNext = (row) => {
  const all = rows();
  const at = all.indexOf(row);
  const order = [...all.slice(at + 1), ...all.slice(0, at).reverse()].map(idOf);
  sessionStorage.setItem(NEXT, JSON.stringify({ path: location.pathname, order }));
};

const focusRemembered = () => {
  const { path, order = [] } = JSON.parse(sessionStorage.getItem(NEXT) ?? "{}");
  sessionStorage.removeItem(NEXT);
  if (path !== location.pathname) return;
  const found = new Map(rows().map((row) => [idOf(row), row]));
  const next = order.find((id) => found.has(id));
  if (next) focusRow(found.get(next));
};

const refuse = (name, id) => say(`The key for ${name} does not apply to item ${id} now.`);

const actOnRow = (name) => withRow((row) => {
  const { item, version, acts } = row.dataset;
  const form = document.querySelector(`[data-act-forms] form[data-act="${name}"]`);
  if (!form || !item) return;
  if (acts !== undefined && !acts.split(" ").includes(name)) return refuse(name, item);
  form.action = form.action.replace(/\/items\/\d+\//, `/items/${item}/`);
  form.elements.version.value = version;
  lastRow = item;
  const dialog = form.closest("dialog");
  if (!dialog) return form.requestSubmit();
  dialog.querySelector("[data-item-id]").textContent = item;
  dialog.showModal();
});

const actOnPage = (name) => {
  const details = document.querySelector(`details[data-opens="${name}"]`);
  const button = document.querySelector(`[data-item-page] button[data-command="${name}"]`);
  if (name === "note") return document.getElementById("main-note").focus();
  if (button) return button.click();
  if (!details) return refuse(name, itemPage().dataset.itemPage);
  details.open = true;
  details.querySelector("select, textarea").focus();
};

const act = (name) => () => (itemPage() ? actOnPage(name) : actOnRow(name)());

const undo = () => {
  const form = document.querySelector("form[data-undo-seconds]");
  const button = document.querySelector('button[data-command="undo"]');
  if (form) form.requestSubmit();
  else if (button) button.click();
  else say("There is nothing to undo.");
};

const search = () => {
  const field = document.querySelector("main input[type=search]");
  field?.focus();
  field?.select();
};

const commands = {
  next: () => move(1),
  previous: () => move(-1),
  open: withRow((row) => linkOf(row).click()),
  select: withRow((row) => row.querySelector("input[type=checkbox]")?.click()),
  search,
  undo,
  help: () => sheet.showModal(),
  go: ({ href }) => location.assign(href),
};
for (const name of ["acknowledge", "resolve", "dismiss", "snooze", "note"]) commands[name] = act(name);

const isBlocked = (event) =>
  event.defaultPrevented || event.isComposing || event.ctrlKey || event.altKey || event.metaKey
  || event.target.matches?.(FIELDS);

const keysOf = (event) => {
  const keys = firstKey ? `${firstKey} ${event.key}` : event.key;
  clearTimeout(timer);
  firstKey = "";
  return keys;
};

const onKey = (event) => {
  if (isBlocked(event)) return;
  if (sheet.open && event.key === "?") return sheet.close();
  if (document.querySelector("dialog[open]") || (!isOn.checked && event.key !== "?")) return;
  const keys = keysOf(event);
  const binding = bindings.get(keys);
  if (!binding && [...bindings.keys()].some((each) => each.startsWith(`${keys} `))) {
    firstKey = keys;
    timer = setTimeout(() => { firstKey = ""; }, SECOND_KEY_MS);
  }
  if (!binding || (event.repeat && !["next", "previous"].includes(binding.command))) return;
  event.preventDefault();
  commands[binding.command](binding);
};

const onSubmit = ({ target: form, submitter }) => {
  if (submitter?.formMethod === "dialog" || form.method === "dialog") return;
  const row = form.closest("[data-act-forms]") ? currentRow() : (submitter ?? form).closest("li[data-item], tbody tr");
  if (row) rememberNext(row);
};

isOn.checked = !localStorage.getItem(OFF);
isOn.addEventListener("change", () => (isOn.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")));
document.getElementById("keyboard-foot").hidden = false;
document.getElementById("keyboard-open").addEventListener("click", () => sheet.showModal());
document.addEventListener("keydown", onKey);
document.addEventListener("submit", onSubmit);
focusRemembered();
