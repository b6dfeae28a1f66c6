/**
 * Who may call what. A method without a row here stops start-up; a peer that its row does not name gets
 * PERMISSION_DENIED / PEER_NOT_ALLOWED. Finer rules (whose trace, which warrant) belong to the operations.
 */
import type { PeerKind } from './peer.ts';

/** Kinds of peer that may call a method, by its full name (`package.Service.Method`). */
export type AuthTable = Readonly<Record<string, readonly PeerKind[]>>;

const EVERY_PEER: readonly PeerKind[] = ['hub', 'node'];

export const AUTH_TABLE: AuthTable = {
  'truyvet.v1.TracingService.Trace': ['hub'],
  'truyvet.v1.TracingService.Assign': ['hub'],
  'truyvet.v1.TracingService.ReadAuditLog': ['hub'],
  'truyvet.v1.FederationService.Evaluate': ['node'],
  'truyvet.v1.FederationService.ListRules': ['node'],
  'truyvet.v1.FederationService.ListProvinces': ['node'],
  'truyvet.v1.FederationService.RenewCertificate': ['node'],
  'truyvet.v1.EnrolmentService.Enrol': ['newcomer'],
  'truyvet.v1.FederationService.ReportStatus': ['node'],
  'truyvet.v1.FederationService.OpenTrace': ['node'],
  'truyvet.v1.FederationService.CloseTrace': ['node'],
  'truyvet.v1.FederationService.TakeOverContact': ['node'],
  'truyvet.v1.FederationService.GetTrace': ['node'],
  'truyvet.v1.FederationService.GetTraces': ['node'],
  'truyvet.v1.FederationService.ReportFederationKeys': ['node'],
  'truyvet.v1.FederationService.PutKeyWraps': ['node'],
  'truyvet.v1.FederationService.ListKeyWraps': ['node'],
  'truyvet.v1.FederationService.ExchangeCheckpoints': ['node'],
  'grpc.health.v1.Health.Check': EVERY_PEER,
  'grpc.health.v1.Health.Watch': EVERY_PEER,
  'grpc.health.v1.Health.List': EVERY_PEER,
  'grpc.reflection.v1.ServerReflection.ServerReflectionInfo': EVERY_PEER,
  'grpc.reflection.v1alpha.ServerReflection.ServerReflectionInfo': EVERY_PEER,
};

/**
 * The only methods that may be called without a deadline: a watch is meant to last, and the usual
 * reflection tools send none. Both hold no data of ours and cost nothing while idle.
 */
export const WITHOUT_DEADLINE: ReadonlySet<string> = new Set([
  'grpc.health.v1.Health.Watch',
  'grpc.reflection.v1.ServerReflection.ServerReflectionInfo',
  'grpc.reflection.v1alpha.ServerReflection.ServerReflectionInfo',
]);

/** What comes all the time and says no more than that all is well: logged for the curious, while it does. */
export const HEARTBEATS: ReadonlySet<string> = new Set([
  'truyvet.v1.FederationService.ReportStatus',
  'truyvet.v1.FederationService.ReportFederationKeys',
  'truyvet.v1.FederationService.ListKeyWraps',
  'truyvet.v1.FederationService.ListProvinces',
  'truyvet.v1.FederationService.ListRules',
  'truyvet.v1.FederationService.ExchangeCheckpoints',
  'grpc.health.v1.Health.Check',
  'grpc.health.v1.Health.Watch',
  'grpc.health.v1.Health.List',
]);
