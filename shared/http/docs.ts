/**
 * `/v1/openapi.json` and the documentation pages: Swagger UI out of node_modules, nothing from another
 * origin.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Routes } from './route.ts';

/** What the document says of itself. */
export interface DocumentInfo {
  title: string;
  version: string;
  description: string;
}

const directory = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

const FILES: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

const INIT = `SwaggerUIBundle({
  url: '/v1/openapi.json', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null,
  persistAuthorization: false, presets: [SwaggerUIBundle.presets.apis],
});
`;

/** Only this origin; `data:` for the icons inside the style sheet. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Adds `/v1/openapi.json` (OpenAPI 3.1), `/docs` and its files to `app`. */
export function addDocs(app: Routes, info: DocumentInfo): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
  });
  app.doc31('/v1/openapi.json', { openapi: '3.1.0', info: { ...info }, servers: [{ url: '/' }] });
  app.get('/docs', (c) => c.html(page(info.title), 200, { 'content-security-policy': POLICY }));
  app.get('/docs/init.js', (c) => c.body(INIT, 200, { 'content-type': 'text/javascript; charset=utf-8' }));
  for (const [file, type] of Object.entries(FILES)) {
    app.get(`/docs/${file}`, async (c) =>
      c.body(await readFile(join(directory, file)), 200, { 'content-type': type }),
    );
  }
}

function page(title: string): string {
  return `<!doctype html>
<html lang="vi">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/init.js"></script>
</body>
</html>
`;
}
