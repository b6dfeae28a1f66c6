/**
 * What an import costs whoever writes beside it: the time of single writes at a node alone, and while it
 * takes in 60,000 persons, then 60,000 check-ins. Both in one run, on real processes; only measures.
 */
import { type Federation, startFederation } from '../../deploy/federation/federation.ts';
import { nowSeconds, systemClock } from '../../shared/clock.ts';
import { call, importFile } from '../federation/drive.ts';
import { isoAt } from '../simulation/import-files.ts';
import { median } from './median.ts';

const ROWS = 60_000;
const ROUNDS_ALONE = 60;
const PROVINCE = '24';
/** People write one after the other, not without a breath. */
const PAUSE_MS = 10;

type Times = Record<'check-in' | 'case' | 'correction', number[]>;

/** Times of the rounds beside an import, and of those right before and after it. */
interface Beside {
  readonly kind: string;
  readonly seconds: number;
  readonly alone: Times;
  readonly beside: Times;
}

/** A Markdown table: the median of each kind of write alone and beside each import, and the ratios. */
export async function benchWriters(say: (what: string) => void): Promise<string> {
  await using federation = await startFederation({ provinces: [PROVINCE] });
  const now = nowSeconds(systemClock);
  await importFile(federation.node(PROVINCE), 'places', 'place,name,kind\nquan,Quán,cafe\n');
  const writer = new Writer(federation, now);
  const alone = () => writer.rounds(() => writer.count < ROUNDS_ALONE);
  await alone(); // warms up
  const found: Beside[] = [];
  for (const kind of ['persons', 'check-ins'] as const) {
    const before = await alone();
    const begunAt = performance.now();
    let under = true;
    const running = importFile(federation.node(PROVINCE), kind, fileOf(kind, now)).finally(() => {
      under = false;
    });
    const beside = await writer.rounds(() => under);
    await running;
    const seconds = (performance.now() - begunAt) / 1_000;
    const after = await alone();
    const both = (write: keyof Times) => [...before[write], ...after[write]];
    const times = { 'check-in': both('check-in'), case: both('case'), correction: both('correction') };
    found.push({ kind, seconds, alone: times, beside });
    say(`beside ${kind}: ${beside.case.length} rounds`);
  }
  return render(found);
}

class Writer {
  count = 0;
  #serial = 0;
  readonly #federation: Federation;
  readonly #now: number;

  constructor(federation: Federation, now: number) {
    this.#federation = federation;
    this.#now = now;
  }

  /** Rounds of one write of each kind, while `more`. */
  async rounds(more: () => boolean): Promise<Times> {
    const times: Times = { 'check-in': [], case: [], correction: [] };
    for (this.count = 0; more(); this.count++) {
      const phone = `phone:+8498${String(this.#serial++).padStart(7, '0')}`;
      const at = isoAt(this.#now - 86_400 + this.#serial);
      times['check-in'].push(
        await this.#timed('/v1/imports/check-ins', `identifier,place,in_at\n${phone},quan,${at}\n`),
      );
      const body = JSON.stringify({ identifiers: [phone], onset_on: at.slice(0, 10) });
      const id = { value: '' };
      times.case.push(await this.#timed('/v1/cases', body, id));
      times.correction.push(await this.#timed(`/v1/cases/${id.value}`, JSON.stringify({ isolated_at: at })));
    }
    return times;
  }

  async #timed(path: string, body: string, id?: { value: string }): Promise<number> {
    await systemClock.sleep(PAUSE_MS);
    const begunAt = performance.now();
    const type = path.startsWith('/v1/imports') ? 'text/csv' : 'application/json';
    const method = /cases\/./.test(path) ? 'PATCH' : 'POST';
    const answer = await call<{ id: string }>(this.#federation.node(PROVINCE), path, { method, body, type });
    if (id) id.value = answer.id;
    return performance.now() - begunAt;
  }
}

function fileOf(kind: 'persons' | 'check-ins', now: number): string {
  const digits = (n: number, length: number) => String(n).padStart(length, '0');
  const rows = Array.from({ length: ROWS }, (_, n) => {
    const [cccd, phone] = [`cccd:024085${digits(n, 6)}`, `phone:+8491${digits(n, 7)}`];
    if (kind === 'persons') return `${cccd} ${phone},Nguyễn Văn ${n},1985-03-02,nam,24,07210,h${n >> 2}`;
    return `${n % 2 ? cccd : phone},quan,${isoAt(now - 86_400 - n)},${isoAt(now - 82_800 - n)}`;
  });
  const header = {
    persons: 'identifiers,name,born_on,sex,province,ward,household',
    'check-ins': 'identifier,place,in_at,out_at',
  };
  return `${header[kind]}\n${rows.join('\n')}\n`;
}

function render(found: readonly Beside[]): string {
  const lines = found.flatMap(({ kind, seconds, alone, beside }) =>
    (['check-in', 'case', 'correction'] as const).map((write) => {
      const [base, value] = [median(alone[write]), median(beside[write])];
      const cells = [
        `${kind}, ${seconds.toFixed(1)} s`,
        write,
        `${base.toFixed(1)} ms`,
        `${value.toFixed(1)} ms`,
      ];
      return `| ${[...cells, (value / base).toFixed(2)].join(' | ')} |`;
    }),
  );
  return ['| import | write | p50 alone | p50 beside | ratio |', '|---|---|---|---|---|', ...lines].join(
    '\n',
  );
}
