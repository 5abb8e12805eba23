// The person's own form: every answer is kept at once; what cannot wait is told at once.

const form = document.getElementById("before");
const saved = document.getElementById("saved");
const box = document.getElementById("emergencies");
const waiting = new Map();
let timer = 0;
let sending = false;

form.addEventListener("change", (event) => note(event.target, 0));
form.addEventListener("input", (event) => {
  if (event.target.type === "text" || event.target.tagName === "TEXTAREA") note(event.target, 900);
});

function note(control, pause) {
  if (control.name === "sure") return;
  waiting.set(control.name, control.value);
  saved.textContent = "Keeping your answers …";
  clearTimeout(timer);
  timer = setTimeout(keep, pause);
}

async function keep() {
  if (sending || waiting.size === 0) return;
  sending = true;
  const batch = new Map(waiting);
  const body = { answers: {} };
  for (const [name, value] of batch) {
    if (name === "words") body.words = value;
    else body.answers[name] = value;
  }
  try {
    const reply = await fetch(`/before/${form.dataset.token}/answers`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify(body),
    });
    const told = await reply.json();
    if (!reply.ok) throw new Error(told.say ?? "");
    for (const [name, value] of batch) if (waiting.get(name) === value) waiting.delete(name);
    show(told);
  } catch (error) {
    saved.textContent = error.message || "No connection. Your answers stay on this page; we try again by ourselves.";
    timer = setTimeout(keep, 3000);
  } finally {
    sending = false;
  }
  if (waiting.size && !timer) keep();
}

function show(told) {
  saved.textContent = `Your answers are kept, ${new Date().toTimeString().slice(0, 5)}.`;
  for (const field of form.querySelectorAll("[data-finding]")) {
    const wrong = told.refused[field.dataset.finding];
    if (wrong || field.classList.contains("is-wrong")) field.querySelector("[data-wrong]").textContent = wrong ?? "";
    field.classList.toggle("is-wrong", Boolean(wrong));
  }
  const before = box.querySelectorAll(".emergency").length;
  box.replaceChildren(...told.emergencies.map(card));
  if (told.emergencies.length > before) box.scrollIntoView({ block: "start" });
}

function card(told) {
  const part = document.createElement("div");
  part.className = `emergency ${told.urgency}`;
  const title = document.createElement("h2");
  title.textContent = told.title;
  const say = document.createElement("p");
  say.textContent = told.say;
  part.append(title, say);
  return part;
}

form.addEventListener("submit", (event) => {
  if (waiting.size === 0 && !sending) return;
  event.preventDefault();
  keep().then(() => form.requestSubmit());
});
