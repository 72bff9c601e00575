// Keeps a note that was typed and not saved, over a reload and over the login, in this tab alone.
(() => {
  const note = document.querySelector("textarea[data-draft]");
  if (!note) return;
  const key = `draft ${location.pathname}`;
  if (document.querySelector(".alert-success")) sessionStorage.removeItem(key);
  else if (!note.value) note.value = sessionStorage.getItem(key) ?? "";
  note.addEventListener("input", () => sessionStorage.setItem(key, note.value));
})();
