// A published FHIR package as engines see it: its resources, and its libraries run by cql-execution.
import fhir from 'cql-exec-fhir';
import cql from 'cql-execution';
import { PatientContext } from 'cql-execution/lib/runtime/context.js';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

// cql-execution evaluates a library anew for every library that includes it. Here once a person: the same answers in a fifth of the
// time (encender's own worker, which a test compares with this one, does it the other way).
const anew = PatientContext.prototype.getLibraryContext;
const evaluated = new WeakMap();
PatientContext.prototype.getLibraryContext = function getLibraryContext(name) {
  const { id } = this.get(name).source.library.identifier;
  const person = this.patient._bundle;
  const known = evaluated.get(person) ?? evaluated.set(person, new Map()).get(person);
  return known.get(id) ?? known.set(id, anew.call(this, name)).get(id);
};

export function resourcesOf(folder) {
  const index = JSON.parse(readFileSync(path.join(folder, '.index.json'), 'utf-8'));
  return index.files.map(({ filename }) => JSON.parse(readFileSync(path.join(folder, filename), 'utf-8')));
}

export function elmOf(resources) {
  const libraries = resources.filter((resource) => resource.resourceType === 'Library');
  const text = ({ content }) => content.find((c) => c.contentType === 'application/elm+json').data;
  return Object.fromEntries(libraries.map((l) => [l.name, JSON.parse(Buffer.from(text(l), 'base64').toString('utf-8'))]));
}

export class Libraries {
  constructor(resources) {
    this.elm = elmOf(resources);
    this.repository = new cql.Repository(this.elm);
    this.codes = new cql.CodeService({});
    this.built = new Map();
    this.source = fhir.PatientSource.FHIRv401(); // reads the whole model of FHIR
  }

  executorOf(name, parameters) {
    if (!this.built.has(name)) {
      this.built.set(name, this.repository.resolve(name, this.elm[name].library.identifier.version));
    }
    return new cql.Executor(this.built.get(name), this.codes, parameters);
  }

  // {LIBRARY: {expression: value}} of one person's Bundle.
  async run(names, bundle, at, parameters = {}) {
    const found = {};
    for (const name of names) {
      found[name] = await this.ask(bundle, (source) => this.executorOf(name, parameters).exec(source, cql.DateTime.parse(at)));
    }
    return found;
  }

  // {expression: value} of one expression and of nothing it does not rest on.
  async one(name, expression, bundle, at, parameters = {}) {
    const executor = this.executorOf(name, parameters);
    return this.ask(bundle, (source) => executor.exec_expression(expression, source, cql.DateTime.parse(at)));
  }

  async ask(bundle, run) {
    this.source.reset();
    this.source.loadBundles([bundle]);
    const { patientResults } = await run(this.source);
    const [{ Patient: _, ...values }] = Object.values(patientResults);
    return values;
  }
}
