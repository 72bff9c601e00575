// Keeps unsaved notes over a reload, a conflict and a sign-in, in this tab only.
//
// A field with data-draft="5 dismiss" is kept under that name until the act that it belongs to
// has succeeded.
(() => {
  const SENT = "sent draft";
  const keyOf = (field) => `draft ${field.dataset.draft}`;

  if (document.querySelector(".alert-success")) sessionStorage.removeItem(sessionStorage.getItem(SENT));
  sessionStorage.removeItem(SENT);

  for (const field of document.querySelectorAll("textarea[data-draft]")) {
    const kept = sessionStorage.getItem(keyOf(field));
    if (kept && !field.value) {
      field.value = kept;
      field.closest("details")?.setAttribute("open", "");
    }
    field.addEventListener("input", () => sessionStorage.setItem(keyOf(field), field.value));
    field.form.addEventListener("submit", () => sessionStorage.setItem(SENT, keyOf(field)));
  }
})();
