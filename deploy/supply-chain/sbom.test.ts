import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../../shared/package-root.ts';
import { type Lockfile, makeSbom } from './sbom.ts';

const text = readFileSync(join(packageRoot, 'package-lock.json'), 'utf8');
const { packages } = JSON.parse(text) as Lockfile;
const sbom = makeSbom(text);

test('two runs give the same bytes, and another lockfile another serial number', () => {
  expect(JSON.stringify(makeSbom(text))).toBe(JSON.stringify(sbom));
  expect(sbom.serialNumber).toMatch(
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  expect(makeSbom(`${text} `).serialNumber).not.toBe(sbom.serialNumber);
  expect(JSON.stringify(sbom)).not.toMatch(/timestamp|\d{4}-\d\d-\d\dT/);
});

test('every runtime package is in it once, with version, purl, SHA-512 and licence, and no other', () => {
  const expected = Object.entries(packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true)
    .map(([path, { version, integrity, license }]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
      const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
      const sha512 = Buffer.from((integrity as string).slice('sha512-'.length), 'base64').toString('hex');
      return [`${name}@${version}`, { version, purl, sha512, license }] as const;
    });
  const found = sbom.components.map(({ version, purl, hashes, licenses, ...component }) => {
    const [licence] = licenses as { license?: { id: string }; expression?: string }[];
    const license = licence?.license?.id ?? licence?.expression;
    expect(hashes?.map(({ alg }) => alg)).toEqual(['SHA-512']);
    return [component['bom-ref'], { version, purl, sha512: hashes?.[0]?.content, license }] as const;
  });
  expect(found.length).toBeGreaterThan(50);
  expect(new Map(found)).toEqual(new Map(expected));
  expect(found.length).toBe(new Set(found.map(([ref]) => ref)).size);
});

test('the graph leads from the project to every package, and names only what is listed', () => {
  const listed = new Set([sbom.metadata.component['bom-ref'], ...sbom.components.map((c) => c['bom-ref'])]);
  const edges = new Map(sbom.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
  const reached = new Set<string>();
  const visit = (ref: string) => {
    if (reached.has(ref)) return;
    reached.add(ref);
    edges.get(ref)?.forEach(visit);
  };
  visit(sbom.metadata.component['bom-ref']);
  expect([...listed].filter((ref) => !reached.has(ref))).toEqual([]);
  expect([...reached].filter((ref) => !listed.has(ref))).toEqual([]);
  expect([...edges.keys()].sort()).toEqual([...listed].sort());
});
