/**
 * Where the package lies, from a checkout as well as from `dist/`: migrations, rule packs and other files
 * that are not code are read from there.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute path of the directory that holds package.json. */
export const packageRoot: string = findUpwards(dirname(fileURLToPath(import.meta.url)));

function findUpwards(directory: string): string {
  if (existsSync(join(directory, 'package.json'))) return directory;
  const parent = dirname(directory);
  if (parent === directory) throw new Error('package.json not found above shared/package-root');
  return findUpwards(parent);
}
