/**
 * TypeScript of an OpenAPI document, from standard input to standard output. The generator needs the compiler
 * as a library, which TypeScript is no more from version 7 on: it gets the one that the generator of the
 * protobuf code brings along.
 */
import { createRequire, register } from 'node:module';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

const generator = createRequire(import.meta.url).resolve('@bufbuild/protoc-gen-es/package.json');
const owner = createRequire(generator).resolve('@bufbuild/protoplugin');
const parent = JSON.stringify(pathToFileURL(owner).href);
const hook = `export const resolve = (name, context, next) =>
  next(name, name === 'typescript' ? { ...context, parentURL: ${parent} } : context);`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
const { default: openapiTS, astToString } = await import('openapi-typescript');

const document = JSON.parse(await text(process.stdin));
process.stdout.write(astToString(await openapiTS(document)));
