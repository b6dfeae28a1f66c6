import { expect, test } from 'vitest';
import { judgeAudit } from './audit.ts';

const counts = { info: 0, low: 0, moderate: 0, high: 0, critical: 0, total: 0 };

test.each([
  ['no findings', { metadata: { vulnerabilities: counts } }, 'clean'],
  ['low ones', { metadata: { vulnerabilities: { ...counts, info: 3, low: 2 } } }, 'clean'],
  ['a moderate one', { metadata: { vulnerabilities: { ...counts, moderate: 1 } } }, 'vulnerable'],
  ['a critical one', { metadata: { vulnerabilities: { ...counts, critical: 1 } } }, 'vulnerable'],
  ['a mirror without audits', { message: '405 Method Not Allowed', statusCode: 405 }, 'unchecked'],
  ['no network', { error: { summary: 'request failed' } }, 'unchecked'],
])('%s', (_what, report, result) => {
  expect(judgeAudit(JSON.stringify(report)).result).toBe(result);
});

test('what is no report never counts as clean', () => {
  for (const text of ['', 'null', '[]', 'npm error', '{"metadata":{}}']) {
    expect(judgeAudit(text)).toMatchObject({
      result: 'unchecked',
      text: expect.stringContaining('NOT CHECKED'),
    });
  }
});

test('the packages are named', () => {
  const report = {
    metadata: { vulnerabilities: { ...counts, low: 1, high: 1 } },
    vulnerabilities: { hono: { severity: 'high' }, zod: { severity: 'low' } },
  };
  expect(judgeAudit(JSON.stringify(report)).text).toBe('known vulnerabilities: hono (high)');
});
