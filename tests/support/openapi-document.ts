/**
 * The OpenAPI document of a program that does not run: `npm run -s openapi -- node` (or `hub`), for whoever
 * generates a client of it.
 */
import { pathToFileURL } from 'node:url';
import { documentOf } from '../../shared/http/docs.ts';
import { createApps } from './http-apps.ts';

type Document = ReturnType<typeof documentOf>;

/** The document of all routes of a program. */
export function openapiDocument(program: 'node' | 'hub'): Document {
  const app = createApps(async () => Promise.reject(new Error('nobody is asked')))[program];
  const info = {
    title: program === 'node' ? 'Truy Vết · nút của một tỉnh' : 'Truy Vết · trung tâm quốc gia',
    ...{ version: '1', description: '' },
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  };
  return documentOf(app, info);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const program = process.argv[2] === 'hub' ? 'hub' : 'node';
  process.stdout.write(`${JSON.stringify(openapiDocument(program), null, 2)}\n`);
}
