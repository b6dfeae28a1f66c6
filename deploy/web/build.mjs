/**
 * `npm run build:web`: the consoles, built and compressed, unless nothing that they are made of has changed.
 * Plain JavaScript: it runs before anything is compiled.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'vite';

const INPUTS = [
  'deploy/web/build.mjs',
  'vite.config.ts',
  'package-lock.json',
  'shared/web',
  'shared/i18n',
  'shared/domain',
  'node/web',
];
const OUT = 'dist/web';
const SEAL = join(OUT, '.inputs');
const COMPRESSED = /\.(?:js|css|html|svg|json|webmanifest)$/;

/** Paths of all files at or below a path, sorted. */
function filesOf(path) {
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function hashOfInputs() {
  const hash = createHash('sha256');
  for (const input of INPUTS) {
    for (const file of input.includes('.') ? [input] : filesOf(input))
      hash.update(`${file}\0`).update(readFileSync(file));
  }
  return hash.digest('hex');
}

function sealed() {
  try {
    return readFileSync(SEAL, 'utf8');
  } catch {
    return undefined;
  }
}

const inputs = hashOfInputs();
if (sealed() !== inputs) {
  await build({ logLevel: 'warn' });
  // A browser looks for a new shell when these bytes change, and only then.
  appendFileSync(join(OUT, 'node/web/sw.js'), `\n// ${inputs}\n`);
  for (const file of filesOf(OUT).filter((name) => COMPRESSED.test(name))) {
    const body = readFileSync(file);
    writeFileSync(`${file}.gz`, gzipSync(body, { level: 9 }));
    const quality = { [constants.BROTLI_PARAM_QUALITY]: 11 };
    writeFileSync(`${file}.br`, brotliCompressSync(body, { params: quality }));
  }
  writeFileSync(SEAL, inputs);
}
