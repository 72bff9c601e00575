// Opens the bar of bulk actions when a box is ticked, and counts the ticked ones. With Shift, a
// click ticks all boxes from the last one on.
const bar = document.querySelector("[data-bulk-bar]");
const count = bar?.querySelector("[data-bulk-count]");
const words = count?.textContent;
const boxes = () => [...document.querySelectorAll('input[name="ids"][form="bulk"]')];
let last = boxes().findLast((box) => box.checked); // ticked before this script was loaded

const tell = () => {
  const ticked = boxes().filter((box) => box.checked).length;
  count.textContent = ticked ? `${ticked} ticked` : words;
  if (ticked) {
    bar.open = true;
    bar.querySelector('[value="selected"]').checked = true;
  }
};

const tickUpTo = (box) => {
  const all = boxes();
  const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
  if (from >= 0) all.slice(from, to + 1).forEach((each) => { each.checked = box.checked; });
};

if (bar) {
  addEventListener("click", (event) => {
    const box = event.target.closest?.('input[name="ids"][form="bulk"]');
    if (!box) return;
    if (event.shiftKey && last) tickUpTo(box);
    last = box;
  });
  addEventListener("change", (event) => { if (event.target.name === "ids") tell(); });
  addEventListener("changes:shown", tell);
  if (last) tell();
}
