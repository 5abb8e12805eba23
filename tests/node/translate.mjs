// CQL to ELM:  node translate.mjs FOLDER
// Translates every *.cql in a folder (libraries may include each other) with the reference translator. Prints one line of JSON
// for each: {"library", "messages": [{"severity", "line", "message"}], "elm"}. The ELM holds no annotations and no places in the text.
import { SystemModelInfoProvider } from '@cqframework/cql/cql';
import * as translator from '@cqframework/cql/cql-to-elm';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const folder = process.argv[2];
const require = createRequire(import.meta.url);
const models = path.join(path.dirname(require.resolve('cql-exec-fhir/package.json')), 'lib', 'modelInfos');
const text = (file) => translator.stringAsSource(readFileSync(file, 'utf-8'));
const files = readdirSync(folder).filter((name) => name.endsWith('.cql')).sort();

function libraryManager() {
  const modelManager = new translator.ModelManager();
  modelManager.modelInfoLoader.registerModelInfoProvider(new SystemModelInfoProvider());
  modelManager.modelInfoLoader.registerModelInfoProvider(
    translator.createModelInfoProvider((id, _system, version) =>
      id === 'FHIR' ? text(path.join(models, `fhir-modelinfo-${version ?? '4.0.1'}.xml`)) : null,
    ),
  );
  const options = new translator.CqlCompilerOptions(); // no option: names and types only
  const manager = new translator.LibraryManager(modelManager, options);
  manager.librarySourceLoader.registerProvider(
    translator.createLibrarySourceProvider((id) =>
      files.includes(`${id}.cql`) ? text(path.join(folder, `${id}.cql`)) : null,
    ),
  );
  return manager;
}

const manager = libraryManager();
for (const file of files) {
  const made = translator.CqlTranslator.fromText(readFileSync(path.join(folder, file), 'utf-8'), manager);
  const messages = made.exceptions.asJsReadonlyArrayView().map((e) => ({
    severity: e.severity?.name,
    line: e.locator?.startLine,
    message: e.message,
  }));
  console.log(JSON.stringify({ library: file.slice(0, -'.cql'.length), messages, elm: JSON.parse(made.toJson()) }));
}
