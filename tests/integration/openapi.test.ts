/**
 * The OpenAPI documents as others use them: they pass `redocly lint` without a warning, every operation has a
 * name of its own and says what it refuses, every body and every answer has an example that counts. What a
 * generated client makes of them is in tests/federation/openapi-client.test.ts.
 */
import type { z } from '@hono/zod-openapi';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { describe, expect, it } from 'vitest';
import { HUB_ROLES, NODE_ROLES } from '../../shared/acts/access.ts';
import type { Routes } from '../../shared/http/route.ts';
import { personWith } from '../support/callers.ts';
import { createApps } from '../support/http-apps.ts';
import { type Operation, operationsOf } from '../support/openapi-client.ts';
import { openapiDocument } from '../support/openapi-document.ts';

const PROGRAMS = ['node', 'hub'] as const;

const lint = async (document: object): Promise<string[]> => {
  const config = await createConfig({ extends: ['recommended'] });
  const problems = await lintFromString({ source: JSON.stringify(document), config });
  return problems.map(({ ruleId, message }) => `${ruleId}: ${message}`);
};

describe.each(PROGRAMS)('the document of the %s', (program) => {
  const document = openapiDocument(program);
  const operations = operationsOf(document);

  it('passes redocly lint without a warning, which would find one', async () => {
    expect(await lint(document)).toEqual([]);
    const broken = JSON.parse(JSON.stringify(document).replace(/"operationId":"[^"]*",?/, ''));
    expect(await lint(broken)).toEqual([expect.stringContaining('operationId')]);
  });

  it('names every operation once', () => {
    const names = operations.map(({ operationId }) => operationId);
    for (const name of names) expect(name).toMatch(/^[a-z][A-Za-z]+$/);
    expect(new Set(names).size).toBe(names.length);
  });

  it('lists the reasons of every operation by status', () => {
    for (const { responses, path, method } of operations) {
      const statuses = Object.keys(responses);
      expect([path, method, statuses]).toEqual([path, method, expect.arrayContaining(['401', '403', '429'])]);
      expect(JSON.stringify(responses['403'])).toContain('"ROLE_REQUIRED"');
    }
  });

  it('has an example with every body, and the route takes it', async () => {
    const roles = program === 'node' ? NODE_ROLES.map((role) => `${role}@24`) : [...HUB_ROLES];
    const app = createApps(async () => personWith(roles))[program];
    for (const operation of operations) {
      for (const [type, { example }] of Object.entries(operation.requestBody?.content ?? {})) {
        expect([operation.path, type, example]).not.toEqual([operation.path, type, undefined]);
        const response = await app.request(pathWithExamples(operation), {
          method: operation.method.toUpperCase(),
          headers: { 'content-type': type },
          body: typeof example === 'string' ? example : JSON.stringify(example),
        });
        // Behind the door and the shapes is nothing: what gets there was taken.
        expect([operation.path, type, response.status]).toEqual([operation.path, type, 500]);
      }
    }
  });

  it('has an example with every answer, and the answer’s own schema takes it', () => {
    const app = createApps(async () => personWith([]))[program];
    let examples = 0;
    for (const { path, method, operationId, responses } of operations) {
      for (const [status, { content = {} }] of Object.entries(responses)) {
        if (!status.startsWith('2')) continue;
        for (const [type, { example }] of Object.entries(content)) {
          const schema = answerSchema(app, { path, method, status, type });
          // Text that is left out for want of an example is missed here, field by field.
          expect([operationId, schema.safeParse(example).error?.issues ?? []]).toEqual([operationId, []]);
          expect([operationId, schema.safeParse({ example }).success]).toEqual([operationId, false]);
          examples++;
        }
      }
    }
    expect(examples).toBeGreaterThan(10);
  });
});

interface Answered {
  readonly path: string;
  readonly method: string;
  readonly status: string;
  readonly type: string;
}

/** What the route itself says of its answer. */
function answerSchema(app: Routes, { path, method, status, type }: Answered): z.ZodType {
  const declared = app.openAPIRegistry.definitions.flatMap((one) =>
    one.type === 'route' ? [one.route] : [],
  );
  const route = declared.find((one) => one.path === path && one.method === method);
  const answer = route?.responses[status] as { content: Record<string, { schema: z.ZodType }> };
  return answer.content[type]?.schema as z.ZodType;
}

function pathWithExamples({ path, parameters = [] }: Operation): string {
  return path.replaceAll(/{(\w+)}/g, (_all, name: string) => {
    const parameter = parameters.find((one) => one.in === 'path' && one.name === name);
    return String(parameter?.schema.example);
  });
}
