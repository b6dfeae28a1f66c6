/**
 * The variables of every program of a federation: where it listens, its database, its keys, whom it trusts.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Env } from '../../shared/config.ts';
import type { KeyFiles } from './key-files.ts';
import { audienceOf } from './participant.ts';
import type { TokenIssuer } from './token-issuer.ts';

/** Where a program listens and keeps its data. */
export interface Place {
  /** `hub`, or the province code. */
  readonly name: string;
  /** Both `host:port`. */
  readonly httpAddress: string;
  readonly grpcAddress: string;
  /** As its owner: for tests and tools. */
  readonly databaseUrl: string;
  /** As the role that the program runs with. */
  readonly programDatabaseUrl: string;
}

export interface Wiring {
  readonly hub: Place;
  readonly nodes: readonly Place[];
  readonly keys: KeyFiles;
  readonly tokens: Pick<TokenIssuer, 'issuer'>;
  readonly rulesFile?: string | undefined;
  /** Whether people sign in at the programs. */
  readonly signsIn?: boolean;
  /** For files that are no keys. */
  readonly directory: string;
}

/** Variables by program name. Writes the list of provinces that the hub reads. */
export async function programEnvironments(wiring: Wiring): Promise<ReadonlyMap<string, Env>> {
  const provincesFile = join(wiring.directory, 'provinces.json');
  const provinces = wiring.nodes.map(({ name, grpcAddress }) => ({
    province: name,
    address: grpcAddress,
    statement: wiring.keys.statement(name),
  }));
  await writeFile(provincesFile, JSON.stringify(provinces));
  return new Map([
    ['hub', hubEnvironment(wiring, provincesFile)],
    ...wiring.nodes.map((node): [string, Env] => [node.name, nodeEnvironment(wiring, node)]),
  ]);
}

function hubEnvironment(wiring: Wiring, provincesFile: string): Env {
  const { hub, keys, rulesFile } = wiring;
  const tls = keys.tls({ kind: 'hub' });
  return {
    ...commonEnvironment(wiring, hub),
    TLS_CA_FILE: tls.caFile,
    TLS_CERT_FILE: tls.certFile,
    TLS_KEY_FILE: tls.keyFile,
    OPRF_KEY_FILE: keys.oprfKeyFile,
    OPRF_STATEMENTS_FILE: keys.oprfStatementsFile,
    WARRANT_KEY_FILE: keys.warrantKeyFile,
    PROVINCES_FILE: provincesFile,
    ...(rulesFile === undefined ? {} : { RULES_FILE: rulesFile }),
  };
}

function nodeEnvironment(wiring: Wiring, node: Place): Env {
  const { keys } = wiring;
  return {
    ...commonEnvironment(wiring, node),
    IDENTITY_DIR: keys.identityDir(node.name),
    DATA_KEYS_FILE: keys.dataKeysFile(node.name),
  };
}

function commonEnvironment({ tokens, signsIn }: Wiring, place: Place): Env {
  return {
    DATABASE_URL: place.programDatabaseUrl,
    HTTP_LISTEN: place.httpAddress,
    GRPC_LISTEN: place.grpcAddress,
    OIDC_ISSUER: tokens.issuer,
    OIDC_AUDIENCE: audienceOf(place.name),
    ...(signsIn && {
      OIDC_CLIENT_ID: audienceOf(place.name),
      PUBLIC_URL: `http://${place.httpAddress}`,
    }),
  };
}
