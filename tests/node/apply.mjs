// PlanDefinition/$apply by encender:  node apply.mjs PACKAGE PLAN [own] < lines
// A line of the input is {"bundle", "at", "parameters"}, one of the output {"actions": [ids that apply], "resources": [...]}.
// encender evaluates one expression after another, each from the beginning: seconds a person. Here its worker answers from one
// evaluation of the library. With `own` it is encender's own worker, unchanged, which takes its time from the clock of the machine.
import { applyPlan } from 'encender';
import { EventEmitter } from 'node:events';
import { createInterface } from 'node:readline';
import { Libraries, resourcesOf } from './published.mjs';

const [folder, planId, own] = process.argv.slice(2);
const published = resourcesOf(folder);
const libraries = new Libraries(published);
const plan = published.find((r) => r.resourceType === 'PlanDefinition' && r.id === planId);
const byAddress = new Map(published.map((r) => [`${r.url}|${r.version}`, r]));
const main = byAddress.get(plan.library[0]).name;
const { [main]: _, ...included } = libraries.elm; // the main one encender takes out of its Library resource

class AnsweringWorker extends EventEmitter {
  constructor(values) {
    super();
    this.values = values;
  }

  postMessage({ expression }) {
    if (expression !== undefined) {
      if (!(expression in this.values)) throw new Error(`the library has no ${expression}`);
      setImmediate(() => this.emit('message', { expression, result: this.values[expression] }));
    }
  }

  terminate() {}
}

async function workerFor({ bundle, at, parameters }) {
  const values = (await libraries.run([main], bundle, at, parameters))[main];
  return { isNodeJs: true, WorkerFactory: () => new AnsweringWorker(values) };
}

function resolverFor(record) {
  return async (reference) => {
    if (!reference) return record;
    return [record.find((r) => `${r.resourceType}/${r.id}` === reference) ?? byAddress.get(reference)];
  };
}

const idsOf = (actions) => (actions ?? []).flatMap((action) => [action.id, ...idsOf(action.action)]);

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const asked = JSON.parse(line);
  const record = asked.bundle.entry.map((entry) => entry.resource);
  const patient = record.find((r) => r.resourceType === 'Patient');
  const worker = own ? {} : await workerFor(asked);
  const aux = { elmJsonDependencies: included, cqlParameters: asked.parameters, ...worker };
  const [, group, ...made] = await applyPlan(plan, `Patient/${patient.id}`, resolverFor(record), aux);
  console.log(JSON.stringify({ actions: idsOf(group.action).sort(), resources: made }));
}
