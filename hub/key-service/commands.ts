/**
 * `truyvet-hub oprf show, rotate, leave-behind`: the rotation of the key service's key on the command line,
 * through the HTTP interface and with the rights of its token.
 */
import type { Command } from 'commander';
import { type ApiAddress, callApi, callJson } from '../../shared/cli/api.ts';
import { say } from '../../shared/cli/say.ts';
import type { Shell } from '../../shared/cli/shell.ts';
import { formatTable } from '../../shared/cli/terminal.ts';

interface GenerationsJson {
  readonly served: readonly number[];
  readonly rotation: { readonly used_from: string | null; readonly left_behind: readonly string[] } | null;
  readonly open_under_former: number;
  readonly waits_for: readonly string[];
  readonly provinces: readonly { readonly province: string; readonly generations: readonly number[] }[];
}

const PATH = '/v1/key-generations';

/** Adds the commands to `program`. */
export function addOprfCommands(program: Command, shell: Shell, address: () => ApiAddress): void {
  const oprf = program.command('oprf').description(say('oprf'));
  const show = async () => {
    shell.stdout.write(describe(await callJson<GenerationsJson>(address(), PATH)));
  };
  oprf.command('show', { isDefault: true }).description(say('oprf.show')).action(show);
  oprf
    .command('rotate')
    .description(say('oprf.rotate'))
    .action(async () => {
      await callApi(address(), `${PATH}/rotate`, { method: 'POST' });
      await show();
    });
  oprf
    .command('leave-behind [provinces...]')
    .description(say('oprf.leave_behind'))
    .action(async (provinces: string[]) => {
      await callApi(address(), `${PATH}/left-behind`, { method: 'PUT', json: { provinces } });
      await show();
    });
}

function describe(found: GenerationsJson): string {
  const lines = [say('oprf.served', { served: found.served.join(', ') })];
  if (found.rotation?.used_from === null)
    lines.push(say('oprf.waits', { provinces: found.waits_for.join(', ') || '–' }));
  else if (found.rotation) lines.push(say('oprf.open', { count: found.open_under_former }));
  const rows = found.provinces.map(({ province, generations }) => [province, generations.join(', ')]);
  return `${lines.join('\n')}\n\n${formatTable([say('column.province'), say('column.key')], rows)}`;
}
