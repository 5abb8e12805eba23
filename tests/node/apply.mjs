// PlanDefinition/$apply by encender:  node apply.mjs PACKAGE PLAN [own] < lines
// A line of the input is {"bundle", "at", "parameters"}, one of the output {"actions": [ids that apply], "resources": [...]}.
// encender evaluates one expression after another, each time from the beginning. Here its worker answers from one evaluation of the
// library; with `own` it is encender's own worker, which takes minutes a person and reads the clock of the machine.
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

class AnsweringWorker extends EventEmitter {
  constructor(values) {
    super();
    this.values = values;
  }

  postMessage({ expression }) {
    if (expression !== undefined) {
      if (!(expression in this.values)) throw new Error(`no expression ${expression}`);
      setImmediate(() => this.emit('message', { expression, result: this.values[expression] }));
    }
  }

  terminate() {}
}

function idsOf(actions) {
  return (actions ?? []).flatMap((action) => [action.id, ...idsOf(action.action)]);
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const { bundle, at, parameters } = JSON.parse(line);
  const record = bundle.entry.map((e) => e.resource);
  const resolve = async (reference) => {
    if (!reference) return record;
    const inside = record.find((r) => `${r.resourceType}/${r.id}` === reference);
    return [inside ?? byAddress.get(reference)];
  };
  const { [main]: _, ...included } = libraries.elm; // the main one it takes out of the Library resource
  const aux = { elmJsonDependencies: included, cqlParameters: parameters };
  if (!own) {
    const values = (await libraries.run([main], bundle, at, parameters))[main];
    Object.assign(aux, { isNodeJs: true, WorkerFactory: () => new AnsweringWorker(values) });
  }
  const [, group, ...made] = await applyPlan(plan, `Patient/${record.find((r) => r.resourceType === 'Patient').id}`, resolve, aux);
  console.log(JSON.stringify({ actions: idsOf(group.action).sort(), resources: made }));
}
