// What every page does: opens evidence in a dialog, carries the token, keeps the lock waiting while somebody works.

const csrf = document.querySelector('meta[name="csrf"]')?.content ?? "";
const dialog = document.getElementById("dialog");

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRF-Token"] = csrf;
});

function openDialog(title, ...parts) {
  document.getElementById("dialog-title").textContent = title;
  document.getElementById("dialog-body").replaceChildren(...parts);
  if (!dialog.open) dialog.showModal();
}

async function openEvidence(link) {
  await htmx.ajax("GET", link.getAttribute("href"), { target: "#dialog-body", swap: "innerHTML" });
  const heading = document.querySelector("#dialog-body [data-title]");
  if (heading) {
    document.getElementById("dialog-title").textContent = heading.textContent;
    heading.remove();
  }
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}

function tellJudgement(button) {
  const said = document.createElement("p");
  said.textContent = button.dataset.because;
  const parts = [said];
  if (button.dataset.worth) {
    const worth = document.createElement("p");
    worth.className = "soft";
    worth.textContent = `Counts as much as ${button.dataset.worth} patients would.`;
    parts.push(worth);
  }
  openDialog("A judgement, not a measured figure", ...parts);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-dialog]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && dialog) {
    event.preventDefault();
    openEvidence(link);
  }
  const judged = event.target.closest("button.judged");
  if (judged) tellJudgement(judged);
});

dialog?.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});

document.querySelector("[data-focus]")?.focus();

// -- the lock: a page on which somebody works says so; one that was left goes to the lock screen by itself ------------

const idleMinutes = Number(document.querySelector('meta[name="idle-minutes"]')?.content ?? 0);
let lastUse = Date.now();
let lastTold = Date.now();

for (const kind of ["keydown", "pointerdown", "input"]) {
  document.addEventListener(kind, () => { lastUse = Date.now(); }, { passive: true });
}

function watchLock() {
  const idle = Date.now() - lastUse;
  if (idle > idleMinutes * 60_000) {
    location.assign(`/unlock?next=${encodeURIComponent(location.pathname + location.search)}`);
  } else if (idle < 60_000 && Date.now() - lastTold > 60_000) {
    lastTold = Date.now();
    fetch("/still-here", { method: "POST", headers: { "X-CSRF-Token": csrf, Accept: "application/json" } }).catch(() => {});
  }
}
if (csrf && idleMinutes && location.pathname !== "/unlock") setInterval(watchLock, 10_000);

document.querySelector("form[data-sign-out]")?.addEventListener("submit", (event) => {
  const waiting = Object.keys(localStorage).some((name) => name.startsWith("afterdisc-outbox-") && localStorage[name] !== "[]");
  if (waiting && !confirm("Some answers are not saved yet and would be lost. Sign out all the same?")) {
    event.preventDefault();
    return;
  }
  for (const name of Object.keys(localStorage)) if (name.startsWith("afterdisc-")) localStorage.removeItem(name);
});
