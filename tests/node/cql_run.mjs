// The published libraries run by cql-execution:  node cql_run.mjs PACKAGE LIBRARY... < lines
// PACKAGE is the folder `package` of a published FHIR package; the ELM is taken out of its Library resources. A line of the input is
// {"bundle", "at", "parameters"}, one of the output {LIBRARY: {expression: value}}.
import { createInterface } from 'node:readline';
import { Libraries, resourcesOf } from './published.mjs';

const [folder, ...names] = process.argv.slice(2);
const libraries = new Libraries(resourcesOf(folder));
const isPlain = ([, value]) => value === null || typeof value !== 'object';

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const { bundle, at, parameters } = JSON.parse(line);
  const found = await libraries.run(names, bundle, at, parameters);
  const plain = Object.entries(found).map(([name, values]) => [name, Object.fromEntries(Object.entries(values).filter(isPlain))]);
  console.log(JSON.stringify(Object.fromEntries(plain)));
}
