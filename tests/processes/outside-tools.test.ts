/**
 * The federation as an outsider's tools see it: what listens and where, what the process list tells, what
 * `nmap` finds open, what `sslscan` is offered. Linux; a tool that is not installed is said to be missing.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FederationSummary } from '../../deploy/federation/participant.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { extent } from '../support/extent.ts';
import {
  argumentsOf,
  environmentOf,
  type Listening,
  listeningSockets,
  treeOf,
} from '../support/process-tree.ts';

/** In `npm test` a hub and one node. */
const PROVINCES = extent({ quick: '24', all: '24,79,01' });

let launcher: ChildProcess;
let summary: FederationSummary;
let pids: number[];
let listening: Listening[];

beforeAll(async () => {
  const script = join(packageRoot, 'dist/deploy/federation/federation.js');
  // As careless as a machine may be with images of memory, whatever this one's habit is.
  const careless = 'ulimit -S -c "$(ulimit -H -c)"; exec "$0" "$@"';
  const args = [process.execPath, script, '--provinces', PROVINCES, '--json'];
  launcher = spawn('/bin/sh', ['-c', careless, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: launcher.stdout! })) {
    if (!line.startsWith('{')) continue;
    summary = JSON.parse(line) as FederationSummary;
    break;
  }
  pids = treeOf(launcher.pid as number);
  listening = listeningSockets(pids);
});

afterAll(async () => {
  const ended = new Promise((resolve) => launcher.once('exit', resolve));
  launcher.kill('SIGTERM');
  await ended;
});

const participants = () => [summary.hub, ...summary.nodes];
const portOf = (address: string | undefined) => Number((address ?? '').split(':').at(-1));
const grpcPorts = () => participants().map(({ pid }) => portOf(environmentOf(pid).get('GRPC_LISTEN')));

/** What the README says there is: two listeners a program, the database, the stand-in identity provider. */
function documentedPorts(): number[] {
  const issuer = environmentOf(summary.hub.pid).get('OIDC_ISSUER') ?? '';
  return [
    ...participants().map(({ url }) => Number(new URL(url).port)),
    ...grpcPorts(),
    Number(new URL(summary.hub.database_url).port),
    Number(new URL(issuer).port),
  ].sort((a, b) => a - b);
}

test('only the documented ports listen, and only on loopback', () => {
  expect([...new Set(listening.map(({ address }) => address))]).toEqual(['127.0.0.1']);
  const ports = [...new Set(listening.map(({ port }) => port))].sort((a, b) => a - b);
  expect(ports).toEqual(documentedPorts());
});

/** Passwords, tokens and the content of key files. */
function secrets(): string[] {
  const passwords = participants().flatMap(({ pid, database_url }) =>
    [database_url, environmentOf(pid).get('DATABASE_URL') ?? ''].map((url) => new URL(url).password),
  );
  const signatures = participants().map(({ token }) => token.split('.').at(-1) as string);
  return [...passwords, ...signatures, ...keyFiles().flatMap(({ content }) => secretWords(content))];
}

/** Every file beside a key or in a directory of keys that a program's variables name. */
function keyFiles(): { path: string; content: string; mode: number }[] {
  const named = participants().flatMap(({ pid }) =>
    [...environmentOf(pid)]
      .filter(([name]) => /(?:KEY|TLS|IDENTITY).*_(?:FILE|DIR)$/.test(name))
      .map(([, path]) => path),
  );
  const paths = [...new Set(named)].flatMap((path) =>
    statSync(path).isDirectory() ? readdirSync(path).map((name) => join(path, name)) : [path],
  );
  return paths.map((path) => ({ path, content: readFileSync(path, 'utf8'), mode: statSync(path).mode }));
}

/** Lines of private PEM, private members of JWKs, long hexadecimal numbers. */
function secretWords(content: string): string[] {
  const pem =
    /-----BEGIN (?:EC )?PRIVATE KEY-----\n([\s\S]+?)\n-----END/.exec(content)?.[1]?.split('\n') ?? [];
  const jwk = [...content.matchAll(/"d":"([\w-]+)"/g)].map(([, d]) => d as string);
  return [...pem, ...jwk, ...(content.match(/\b[0-9a-f]{64}\b/g) ?? [])];
}

test('no secret is an argument of any process', () => {
  const known = secrets();
  expect(known.length).toBeGreaterThan(extent({ quick: 12, all: 20 }));
  expect(known.filter((secret) => secret.length < 16)).toEqual([]);
  expect(pids.length).toBeGreaterThan(5);
  const told = pids.flatMap((pid) => argumentsOf(pid)).join('\n');
  expect(told).toContain('postgres');
  expect(known.filter((secret) => told.includes(secret))).toEqual([]);
});

test('files with keys are for their owner alone', () => {
  const secret = keyFiles().filter(({ content }) => secretWords(content).length > 0);
  expect(secret.length).toBeGreaterThan(extent({ quick: 6, all: 8 }));
  expect(secret.filter(({ mode }) => (mode & 0o077) !== 0).map(({ path }) => path)).toEqual([]);
  expect(secret.filter(({ path }) => (statSync(join(path, '..')).mode & 0o077) !== 0)).toEqual([]);
});

test('a crash of a program leaves no image of its memory', () => {
  for (const { pid } of participants()) {
    expect(readFileSync(`/proc/${pid}/limits`, 'utf8')).toMatch(/^Max core file size +0 /m);
  }
});

/** Whether a tool is there; if not, its tests say so instead of running. */
const has = (tool: string) => spawnSync(tool, ['--version']).error === undefined;
const missing = (tool: string) => (has(tool) ? '' : ` (SKIPPED: ${tool} is not installed)`);

test.skipIf(!has('nmap'))(
  `nmap finds our documented ports open, and no other of ours${missing('nmap')}`,
  () => {
    const { stdout } = spawnSync('nmap', ['-sT', '-n', '-Pn', '-p-', '-oG', '-', '127.0.0.1'], {
      encoding: 'utf8',
    });
    const open = [...stdout.matchAll(/(\d+)\/open\/tcp/g)].map(([, port]) => Number(port));
    // Others' programs may listen on this machine: theirs are not ours to judge.
    const ours = new Set(
      [...listening, ...listeningSockets(treeOf(launcher.pid as number))].map(({ port }) => port),
    );
    expect(open.filter((port) => ours.has(port)).sort((a, b) => a - b)).toEqual(documentedPorts());
  },
);

interface Scan {
  readonly protocols: string[];
  readonly ciphers: string[];
  readonly bits: number[];
  readonly xml: string;
}

function sslscan(port: number): Scan {
  const { stdout: xml } = spawnSync('sslscan', ['--no-colour', '--xml=-', `127.0.0.1:${port}`], {
    encoding: 'utf8',
  });
  const all = (pattern: RegExp) => [...xml.matchAll(pattern)].map((match) => match.slice(1).join(' '));
  return {
    protocols: all(/<protocol type="(\w+)" version="([\d.]+)" enabled="1"/g),
    ciphers: all(/<cipher .*?cipher="(\w+)"/g).sort(),
    bits: all(/<(?:cipher|group) .*?bits="(\d+)"/g).map(Number),
    xml,
  };
}

describe.skipIf(!has('sslscan'))(`sslscan${missing('sslscan')}`, () => {
  test.each(['hub', ...PROVINCES.split(',')].map((_, index) => index))(
    'finds TLS 1.3 and strong suites alone on the gRPC port of program %i',
    (index) => {
      const { protocols, ciphers, bits, xml } = sslscan(grpcPorts()[index] as number);
      expect(protocols).toEqual(['tls 1.3']);
      expect(ciphers).toEqual([
        'TLS_AES_128_GCM_SHA256',
        'TLS_AES_256_GCM_SHA384',
        'TLS_CHACHA20_POLY1305_SHA256',
      ]);
      expect(Math.min(...bits)).toBeGreaterThanOrEqual(128);
      expect(xml).toContain('<renegotiation supported="0"');
      expect(xml).not.toContain('vulnerable="1"');
      expect(xml).toMatch(/<self-signed>false<.*[\s\S]*<expired>false</);
    },
  );

  test('finds no TLS where there is none to find', () => {
    const { protocols } = sslscan(Number(new URL(summary.hub.url).port));
    expect(protocols).toEqual([]);
  });
});

test('openssl without a certificate is sent away from every gRPC port', () => {
  for (const port of grpcPorts()) {
    const args = ['s_client', '-connect', `127.0.0.1:${port}`, '-alpn', 'h2', '-ign_eof'];
    const { stdout, stderr } = spawnSync('openssl', args, {
      encoding: 'utf8',
      input: 'PRI * HTTP/2.0\r\n\r\n',
    });
    expect(`${stdout}${stderr}`).toContain('certificate required');
  }
});
