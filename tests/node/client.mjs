// fhir-kit-client against a FHIR endpoint:  node client.mjs BASE BUNDLE.json TOKEN
// Asks for the capabilities, runs $assess, $apply and $populate, and prints what came back as one line of JSON.
import { Client } from 'fhir-kit-client';
import { readFileSync } from 'node:fs';

const [base, file, token] = process.argv.slice(2);
const client = new Client({ baseUrl: base, ...(token ? { bearerToken: token } : {}) });
const record = JSON.parse(readFileSync(file, 'utf-8'));
const at = { name: 'at', valueDate: '2026-11-20' };
const parameters = (...listed) => ({ resourceType: 'Parameters', parameter: listed });

const statement = await client.capabilityStatement();
const answer = await client.operation({ name: 'assess', input: parameters({ name: 'record', resource: record }, at) });
const plan = await client.operation({
  name: 'apply',
  resourceType: 'PlanDefinition',
  id: 're-evaluation',
  input: parameters({ name: 'subject', valueString: 'Patient/p1' }, { name: 'data', resource: record }, at),
});
const populated = await client.operation({
  name: 'populate',
  resourceType: 'Questionnaire',
  id: 'intake',
  input: parameters({ name: 'subject', valueReference: { reference: 'Patient/p1' } }, { name: 'content', resource: record }, at),
});
const questionnaire = await client.read({ resourceType: 'Questionnaire', id: 'intake' });
const listed = await client.search({ resourceType: 'Questionnaire', searchParams: { url: questionnaire.url } });
const refused = await client.operation({ name: 'assess', input: parameters({ name: 'nothing' }) }).then(
  () => null,
  (error) => ({ status: error.response.status, outcome: error.response.data }),
);
console.log(JSON.stringify({ statement, answer, plan, populated, questionnaire, listed, refused }));
