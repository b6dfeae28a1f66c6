/**
 * What a line of a program's log is made of.
 */
import { LOG_KEYS } from '../../shared/log.ts';

const OF_PINO = ['level', 'time', 'pid', 'hostname', 'name', 'msg'];

/** Keys of a parsed line that are not in the closed list of shared/log.ts. */
export function keysOutsideTheList(line: object): string[] {
  return Object.keys(line).filter((key) => !OF_PINO.includes(key) && !Object.hasOwn(LOG_KEYS, key));
}
