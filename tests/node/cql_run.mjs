// The published libraries run by cql-execution:  node cql_run.mjs PACKAGE LIBRARY... < lines
// PACKAGE is the folder `package` of a published FHIR package; the ELM is taken out of its Library resources. A line of the input is
// {"bundle", "at", "parameters"}, one of the output {LIBRARY: {expression: value}}. A line with "library" and "expressions" is answered
// with those alone, {expression: value}, and needs no LIBRARY.
import { createInterface } from 'node:readline';
import { Libraries, resourcesOf } from './published.mjs';

const [folder, ...names] = process.argv.slice(2);
const libraries = new Libraries(resourcesOf(folder));
const isPlain = ([, value]) => value === null || typeof value !== 'object';

const plain = (values) => Object.fromEntries(Object.entries(values).filter(isPlain));

async function some({ bundle, at, parameters, library, expressions }) {
  const found = {};
  for (const expression of expressions) {
    Object.assign(found, await libraries.one(library, expression, bundle, at, parameters));
  }
  return found;
}

async function all({ bundle, at, parameters }) {
  const found = await libraries.run(names, bundle, at, parameters);
  return Object.fromEntries(Object.entries(found).map(([name, values]) => [name, plain(values)]));
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const asked = JSON.parse(line);
  console.log(JSON.stringify(await (asked.expressions ? some(asked) : all(asked))));
}
