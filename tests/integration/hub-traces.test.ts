/**
 * The hub's traces on a real database, before provinces that answer over real gRPC: what a database that is
 * away costs, and what reports and lists cost it.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AnswerStore } from '../../hub/traces/answer-store.ts';
import { getTraceStatus, reportStatus } from '../../hub/traces/operations.ts';
import { listAnswers, recordProvinceReport } from '../../hub/traces/queries.ts';
import { listTraceRows } from '../../hub/traces/traces-queries.ts';
import { systemClock } from '../../shared/clock.ts';
import { type Database, withTransaction } from '../../shared/db/database.ts';
import { newTraceId } from '../../shared/ids.ts';
import { startTracedHub } from '../support/traced-hub.ts';
import { waitFor } from '../support/wait.ts';

let hub: Awaited<ReturnType<typeof startTracedHub>>;
const unhandled: unknown[] = [];
const note = (error: unknown) => void unhandled.push(error);
beforeAll(async () => {
  hub = await startTracedHub();
  process.on('unhandledRejection', note);
});
afterAll(async () => {
  process.off('unhandledRejection', note);
  await hub?.[Symbol.asyncDispose]();
});

const stateOf = async (id: string) => (await getTraceStatus(hub.ctx, id)).state;
const ended = (id: string) => waitFor('a complete trace', async () => (await stateOf(id)) === 'complete');
const statusRow = { incarnation: 1, dataVersion: 1, dataAt: 1, protocol: 1 };

describe('a database that is away', () => {
  it('delays the end of a trace that expires meanwhile, and ends nothing else', async () => {
    const soon = Math.floor(systemClock.nowMs() / 1000) + 2;
    const id = await hub.open(0, { expires_at: soon });
    await ended(id);
    await hub.gate.shut();
    await waitFor('the expiry', () => systemClock.nowMs() / 1000 > soon + 1);
    const again = hub.engine.closeEnded().catch((error: unknown) => error);
    expect(await again).toMatchObject({ code: 'UNAVAILABLE' });
    await hub.gate.open();
    await waitFor('the end', async () => {
      await hub.engine.closeEnded();
      return (await stateOf(id)) === 'closed';
    });
    expect(unhandled).toEqual([]);
  });

  it('is waited for while answers come, and the trace is complete when they are stored', async () => {
    const id = await hub.open();
    await hub.gate.shut();
    await systemClock.sleep(300);
    expect(await hub.engine.get(id)?.status().state).toBe('running');
    await hub.gate.open();
    await ended(id);
    const answers = await listAnswers(hub.db, id);
    expect(answers.length).toBe((hub.engine.get(id)?.status().questions as number) * 3);
    expect(unhandled).toEqual([]);
  });

  it('holds up nobody who stops', async () => {
    await hub.open();
    await hub.gate.shut();
    const since = systemClock.nowMs();
    await hub.restart().catch(() => undefined);
    expect(systemClock.nowMs() - since).toBeLessThan(6_000);
    await hub.gate.open();
    await hub.restart();
    expect(unhandled).toEqual([]);
  });
});

describe('answers of many traces that no longer hold', () => {
  it('are marked by one report in as many statements as those of one trace', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 12; n++) ids.push(await hub.open(n));
    await Promise.all(ids.map(ended));
    const stale = ids.map((traceId) => ({ traceId, seqs: [1] }));
    const report = { ...statusRow, province: '24' };
    await recordProvinceReport(hub.db, report, []);
    const [one, all] = [counting(hub.db), counting(hub.db)];
    await recordProvinceReport(one.db, report, stale.slice(0, 1));
    await recordProvinceReport(all.db, report, stale);
    expect(all.statements()).toBe(one.statements());
    const marked = await hub.db.sql`SELECT trace_id FROM answers WHERE stale AND province = '24'`;
    expect(marked.map((row) => row.trace_id).sort()).toEqual([...ids].sort());
    await reportStatus(hub.ctx, { ...statusRow, dataVersion: 2, province: '24', stale });
    hub.provinces[0]!.dataVersion = 2;
    for (const id of ids) {
      await waitFor('answers of the new data', async () => {
        return (await listAnswers(hub.db, id)).every(({ stale, province, seq, dataVersion }) => {
          return !stale && (province !== '24' || seq !== 1 || dataVersion === 2);
        });
      });
    }
  });
});

describe('answers of an earlier life', () => {
  it('stored after the first word of the later one are no answers when read back', async () => {
    const id = await hub.open();
    await ended(id);
    const held = await listAnswers(hub.db, id);
    const province = hub.provinces[1]!;
    province.incarnation = 2;
    await recordProvinceReport(hub.db, { ...statusRow, incarnation: 2, province: province.province }, []);
    // What was on its way when the node ended.
    const late = held.find((answer) => answer.province === province.province)!;
    const stopping = new AbortController();
    const store = new AnswerStore({ db: hub.db, clock: systemClock, signal: stopping.signal });
    await store.add({ ...late, incarnation: 1, dataVersion: late.dataVersion + 1 });
    const read = await listAnswers(hub.db, id);
    expect(read.filter((answer) => answer.stale).map((answer) => answer.province)).toEqual(
      held.filter((answer) => answer.province === province.province).map((answer) => answer.province),
    );
    await hub.restart();
    await waitFor('answers of the new life', async () => {
      return (await listAnswers(hub.db, id)).every(({ stale }) => !stale);
    });
  });
});

describe('the text of an opening', () => {
  it('is read once, by whoever checks its signature', async () => {
    const parse = vi.spyOn(JSON, 'parse');
    const id = await hub.open();
    await ended(id);
    await reportStatus(hub.ctx, { ...statusRow, dataVersion: 3, province: '24', stale: [] });
    await hub.engine.close(id);
    const read = parse.mock.calls.filter(([text]) => text.includes(id) && text.includes('"purpose"'));
    parse.mockRestore();
    expect(read.length).toBe(1);
  });
});

describe('what lists and reports read', () => {
  it('they read by index', async () => {
    const ids = Array.from({ length: 1_000 }, () => newTraceId());
    await hub.test.db.sql`INSERT INTO traces (id, province, expires_at, closed_at, opened_at)
      SELECT id, '24', now(), now(), now() - n * interval '1 minute'
      FROM unnest(${ids}::text[]) WITH ORDINALITY AS given (id, n)`;
    await hub.test.db.sql`INSERT INTO questions (trace_id, seq, body) SELECT id, 1, '' FROM traces
      ON CONFLICT DO NOTHING`;
    await hub.test.db.sql`INSERT INTO answers (trace_id, seq, province, incarnation, data_version, body)
      SELECT id, 1, to_char(p, 'FM00'), 1, 1, ''
      FROM traces, generate_series(1, 60) p ON CONFLICT DO NOTHING`;
    await hub.test.db.sql`INSERT INTO deliveries (trace_id, province, seq, body, acknowledged_at)
      SELECT id, to_char(p, 'FM00'), 1, '', now()
      FROM traces, generate_series(1, 20) p ON CONFLICT DO NOTHING`;
    await hub.test.db.sql`ANALYZE`;
    const page = await plansOf(hub.db, (db) => withTransaction(db, (tx) => listTraceRows(tx, 50, ids[500])));
    expect(page.join('\n')).toMatch(/Index Scan using traces_listed/);
    expect(page.join('\n')).not.toMatch(/Seq Scan|Sort/);
    const life = await plansOf(hub.db, (db) =>
      recordProvinceReport(db, { ...statusRow, incarnation: 9, province: '24' }, [
        { traceId: ids[0]!, seqs: [1] },
      ]),
    );
    expect(life.filter((plan) => /on answers/.test(plan)).length).toBe(2);
    expect(life.join('\n')).not.toMatch(/Seq Scan on (answers|traces|deliveries)/);
  });
});

/** The same database, with the number of statements that were sent through it. */
function counting(db: Database) {
  let sent = 0;
  const counted = (sql: Database['sql']): Database['sql'] =>
    new Proxy(sql, {
      apply: (target, self, args) => {
        if (Array.isArray(args[0]) && 'raw' in args[0]) sent++;
        return Reflect.apply(target as never, self, args);
      },
      get: (target, name) => {
        if (name === 'unsafe') sent++;
        if (name !== 'begin') return Reflect.get(target, name);
        return (work: (tx: never) => unknown) =>
          target.begin((tx) => work(counted(tx as never) as never) as never);
      },
    });
  return { db: { ...db, sql: counted(db.sql) } as Database, statements: () => sent };
}

/** The plans of the statements of `work`, which is undone. */
async function plansOf(db: Database, work: (db: Database) => Promise<unknown>): Promise<string[]> {
  const plans: string[] = [];
  const keep = (rows: readonly Record<string, unknown>[]) =>
    void plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
  const undone = new Error('undone');
  const explained = (tx: Database['sql']): Database['sql'] =>
    new Proxy(tx, {
      apply: (target, self, args) => {
        const fragment = Reflect.apply(target as never, self, args) as Promise<unknown>;
        const [strings] = args as [TemplateStringsArray];
        if (!/^\s*(WITH|SELECT|UPDATE|INSERT|DELETE)/.test(strings[0] ?? '')) return fragment;
        return tx`EXPLAIN ${fragment as never}`.then(keep).then(() => fragment);
      },
      get: (target, name) => {
        if (name === 'begin') return (run: (tx: never) => unknown) => run(explained(target) as never);
        if (name !== 'unsafe') return Reflect.get(target, name);
        // Drizzle's way.
        return (text: string, values: never[]) => {
          const planned = tx.unsafe(`EXPLAIN ${text}`, values).then(keep);
          return {
            // biome-ignore lint/suspicious/noThenProperty: it stands for a query
            then: (ok: never, bad: never) => planned.then(() => tx.unsafe(text, values)).then(ok, bad),
            values: () => planned.then(() => tx.unsafe(text, values).values()),
          };
        };
      },
    });
  await db.sql
    .begin(async (tx) => {
      await work({ ...db, sql: explained(tx as never) } as never);
      throw undone;
    })
    .catch((error: unknown) => {
      if (error !== undone) throw error;
    });
  return plans;
}
