/**
 * `/v1/openapi.json` and the documentation pages: Swagger UI out of node_modules, nothing from another
 * origin.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { inLanguage } from '../i18n/bilingual.ts';
import type { Language } from '../i18n/text.ts';
import { withExamples } from './examples.ts';
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
  const documents = new Map<Language, unknown>();
  app.get('/v1/openapi.json', (c) => {
    const { language } = c.var;
    const known = documents.get(language) ?? localized(documentOf(app, info), language);
    documents.set(language, known);
    return c.json(known as object);
  });
  app.get('/docs', (c) =>
    c.html(page(info.title, c.var.language), 200, { 'content-security-policy': POLICY }),
  );
  app.get('/docs/init.js', (c) => c.body(INIT, 200, { 'content-type': 'text/javascript; charset=utf-8' }));
  for (const [file, type] of Object.entries(FILES)) {
    app.get(`/docs/${file}`, async (c) =>
      c.body(await readFile(join(directory, file)), 200, { 'content-type': type }),
    );
  }
}

/** The document of all routes of `app`, its texts in both languages. */
export function documentOf(app: Routes, info: DocumentInfo) {
  return withExamples(
    app.getOpenAPI31Document({ openapi: '3.1.0', info: { ...info }, servers: [{ url: '/' }] }),
  );
}

/** Fields of the document that people read; routes write them as `Tiếng Việt · English`. */
const READ = new Set(['summary', 'description']);

/** `part` of the document in one language. A text in one language alone stays. */
function localized(part: unknown, language: Language): unknown {
  if (Array.isArray(part)) return part.map((item) => localized(item, language));
  if (typeof part !== 'object' || part === null) return part;
  return Object.fromEntries(
    Object.entries(part).map(([name, value]) =>
      READ.has(name) && typeof value === 'string'
        ? [name, inLanguage(value, language)]
        : [name, localized(value, language)],
    ),
  );
}

function page(title: string, language: Language): string {
  return `<!doctype html>
<html lang="${language}">
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
