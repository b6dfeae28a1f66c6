/**
 * The page deploy/access.md: who may do what, made from the acts that the rooms of both programs name.
 */
import type { ActRow, ActTable } from '../../shared/acts/access.ts';

const HEAD = `# Ai được làm gì · Who may do what

Made from the rows in each feature's \`acts.ts\`, as \`node/rooms.ts\` and \`hub/rooms.ts\` list them, by
\`npm run renew\`; a test compares it. Never edited.

*Reach*: \`area\` is what lies in the area of a role's grant (\`ward_tracer@07210\`), \`whole\` wants a grant
for the whole province (or the hub). *Break-glass*: what a role may read beyond its area while one is open.
*Scope*: a service account that was given it may do it. *Entry*: the word in the audit log; without one, no
person is in what is read.
`;

/** The whole page. */
export function accessPage(node: ActTable, hub: ActTable): string {
  return `${HEAD}\n## Nút · A node\n\n${tableOf(node)}\n## Trung tâm · The hub\n\n${tableOf(hub)}`;
}

function tableOf(acts: ActTable): string {
  const rows = Object.entries(acts).map(([name, row]) => `| ${cellsOf(name, row).join(' | ')} |\n`);
  const head =
    '| act | does | roles | reach | break-glass | scope | entry |\n|---|---|---|---|---|---|---|\n';
  return head + rows.join('');
}

function cellsOf(name: string, { does, roles, reach, breakGlass, scope, audit }: ActRow): string[] {
  return [
    ...[`\`${name}\``, does, roles.join(', '), reach, breakGlass ? 'yes' : ''],
    ...[scope ? `\`${scope}\`` : '', audit ? `\`${audit}\`` : ''],
  ];
}
