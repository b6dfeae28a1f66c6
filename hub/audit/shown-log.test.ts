import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { nodeOrigin, signCheckpoint } from '../../shared/audit/checkpoint.ts';
import { leafHash, TreeBuilder } from '../../shared/audit/merkle.ts';
import { type LogPage, takeShownLog } from './shown-log.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const entry = (seq: number) =>
  JSON.stringify({
    action: 'question.answered',
    trace: 'a',
    detail: { seq, question_sha256: `digest ${seq}` },
  });
/** Every third entry is a question. */
const TEXTS = Array.from({ length: 10 }, (_, i) => (i % 3 === 0 ? entry(i) : `entry ${i}`));

const leafOf = (text: string) => ({
  hash: leafHash(text),
  answered: text.startsWith('{') ? text : undefined,
});

function checkpointOf(texts: readonly string[]) {
  const builder = new TreeBuilder();
  for (const text of texts) builder.append(leafHash(text));
  return { size: builder.size, root: builder.root() };
}

interface Shown {
  checkpoint?: string | undefined;
  leaves?: LogPage['leaves'];
  held?: ReturnType<typeof checkpointOf>;
}

async function take({ checkpoint, leaves, held }: Shown) {
  const note = signCheckpoint(checkpointOf(TEXTS), nodeOrigin('24'), privateKey);
  const rows = leaves ?? TEXTS.map(leafOf);
  async function* pages(): AsyncGenerator<LogPage> {
    yield { checkpoint: checkpoint ?? note, leaves: [] };
    yield { checkpoint: undefined, leaves: rows.slice(0, 4) };
    yield { checkpoint: undefined, leaves: rows.slice(4) };
  }
  return takeShownLog(pages(), { province: '24', key: publicKey, held });
}

test('a log that is what its checkpoint says, and what it was, is taken', async () => {
  const { size, questions } = await take({ held: checkpointOf(TEXTS.slice(0, 6)) });
  expect(size).toBe(10);
  const expected = [0, 3, 6, 9].map((seq) => ({ trace: 'a', seq, sha256: `digest ${seq}` }));
  expect(questions).toEqual(expected);
  expect((await take({})).size).toBe(10);
  expect((await take({ held: checkpointOf(TEXTS) })).size).toBe(10);
});

const LEAVES = TEXTS.map(leafOf);

test.each<[string, Shown, string]>([
  ['an entry is left out', { leaves: LEAVES.toSpliced(3, 1) }, 'AUDIT_LOG_INCOMPLETE'],
  ['the last entry is left out', { leaves: LEAVES.slice(0, 9) }, 'AUDIT_LOG_INCOMPLETE'],
  ['an entry is added', { leaves: [...LEAVES, leafOf('more')] }, 'AUDIT_LOG_INCOMPLETE'],
  [
    'two entries change places',
    { leaves: [LEAVES[1], LEAVES[0], ...LEAVES.slice(2)] as never },
    'AUDIT_LOG_INCOMPLETE',
  ],
  [
    'a text is not the one that was hashed',
    { leaves: LEAVES.with(3, { ...leafOf(entry(3)), answered: entry(4) }) },
    'AUDIT_LOG_INCOMPLETE',
  ],
  [
    'a text that was hashed is no entry',
    { leaves: LEAVES.with(3, { hash: leafHash('{}'), answered: '{}' }) },
    'AUDIT_LOG_INCOMPLETE',
  ],
  ['it is shorter than what we hold', { held: checkpointOf([...TEXTS, 'more']) }, 'AUDIT_LOG_TRUNCATED'],
  [
    'it does not continue what we hold',
    { held: checkpointOf(['other', ...TEXTS.slice(1, 6)]) },
    'AUDIT_LOG_REWRITTEN',
  ],
  [
    'it is as long as what we hold and another',
    { held: checkpointOf(['other', ...TEXTS.slice(1)]) },
    'AUDIT_LOG_REWRITTEN',
  ],
  [
    'the checkpoint is another province’s',
    { checkpoint: signCheckpoint(checkpointOf(TEXTS), nodeOrigin('79'), privateKey) },
    'BAD_CHECKPOINT',
  ],
])('it is not taken if %s', async (_, shown, reason) => {
  await expect(take(shown)).rejects.toMatchObject({ reason });
});

test('nothing is taken without a checkpoint', async () => {
  const nothing = async function* (): AsyncGenerator<LogPage> {
    yield { checkpoint: undefined, leaves: LEAVES };
  };
  const options = { province: '24', key: publicKey, held: undefined };
  await expect(takeShownLog(nothing(), options)).rejects.toMatchObject({ reason: 'AUDIT_LOG_INCOMPLETE' });
});
