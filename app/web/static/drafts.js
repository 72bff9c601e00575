// Keeps an unsaved note over a reload and a sign-in, in this tab only.
(() => {
  const note = document.querySelector("textarea[data-draft]");
  if (!note) return;
  const key = `draft ${location.pathname}`;
  if (document.querySelector(".alert-success")) sessionStorage.removeItem(key);
  else if (!note.value) note.value = sessionStorage.getItem(key) ?? "";
  note.addEventListener("input", () => sessionStorage.setItem(key, note.value));
})();
