// Removes the Undo button after its time limit.
(() => {
  for (const form of document.querySelectorAll("[data-undo-seconds]")) {
    setTimeout(() => form.remove(), Number(form.dataset.undoSeconds) * 1000);
  }
})();
