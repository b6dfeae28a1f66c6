/**
 * Starts a throw-away PostgreSQL on the directory given and prints `{"pid"}`; then waits to be killed. For
 * the tests of the launcher, which must survive no kind of end of this program.
 */
import { startPostgres } from '../../deploy/postgres/embedded.ts';

const [dataDir = '', temporary] = process.argv.slice(2);
const postgres = await startPostgres({ dataDir, durable: false, temporary: temporary === 'temporary' });
console.log(JSON.stringify({ pid: postgres.pid }));
process.stdin.resume();
