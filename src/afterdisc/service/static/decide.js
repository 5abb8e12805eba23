// Deciding: the reasons that belong to a choice, and drafts that are kept as they are typed.

const csrf = document.querySelector('meta[name="csrf"]').content;
const account = document.querySelector('meta[name="account"]').content;
const PAUSE_MS = 700;

for (const form of document.querySelectorAll("form.deciding")) {
  form.addEventListener("change", () => {
    const choice = form.querySelector("[data-choice]:checked")?.value;
    for (const select of form.querySelectorAll("select[data-for]")) select.disabled = select.dataset.for !== choice;
    const picked = form.querySelector("select[data-for]:enabled")?.selectedOptions[0];
    form.elements.text.required = picked?.hasAttribute("data-needs-text") ?? false;
  });
}

for (const form of document.querySelectorAll("form[data-draft]")) {
  const box = form.elements.text;
  const state = form.querySelector("[data-draft-state]");
  const copy = `afterdisc-draft-${account}-${form.dataset.draft}`;
  const unsaved = localStorage.getItem(copy);
  let timer = 0;
  if (unsaved !== null) {
    box.value = unsaved;
    save();
  }
  box.addEventListener("input", () => {
    localStorage.setItem(copy, box.value);
    state.textContent = "Not kept yet …";
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE_MS);
  });

  async function save() {
    const sent = box.value;
    const reply = await fetch(form.dataset.draft, {
      method: "POST",
      headers: { "X-CSRF-Token": csrf, Accept: "application/json" },
      body: new URLSearchParams({ text: sent }),
    }).catch(() => null);
    if (reply?.ok) {
      if (box.value === sent) localStorage.removeItem(copy);
      state.textContent = `Kept ${new Date().toTimeString().slice(0, 5)}`;
    } else {
      const told = await reply?.json().catch(() => null);
      state.textContent = told?.say ?? "No connection to the server. The text is kept in this browser and saved later.";
      timer = setTimeout(save, 3000);
    }
  }
  form.addEventListener("submit", (event) => {
    if (form.getAttribute("method") !== "post") event.preventDefault();
    else localStorage.removeItem(copy);
  });
}
