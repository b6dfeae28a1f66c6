/**
 * A program that keeps the contract between launcher and programs and does nothing else: listens, is ready,
 * stops. For testing the launcher; runs from `dist`.
 */
import { createServer } from 'node:http';
import { holdLifeline } from '../../shared/lifeline.ts';

const { env } = process;
if (env.STAND_IN_FAILURE !== undefined) {
  console.error(env.STAND_IN_FAILURE);
  process.exit(3);
}

const server = createServer((request, response) => {
  const found = request.url === '/readyz' || request.url === '/env';
  response.statusCode = found ? 200 : 404;
  response.end(request.url === '/env' ? JSON.stringify(env) : '');
});
const [host, port] = (env.HTTP_LISTEN ?? '').split(':');
server.listen(Number(port), host);

const stop = () => {
  server.close();
  server.closeAllConnections();
};
process.on('SIGTERM', stop);
holdLifeline(env, stop);
