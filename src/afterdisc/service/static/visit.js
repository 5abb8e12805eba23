// A visit: every answer goes into the outbox, from there to the server, and leaves the outbox only when it is acknowledged.

const csrf = document.querySelector('meta[name="csrf"]').content;

const asking = document.getElementById("asking");
const visit = asking.dataset.visit;
const saved = document.getElementById("saved");
const account = document.querySelector('meta[name="account"]').content;
const BOX = `afterdisc-outbox-${account}-${visit}`; // whoever signs in next does not send somebody else's answers
const RETRY_MS = 3000;
const TYPING_MS = 900;

// -- the outbox --------------------------------------------------------------------------------------------------------

const outbox = JSON.parse(localStorage.getItem(BOX) ?? "[]");
let sending = false;
let retry = 0;

function keepBox() {
  try {
    localStorage.setItem(BOX, JSON.stringify(outbox));
  } catch {
    // A browser that keeps nothing still sends; only a crash before the reply would lose the answer.
  }
}

function put(finding, value, insists = false) {
  const key = crypto.randomUUID();
  const earlier = outbox.findIndex((entry) => entry.finding === finding && !entry.sent);
  if (earlier >= 0) outbox.splice(earlier, 1);
  outbox.push({ finding, value, key, seen: seenOf(finding), insists });
  keepBox();
  tellSaving();
  send();
}

async function send() {
  if (sending || outbox.length === 0) return;
  sending = true;
  clearTimeout(retry);
  const batch = outbox.slice(0, 50);
  for (const entry of batch) entry.sent = true;
  try {
    const reply = await fetch(`/visits/${visit}/answers`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": csrf },
      body: JSON.stringify({ answers: batch.map(({ finding, value, key, seen, insists }) => ({ finding, value, key, seen, insists })) }),
    });
    await settle(reply, batch);
  } catch {
    notSaved("No connection to the server.");
  } finally {
    sending = false;
  }
  if (outbox.length && !retry) send();
}

async function settle(reply, batch) {
  if (reply.ok) {
    take(batch);
    show(await reply.json(), batch);
    return;
  }
  const told = await reply.json().catch(() => ({ say: "The server cannot answer now." }));
  if (told.door) {
    stuck(`${told.say} `, `${told.door}?next=${encodeURIComponent(location.pathname)}`);
  } else if (reply.status >= 500 || reply.status === 429) {
    notSaved(told.say);
  } else {
    take(batch);
    for (const entry of batch) refuse(entry.finding, told.say);
    tell(told.say, "bad");
  }
}

function take(batch) {
  for (const entry of batch) outbox.splice(outbox.indexOf(entry), 1);
  keepBox();
}

function again() {
  for (const entry of outbox) entry.sent = false;
  retry = setTimeout(() => { retry = 0; send(); }, RETRY_MS);
}

function notSaved(why) {
  tell(`${why} ${outbox.length} ${outbox.length === 1 ? "answer is" : "answers are"} kept in this browser and sent again by itself.`, "bad");
  again();
}

function stuck(why, door) {
  tell(`${why}${outbox.length} kept in this browser. `, "bad");
  const link = document.createElement("a");
  link.href = door;
  link.textContent = "Go there now";
  saved.append(link);
  retry = 1;
}

function tellSaving() { tell("Saving …", ""); }

function tell(text, kind) {
  saved.textContent = text;
  saved.className = `saved ${kind}`;
}

addEventListener("beforeunload", (event) => { if (outbox.length) event.preventDefault(); });
addEventListener("online", () => { clearTimeout(retry); retry = 0; send(); });

// -- what comes back ---------------------------------------------------------------------------------------------------

function show(told, batch) {
  for (const known of told.kept) mark(known);
  for (const no of told.refused) refuse(no.finding, no.say);
  for (const clash of told.clashes) tellClash(clash, batch.find((entry) => entry.key === clash.key));
  replaceParts(told);
  const when = new Date().toTimeString().slice(0, 5);
  if (told.refused.length) tell("One answer could not be taken: see the field.", "bad");
  else if (told.clashes.length) tell("Somebody else answered the same: choose which one stands.", "bad");
  else if (!outbox.length) tell(`Saved ${when}`, "good");
}

function replaceParts(told) {
  const live = document.getElementById("live");
  const opened = new Map([...live.querySelectorAll("details[id]")].map((d) => [d.id, d.open]));
  live.innerHTML = told.live;
  tellStanding(live);
  for (const [id, open] of opened) {
    const again = document.getElementById(id);
    if (again) again.open = open;
  }
  applyView();
  replaceNext(told.next);
  document.getElementById("announced").textContent = told.announced;
}

// The urgency stands on top of the page, wherever one has scrolled to.
function tellStanding(live) {
  const standing = document.getElementById("standing");
  const code = live.querySelector(".banner .code")?.textContent.trim();
  if (!standing || !code) return;
  standing.firstElementChild.className = `urgency ${code}`;
  standing.firstElementChild.textContent = code;
  standing.lastElementChild.textContent = live.querySelector(".banner h2").lastChild.textContent.trim();
}

// The card keeps what is being typed in it, and the place of the keyboard.
function replaceNext(html) {
  const next = document.getElementById("next");
  const active = next.contains(document.activeElement) ? document.activeElement : null;
  if (active?.type === "text" && active.value && active.dataset.sent !== active.value) return;
  const finding = active?.closest("[data-finding]")?.dataset.finding;
  next.innerHTML = html;
  if (!active) return;
  const same = finding && next.querySelector(`[data-finding="${finding}"]`);
  const target = same?.querySelector("input:checked, input[type=text]") ?? next.querySelector("input, button");
  target?.focus({ preventScroll: true });
}

function fieldsOf(finding) {
  return document.querySelectorAll(`[data-finding="${CSS.escape(finding)}"]`);
}

function seenOf(finding) {
  return Math.max(0, ...[...fieldsOf(finding)].map((field) => Number(field.dataset.seen)));
}

function mark(known) {
  for (const field of fieldsOf(known.finding)) {
    field.dataset.seen = Math.max(Number(field.dataset.seen), known.seen);
    field.querySelector("[data-origin]").textContent = known.origin;
    field.querySelector("[data-wrong]").textContent = "";
    field.classList.remove("is-wrong");
    if (known.confirmed) {
      field.classList.remove("unconfirmed");
      field.querySelector("[data-confirm]")?.remove();
    }
    fill(field, known);
  }
  countAll();
  if (!document.querySelector("details.part .unconfirmed")) document.getElementById("reported")?.remove();
}

function fill(field, known) {
  const typed = field.querySelector("input[type=text]");
  const wanted = known.value === null ? "" : String(known.value);
  for (const radio of field.querySelectorAll("input[type=radio]")) {
    radio.checked = typed ? known.value === null : radio.value === wanted;
  }
  if (typed && document.activeElement !== typed) typed.value = known.value === null ? "" : typedOf(known.value);
  if (typed) typed.dataset.sent = typed.value;
}

function typedOf(value) {
  if (Array.isArray(value)) return value.map((v) => v ?? "?").join(", ") || "none";
  if (typeof value === "object") return Object.entries(value).map(([k, v]) => `${k} ${v ?? "?"}`).join(", ") || "none";
  return String(value);
}

function refuse(finding, say) {
  for (const field of fieldsOf(finding)) {
    field.querySelector("[data-wrong]").textContent = `Not saved: ${say}`;
    field.classList.add("is-wrong");
  }
}

function countAll() {
  for (const part of document.querySelectorAll("details.part")) {
    const asked = [...part.querySelectorAll("[data-origin]")].filter((o) => o.textContent.trim() !== "not asked yet");
    part.querySelector("[data-count]").textContent = asked.length;
  }
}

// -- two people, one finding -------------------------------------------------------------------------------------------

function tellClash(clash, entry) {
  const box = document.createElement("div");
  box.className = "problem clash";
  const said = document.createElement("p");
  const name = document.createElement("strong");
  name.textContent = `${clash.label}. `;
  said.append(name, `Somebody else answered “${clash.theirs}” at ${clash.at} UTC; you answered “${clash.mine}”. Yours is not saved yet.`);
  box.append(said, choice(`Keep “${clash.theirs}”`, () => mark(clash.known)), choice(`Save mine, “${clash.mine}”`, () => {
    for (const field of fieldsOf(clash.finding)) field.dataset.seen = clash.known.seen;
    put(clash.finding, entry.value, true);
  }));
  document.getElementById("clashes").append(box);

  function choice(label, then) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "nhsuk-button nhsuk-button--secondary small";
    button.textContent = label;
    button.addEventListener("click", () => { box.remove(); then(); });
    return button;
  }
}

// -- answering ---------------------------------------------------------------------------------------------------------

const typing = new Map();
let arrowed = false;

asking.addEventListener("change", (event) => {
  const field = event.target.closest("[data-finding]");
  if (!field || asking.dataset.signed !== undefined) return;
  if (event.target.type === "radio" && arrowed) {
    arrowed = false; // arrow keys walk through the choices: only the one on which they rest counts
    clearTimeout(typing.get(field.id));
    typing.set(field.id, setTimeout(() => chosen(field, event.target), TYPING_MS));
  } else if (event.target.type === "radio") {
    chosen(field, event.target);
  } else if (event.target.type === "text") {
    commit(field, event.target);
  }
});

function chosen(field, radio) {
  clearTimeout(typing.get(field.id));
  const typed = field.querySelector("input[type=text]");
  if (typed) typed.value = typed.dataset.sent = "";
  put(field.dataset.finding, valueOf(field.dataset.kind, radio.value));
}

asking.addEventListener("input", (event) => {
  const field = event.target.closest("[data-finding]");
  if (!field || event.target.type !== "text") return;
  for (const radio of field.querySelectorAll("input[type=radio]")) radio.checked = false;
  clearTimeout(typing.get(field.id));
  typing.set(field.id, setTimeout(() => commit(field, event.target), TYPING_MS));
});

function commit(field, input) {
  clearTimeout(typing.get(field.id));
  const text = input.value.trim();
  if (text === (input.dataset.sent ?? input.defaultValue)) return;
  input.dataset.sent = text;
  put(field.dataset.finding, text === "" ? null : text);
}

function valueOf(kind, raw) {
  if (raw === "") return null;
  return kind === "bool" ? raw === "true" : raw;
}

// y, n, u while a choice has the focus; Enter takes what is typed.
asking.addEventListener("keydown", (event) => {
  const field = event.target.closest("[data-finding]");
  if (!field || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.type === "text" && event.key === "Enter") {
    event.preventDefault();
    commit(field, event.target);
  } else if (event.target.type === "radio") {
    arrowed = event.key.startsWith("Arrow");
    const raw = { y: "true", n: "false", u: "" }[event.key];
    const radio = raw === undefined ? null : [...field.querySelectorAll("input[type=radio]")].find((r) => r.value === raw);
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      choose(event.target);
    } else if (radio) {
      event.preventDefault();
      choose(radio);
    }
  }
});

function choose(radio) {
  arrowed = false;
  radio.checked = true;
  radio.focus();
  radio.dispatchEvent(new Event("change", { bubbles: true }));
}

document.getElementById("next").addEventListener("click", (event) => {
  if (!event.target.closest("[data-no-to-all]")) return;
  for (const field of document.querySelectorAll("#next [data-finding]")) {
    if (!field.querySelector("input:checked")) put(field.dataset.finding, false);
  }
});

// -- what the person reported ------------------------------------------------------------------------------------------

function confirmField(field) {
  const typed = field.querySelector("input[type=text]");
  const checked = field.querySelector("input[type=radio]:checked");
  put(field.dataset.finding, typed?.value ? typed.value : valueOf(field.dataset.kind, checked?.value ?? ""));
}

asking.addEventListener("click", (event) => {
  if (event.target.closest("[data-confirm]")) confirmField(event.target.closest("[data-finding]"));
});

document.getElementById("show-reported")?.addEventListener("click", () => {
  for (const part of document.querySelectorAll("details.part")) part.open = Boolean(part.querySelector(".unconfirmed"));
  document.querySelector("details.part .unconfirmed")?.scrollIntoView({ block: "center" });
});

document.getElementById("confirm-reported")?.addEventListener("click", () => {
  for (const field of document.querySelectorAll("details.part .unconfirmed")) confirmField(field);
});

// -- finding a field ---------------------------------------------------------------------------------------------------

document.getElementById("find-field").addEventListener("input", (event) => {
  const wanted = event.target.value.trim().toLowerCase();
  for (const part of document.querySelectorAll("details.part")) {
    let n = 0;
    for (const field of part.querySelectorAll("[data-finding]")) {
      field.hidden = wanted !== "" && !field.textContent.toLowerCase().includes(wanted);
      n += field.hidden ? 0 : 1;
    }
    part.hidden = n === 0;
    if (wanted) part.open = n > 0;
  }
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a.to-field");
  if (!link) return;
  const field = document.getElementById(link.getAttribute("href").slice(1));
  if (!field) return;
  event.preventDefault();
  field.closest("details").open = true;
  document.getElementById("dialog").close();
  field.scrollIntoView({ block: "center" });
  field.querySelector("input").focus({ preventScroll: true });
});

// -- parts of the assessment -------------------------------------------------------------------------------------------

const tabs = [...document.querySelectorAll("[data-tab]")];
let view = sessionStorage.getItem("afterdisc-view") ?? "now";

function applyView() {
  for (const part of document.querySelectorAll("[data-view]")) part.hidden = view !== "all" && part.dataset.view !== view;
  for (const tab of tabs) {
    tab.setAttribute("aria-selected", tab.dataset.tab === view);
    tab.tabIndex = tab.dataset.tab === view ? 0 : -1;
  }
  const live = document.getElementById("live");
  live.setAttribute("aria-labelledby", `tab-${view}`);
  live.dataset.shown = view; // elsewhere the red flags are told in brief
}

function chooseView(name) {
  view = name;
  sessionStorage.setItem("afterdisc-view", name);
  applyView();
}

for (const [place, tab] of tabs.entries()) {
  tab.addEventListener("click", () => chooseView(tab.dataset.tab));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = tabs[(place + step + tabs.length) % tabs.length];
    next.focus();
    chooseView(next.dataset.tab);
  });
}
applyView();

// -- what if -----------------------------------------------------------------------------------------------------------

const rows = document.getElementById("supposed-rows");
const suppose = document.getElementById("what-if");

document.getElementById("suppose-more").addEventListener("click", addRow);

function addRow() {
  rows.append(document.getElementById("supposed-row").content.cloneNode(true));
  rows.lastElementChild.querySelector("select").focus();
}

rows.addEventListener("click", (event) => {
  if (!event.target.closest("[data-remove]")) return;
  event.target.closest(".row").remove();
  askWhatIf();
});

rows.addEventListener("change", (event) => {
  if (event.target.name === "finding") valueControl(event.target);
  askWhatIf();
});

function valueControl(select) {
  const option = select.selectedOptions[0];
  const place = select.closest(".row").querySelector("[data-value]");
  const choices = option.dataset.kind === "bool" ? { yes: "Yes", no: "No" } : JSON.parse(option.dataset.values ?? "{}");
  const names = Object.entries(choices);
  const control = document.createElement(names.length ? "select" : "input");
  control.name = "value";
  if (names.length) for (const [value, label] of [...names, ["", "Not known"]]) control.add(new Option(label, value));
  else control.type = "text";
  place.replaceChildren(control);
}

async function askWhatIf() {
  const answer = document.getElementById("what-if-answer");
  const values = new URLSearchParams(new FormData(suppose));
  if (![...values.keys()].length) { answer.replaceChildren(); return; }
  const reply = await fetch(suppose.dataset.action, {
    method: "POST",
    headers: { "X-CSRF-Token": csrf, "HX-Request": "true" },
    body: values,
  }).catch(() => null);
  if (reply) answer.innerHTML = await reply.text();
}

suppose.addEventListener("submit", (event) => event.preventDefault());

// -- another device may have answered meanwhile ------------------------------------------------------------------------

document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") refresh(); });

async function refresh() {
  if (outbox.length) { send(); return; }
  const reply = await fetch(`/visits/${visit}/live`, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!reply?.ok) return;
  const told = await reply.json();
  for (const known of told.record) if (known.seen > seenOf(known.finding)) mark(known);
  replaceParts(told);
}

for (const entry of outbox) entry.sent = false;
if (outbox.length) {
  tell(`${outbox.length} answers from before are being saved …`, "");
  send();
}
