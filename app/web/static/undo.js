// Takes the Undo button away when the time to undo is over.
(() => {
  for (const form of document.querySelectorAll("[data-undo-seconds]")) {
    setTimeout(() => form.remove(), Number(form.dataset.undoSeconds) * 1000);
  }
})();
