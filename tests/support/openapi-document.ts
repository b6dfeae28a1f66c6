/**
 * The OpenAPI document of a program that does not run: `npm run -s openapi -- node` (or `hub`), for whoever
 * generates a client of it.
 */
import { pathToFileURL } from 'node:url';
import { createApps } from './http-apps.ts';

export type Document = ReturnType<ReturnType<typeof createApps>['node']['getOpenAPI31Document']>;

/** The document of all routes of a program. */
export function openapiDocument(program: 'node' | 'hub'): Document {
  const app = createApps(async () => Promise.reject(new Error('nobody is asked')))[program];
  const info = {
    title: program === 'node' ? 'Truy Vết · nút của một tỉnh' : 'Truy Vết · trung tâm quốc gia',
    version: '1',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  };
  return app.getOpenAPI31Document({ openapi: '3.1.0', info, servers: [{ url: '/' }] });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const program = process.argv[2] === 'hub' ? 'hub' : 'node';
  process.stdout.write(`${JSON.stringify(openapiDocument(program), null, 2)}\n`);
}
