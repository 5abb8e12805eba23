// Four corners on each of two films. The picture comes back from the server without identifiers and lives in this page only.

const root = document.getElementById("measure");
const visit = root.dataset.visit;
const csrf = document.querySelector('meta[name="csrf"]').content;
const SVG = "http://www.w3.org/2000/svg";
const CORNERS = {
  upper_back: "upper vertebra, back corner",
  upper_front: "upper vertebra, front corner",
  lower_back: "lower vertebra, back corner",
  lower_front: "lower vertebra, front corner",
};
const films = {};

async function send(path, body, kind) {
  const headers = { Accept: "application/json", "X-CSRF-Token": csrf };
  if (kind) headers["Content-Type"] = kind;
  const reply = await fetch(`/visits/${visit}/${path}`, { method: "POST", headers, body });
  const told = await reply.json().catch(() => ({ say: "The server cannot answer now." }));
  if (!reply.ok) throw new Error(told.say ?? "This cannot be done.");
  return told;
}

class Film {
  constructor(section) {
    this.section = section;
    this.name = section.dataset.film;
    this.points = {};
    this.scale = null;
    this.scaleFrom = "";
    this.calibrating = false;
    this.line = [];
    this.at = (name) => section.querySelector(`[data-${name}]`);
    this.at("file").addEventListener("change", (event) => this.open(event.target.files[0]));
    this.at("points").addEventListener("pointerdown", (event) => this.press(event));
    this.at("again").addEventListener("click", () => { this.points = {}; this.line = []; this.draw(); });
    this.at("calibrate").addEventListener("click", () => { this.calibrating = !this.calibrating; this.line = []; this.draw(); });
    this.at("centre").addEventListener("click", () => this.place([this.width / 2, this.height / 2]));
    this.at("length").addEventListener("input", () => this.scaleByLine());
    this.at("zoom").addEventListener("input", () => this.look());
    this.at("brightness").addEventListener("input", () => this.look());
    this.at("contrast").addEventListener("input", () => this.look());
  }

  async open(file) {
    if (!file) return;
    const wrong = this.at("wrong");
    wrong.textContent = "Opening …";
    try {
      const body = new FormData();
      body.append("film", file);
      const told = await send("films", body);
      Object.assign(this, { width: told.width, height: told.height, scale: told.mm_per_pixel, scaleFrom: told.spacing_from });
      this.points = {};
      this.line = [];
      this.at("picture").src = told.png;
      this.at("points").setAttribute("viewBox", `0 0 ${told.width} ${told.height}`);
      this.at("opened").hidden = false;
      wrong.textContent = "";
      this.look();
      this.draw();
    } catch (error) {
      wrong.textContent = error.message;
    }
  }

  look() {
    this.section.querySelector(".sheet").style.width = `${this.at("zoom").value}%`;
    this.at("picture").style.filter = `brightness(${this.at("brightness").value}%) contrast(${this.at("contrast").value}%)`;
  }

  next() { return Object.keys(CORNERS).find((name) => !this.points[name]); }

  spot(event) {
    const box = this.at("points").getBoundingClientRect();
    return this.inside([((event.clientX - box.left) / box.width) * this.width, ((event.clientY - box.top) / box.height) * this.height]);
  }

  inside([x, y]) { return [Math.min(Math.max(x, 0), this.width), Math.min(Math.max(y, 0), this.height)]; }

  place(point) {
    const name = this.next();
    if (name) { this.points[name] = point; this.draw(name); }
  }

  press(event) {
    if (this.calibrating) {
      this.line.push(this.spot(event));
      if (this.line.length === 2) this.calibrating = false;
      this.draw();
      this.scaleByLine();
      return;
    }
    const held = event.target.closest("[data-corner]");
    if (held) this.drag(held.dataset.corner, event);
    else this.place(this.spot(event));
  }

  drag(name, event) {
    event.preventDefault();
    const svg = this.at("points");
    svg.setPointerCapture(event.pointerId);
    const move = (e) => { this.points[name] = this.spot(e); this.draw(); };
    const stop = () => { svg.removeEventListener("pointermove", move); this.draw(name); };
    svg.addEventListener("pointermove", move);
    svg.addEventListener("pointerup", stop, { once: true });
  }

  key(name, event) {
    const step = event.shiftKey ? 10 : 1;
    const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
    if (!by) return;
    event.preventDefault();
    const [x, y] = this.points[name];
    this.points[name] = this.inside([x + by[0], y + by[1]]);
    this.draw(name);
  }

  scaleByLine() {
    const length = Number(this.at("length").value.replace(",", "."));
    if (this.line.length === 2 && length > 0) {
      const [[x0, y0], [x1, y1]] = this.line;
      const pixels = Math.hypot(x1 - x0, y1 - y0);
      if (pixels > 5) { this.scale = length / pixels; this.scaleFrom = `a line of ${length} mm drawn by hand`; }
    }
    this.draw();
  }

  draw(focus) {
    const svg = this.at("points");
    const r = this.width / 90;
    svg.replaceChildren();
    this.stroke("upper", "upper_back", "upper_front", r);
    this.stroke("lower", "lower_back", "lower_front", r);
    if (this.line.length) this.path("known", this.line, r);
    for (const [name, label] of Object.entries(CORNERS)) if (this.points[name]) this.corner(name, label, r);
    this.tell();
    this.table();
    if (focus) svg.querySelector(`[data-corner="${focus}"]`)?.focus({ preventScroll: true });
    look();
  }

  stroke(kind, a, b, r) { if (this.points[a] && this.points[b]) this.path(kind, [this.points[a], this.points[b]], r); }

  path(kind, points, r) {
    const line = document.createElementNS(SVG, "polyline");
    line.setAttribute("points", points.map((p) => p.join(",")).join(" "));
    line.setAttribute("class", `plate ${kind}`);
    line.setAttribute("stroke-width", r / 3);
    this.at("points").append(line);
  }

  corner(name, label, r) {
    const [x, y] = this.points[name];
    const group = document.createElementNS(SVG, "g");
    group.dataset.corner = name;
    group.setAttribute("tabindex", "0");
    group.setAttribute("role", "button");
    group.setAttribute("aria-label", `${label}: ${Math.round(x)} right, ${Math.round(y)} down. Arrow keys move it`);
    group.setAttribute("class", `corner ${name}`);
    for (const [tag, size] of [["touch", 2.2], ["dot", 1], ["pin", 0.2]]) {
      const circle = document.createElementNS(SVG, "circle");
      circle.setAttribute("cx", x);
      circle.setAttribute("cy", y);
      circle.setAttribute("r", r * size);
      circle.setAttribute("class", tag);
      circle.setAttribute("stroke-width", r / 4);
      group.append(circle);
    }
    group.addEventListener("keydown", (event) => this.key(name, event));
    this.at("points").append(group);
  }

  tell() {
    const name = this.next();
    const left = 2 - this.line.length;
    this.at("place").textContent = this.calibrating
      ? `Click the ${left === 2 ? "first" : "second"} end of the line of known length.`
      : name ? `Place the ${CORNERS[name]}.` : "All four corners are placed. Drag them, or move them with the arrow keys.";
    this.at("length-line").hidden = this.line.length !== 2;
    this.at("centre").hidden = !name || this.calibrating;
    this.at("calibrate").textContent = this.calibrating ? "Do not draw a line" : "Draw a line of known length";
    this.at("scale").textContent = this.scale ? `${this.scale.toPrecision(3)} mm a pixel; ${this.scaleFrom}` : this.scaleFrom;
  }

  table() {
    const body = this.at("table");
    if (body.contains(document.activeElement)) return;
    body.replaceChildren(
      ...Object.entries(CORNERS).map(([name, label]) => this.row(name, label)),
      ...[0, 1].map((end) => this.row(end, `line of known length, ${end ? "second" : "first"} end`)),
    );
  }

  pointOf(name) { return typeof name === "number" ? this.line[name] : this.points[name]; }

  row(name, label) {
    const row = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = label;
    row.append(head, ...[0, 1].map((axis) => {
      const cell = document.createElement("td");
      cell.className = "number";
      const input = document.createElement("input");
      Object.assign(input, { type: "text", className: "short", value: this.pointOf(name) ? Math.round(this.pointOf(name)[axis]) : "" });
      input.setAttribute("inputmode", "decimal");
      input.setAttribute("aria-label", `${label}, ${axis ? "down" : "right"}`);
      input.addEventListener("change", () => this.typed(name, axis, input.value));
      cell.append(input);
      return cell;
    }));
    return row;
  }

  typed(name, axis, text) {
    const value = Number(text.replace(",", "."));
    if (!Number.isFinite(value) || text.trim() === "") return;
    const point = [...(this.pointOf(name) ?? [this.width / 2, this.height / 2])];
    point[axis] = value;
    if (typeof name === "number") {
      this.line[name] = this.inside(point);
      this.line = [this.line[0] ?? this.inside(point), ...(this.line[1] ? [this.line[1]] : [])];
      this.scaleByLine();
    } else {
      this.points[name] = this.inside(point);
      this.draw();
    }
  }

  get ready() { return this.width && !this.next() && this.scale; }
  get data() { return { ...this.points, mm_per_pixel: this.scale, scale_from: this.scaleFrom }; }
}

for (const section of document.querySelectorAll("[data-film]")) films[section.dataset.film] = new Film(section);

const say = document.getElementById("result-say");
const table = document.getElementById("result");
const save = document.getElementById("save");
let timer = 0;

function look() {
  clearTimeout(timer);
  timer = setTimeout(preview, 120);
}

function body() { return JSON.stringify({ flexion: films.flexion.data, extension: films.extension.data }); }

let asked = 0;

async function preview() {
  const mine = ++asked;
  const ready = films.flexion.ready && films.extension.ready;
  if (save) save.disabled = true;
  if (!ready) {
    table.hidden = true;
    say.textContent = "Open both films, place all corners, and see that both have a scale.";
    return;
  }
  try {
    const told = await send("measurements/preview", body(), "application/json");
    if (mine !== asked) return; // the corners have moved since
    for (const cell of table.querySelectorAll("[data-r]")) cell.textContent = told[cell.dataset.r].toFixed(1);
    table.hidden = false;
    say.textContent = `Translation ${told.translation_mm.toFixed(1)} mm, angulation ${told.angulation_deg.toFixed(1)} degrees.`;
    if (save) save.disabled = false;
  } catch (error) {
    if (mine !== asked) return;
    table.hidden = true;
    say.textContent = error.message;
  }
}

save?.addEventListener("click", async () => {
  save.disabled = true;
  try {
    const told = await send("measurements", body(), "application/json");
    say.textContent = told.say;
    for (const [finding, shown] of Object.entries(told.record)) document.querySelector(`[data-record="${finding}"]`).textContent = shown;
  } catch (error) {
    say.textContent = error.message;
    save.disabled = false;
  }
});
