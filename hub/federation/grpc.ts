/**
 * FederationService as a whole: each feature serves its own methods, here they become one service.
 */
import { FederationService } from '../../shared/gen/truyvet/v1/federation_pb.ts';
import { type Handlers, implement, type ServiceImplementation } from '../../shared/grpc/service.ts';

/** The service of `handlers`, which must be complete. */
export function federationService(handlers: Handlers<typeof FederationService>): ServiceImplementation {
  return implement(FederationService, handlers);
}
