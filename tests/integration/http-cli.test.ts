/**
 * The node's command line against the real interface: what it prints, and how it ends; as a process where
 * that could make a difference.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpServer, startHttpServer } from '../../shared/http/server.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { runAsProcess, runCommandLine } from '../support/command-line.ts';
import { keysOutsideTheList } from '../support/log-lines.ts';
import { ALL_GRANTS, createNodeHttp, type NodeHttp } from '../support/node-http.ts';

let node: NodeHttp;
let server: HttpServer;
let token: string;
let directory: string;
beforeAll(async () => {
  node = await createNodeHttp();
  const fetch = async (request: Request) => node.handle(request);
  server = await startHttpServer({ fetch, listen: { host: '127.0.0.1', port: 0 } });
  token = await node.issuer.issue({ audience: 'truyvet-node-24', roles: ALL_GRANTS });
  directory = await mkdtemp(join(tmpdir(), 'truyvet-cli-'));
});
afterAll(async () => {
  node.stop.abort();
  await server[Symbol.asyncDispose]();
  await node[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

/** Runs it with `input` as its standard input, in this process unless told otherwise. */
function run(args: readonly string[], env: Record<string, string> = {}, input = '', how = runCommandLine) {
  const door = { TRUYVET_URL: server.url, TRUYVET_TOKEN: token };
  return how('node', args, { env: { ...door, ...env }, input });
}

const file = async (name: string, content: string | Uint8Array) => {
  const path = join(directory, name);
  await writeFile(path, content);
  return path;
};

describe('import', () => {
  it('tries a file with --dry-run and stores nothing; warnings are no failure', async () => {
    const path = await file('try.csv', 'place;kind;capacity\ndry-1;cafe;many\ndry-2;moon;\n');
    const tried = await run(['import', 'places', '--dry-run', path]);
    expect(tried.code).toBe(1);
    expect(tried.out).toMatch(/^chỉ thử, không lưu: sẽ nhận 1 dòng, từ chối 1 dòng\ncác ô bị bỏ qua:\n/);
    expect(tried.out).toMatch(/\n2 +capacity +phải là số nguyên\n/);
    const good = await file('good.csv', 'place,kind,capacity\ndry-1,cafe,many\n');
    expect(await run(['import', 'places', '--dry-run', good])).toMatchObject({ code: 0 });
    expect(await node.db.sql`SELECT place FROM places WHERE place LIKE 'dry-%'`).toEqual([]);
    expect(await run(['import', 'places', good])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^đã nhận 1 dòng, từ chối 0 dòng\ncác ô bị bỏ qua:\n/),
    });
  });

  it('streams a file, plain or gzipped, and says what became of it', async () => {
    const csv = 'place,name,kind,ward\np1,Chợ,market,07213\n';
    expect(await run(['import', 'places', await file('a.csv', csv)])).toMatchObject({
      code: 0,
      out: 'đã nhận 1 dòng, từ chối 0 dòng\n',
    });
    expect(await run(['import', 'places', await file('a.csv.gz', gzipSync(csv))])).toMatchObject({ code: 0 });
    expect(
      await run(['import', 'places', await file('a.ndjson', '{"place":"p2","kind":"cafe"}\n')]),
    ).toMatchObject({ code: 0 });
  });

  it('prints rejected rows and ends with 1', async () => {
    const importing = ['import', 'places', await file('b.csv', 'place,kind\np3,moon\np4,cafe\n')];
    for (const how of [runCommandLine, runAsProcess]) {
      const { code, out } = await run(importing, {}, '', how);
      expect(code).toBe(1);
      expect(out).toMatch(
        /^đã nhận 1 dòng, từ chối 1 dòng\ndòng +cột +lý do\n2 +kind +không có loại địa điểm này: moon\n$/,
      );
    }
  });
});

describe('records', () => {
  it('are found by an identifier from standard input, corrected and withdrawn', async () => {
    const headers = { 'content-type': 'text/csv' };
    const text = 'identifiers,name\ncccd:024090000077 phone:0912000077,An\n';
    await node.call('POST', '/v1/imports/persons', { text, headers });
    const find = () => run(['record', 'find', '--json'], {}, 'phone:0912000077\n');
    const [{ id, name }] = JSON.parse((await find()).out);
    expect(name).toBe('An');
    const corrected = await run(['record', 'correct', String(id)], {}, '{"name": "Ân"}');
    expect(corrected).toMatchObject({ code: 0, out: '2\n' });
    const shown = await run(['record', 'find'], {}, 'phone:0912000077\n');
    expect(shown).toMatchObject({ code: 0, out: expect.stringContaining('Ân') });
    expect((await run(['record', 'withdraw', String(id)])).code).toBe(0);
    expect(JSON.parse((await find()).out)[0].withdrawn_at).not.toBeNull();
    expect((await run(['record', 'correct', String(id)], {}, 'An')).code).toBe(2);
  });
});

describe('cases and traces', () => {
  it('enters a case, starts a trace, shows it', async () => {
    const identifiers = 'phone:0912345678\ncccd:024090000001\n';
    const adding = ['case', 'add', '--onset', '2021-06-01'];
    const { out: caseId } = await run(adding, {}, identifiers, runAsProcess);
    const entered = await node.call('GET', `/v1/cases/${caseId.trim()}`);
    expect(entered.body.identifiers).toEqual(['phone:+84912345678', 'cccd:024090000001']);
    const { out, code } = await run(['trace', 'start', caseId.trim()]);
    expect([code, out]).toEqual([0, expect.stringMatching(/^[0-9a-f]{32}\n$/)]);
    const shown = await run(['trace', 'show', out.trim()]);
    expect(shown).toMatchObject({ code: 0, out: expect.stringContaining(out.trim()) });
    await run(['trace', 'show', out.trim()]);
    await node.call('POST', `/v1/traces/${out.trim()}/close`);
    const watched = await run(['trace', 'show', '--watch', out.trim()]);
    expect(watched).toMatchObject({ code: 0, out: expect.stringContaining('đã đóng') });
  });
});

describe('the language', () => {
  it.each<[string, string[], Record<string, string>, string]>([
    ['Vietnamese, unless told', [], {}, 'bắt đầu truy vết từ các ca'],
    ['that of the locale', [], { LANG: 'en_GB.UTF-8' }, 'start a trace from cases'],
    ['the option before the locale', ['--language', 'vi'], { LANG: 'en_GB.UTF-8' }, 'bắt đầu truy vết'],
    ['the variable before the locale', [], { TRUYVET_LANGUAGE: 'en', LC_ALL: 'vi_VN' }, 'start a trace'],
  ])('is %s', async (_, args, env, text) => {
    const { code, out } = await run([...args, 'trace', '--help'], env);
    expect([code, out]).toEqual([0, expect.stringContaining(text)]);
    expect(out).not.toContain(' · ');
  });

  it('is also that of what the program answers', async () => {
    const add = (env: Record<string, string>) => run(['case', 'add', '--onset', '2021-06-01'], env, 'cccd:1');
    expect((await add({})).err).toBe('INVALID_FIELD: identifiers[0]: số CCCD phải có 12 chữ số\n');
    expect((await add({ LC_ALL: 'en_US' })).err).toBe(
      'INVALID_FIELD: identifiers[0]: a CCCD must have 12 digits\n',
    );
  });
});

describe('failures end with 2 and say why', () => {
  it.each([
    ['a problem', ['case', 'add', '--onset', '2021-06-01'], {}, 'INVALID_FIELD: identifiers[0]', 'fax:1'],
    ['a person in an argument', ['case', 'add', 'phone:0912345678'], {}, 'thừa tham số'],
    ['a wrong token', ['trace', 'show', 'x'], { TRUYVET_TOKEN: 'x' }, 'TOKEN_INVALID'],
    [
      'nobody there',
      ['trace', 'show', 'x'],
      { TRUYVET_URL: 'http://127.0.0.1:9' },
      'UNREACHABLE: Không kết nối được http://127.0.0.1:9.',
    ],
    ['no address', ['trace', 'show', 'x'], { TRUYVET_URL: '' }, 'INVALID_FIELD: --url'],
    ['no file', ['import', 'places', 'nowhere.csv'], {}, 'INVALID_FIELD: file: không có tệp này'],
    ['a directory', ['import', 'places', packageRoot], {}, 'INVALID_FIELD: file: không đọc được tệp'],
    ['an unknown command', ['dance'], {}, 'không có lệnh dance'],
  ] satisfies [string, string[], Record<string, string>, string, string?][])('%s', async (...row) => {
    const [, args, env, message, input] = row;
    const { code, err } = await run(args, env, input);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });

  it('as a process too', async () => {
    const { code, out, err } = await run(['trace', 'show', 'x'], { TRUYVET_TOKEN: 'x' }, '', runAsProcess);
    expect([code, out, err]).toEqual([2, '', expect.stringContaining('TOKEN_INVALID')]);
  });

  it('names every variable that serve lacks', async () => {
    const { code, err } = await run(['serve'], { HTTP_LISTEN: 'here' }, '', runAsProcess);
    expect(code).not.toBe(0);
    for (const name of ['IDENTITY_DIR', 'DATABASE_URL', 'OIDC_ISSUER'])
      expect(err).toMatch(new RegExp(`${name}: required, for example \\S`));
    expect(err).toContain('HTTP_LISTEN: must be host:port, for example 127.0.0.1:8080');
    expect(err).toContain('DATA_KEYS_FILE: exactly one is required of: ');
    const line = JSON.parse(err);
    expect(line).toMatchObject({ level: 60, name: 'node', msg: 'ended by an error' });
    expect(keysOutsideTheList(line)).toEqual([]);
  });
});

describe('budgets', () => {
  it('are set for one province or for all others, shown, and taken away', async () => {
    await run(['budgets', 'set', '--questions-per-hour', '500']);
    expect(await run(['budgets', 'set', '79', '--persons-per-day', '7'])).toMatchObject({ code: 0, out: '' });
    const { out } = await run(['budgets']);
    expect(out).toMatch(/^\* +500 +50000000 +200000 +200000000$/m);
    expect(out).toMatch(/^79 +500 +50000000 +200000 +7$/m);
    await run(['budgets', 'reset', '79']);
    expect((await run(['budgets', 'show'])).out).not.toMatch(/^79/m);
    const wrong = await run(['budgets', 'set', '--persons-per-day', 'many']);
    expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('--persons-per-day') });
  });
});
