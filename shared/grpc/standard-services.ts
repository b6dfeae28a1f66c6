/**
 * `grpc.health.v1` and server reflection from the official packages, behind the same wrapper and auth table
 * as our own services. They hold nothing personal: names of services and the public contract.
 */
import { type DescFile, type DescService, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type {
  handleServerStreamingCall,
  handleUnaryCall,
  Server,
  ServiceDefinition,
  UntypedHandleCall,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import { type AnyCall, type CallRuntime, ServedCall } from './served-call.ts';

/** Takes services as grpc-js's Server does, each handler behind the wrapper. */
interface Registry {
  addService(definition: ServiceDefinition, implementation: UntypedServiceImplementation): void;
}

/** Adds health (all `services` and the whole server start as SERVING) and reflection to `server`. */
export function addStandardServices(
  server: Server,
  runtime: CallRuntime,
  services: readonly DescService[],
): Health {
  const registry: Registry = {
    addService: (definition, implementation) =>
      server.addService(definition, guarded(runtime, definition, implementation)),
  };
  const names = ['', ...services.map((service) => service.typeName)];
  const health = new HealthImplementation(Object.fromEntries(names.map((name) => [name, 'SERVING'])));
  health.addToServer(registry);
  new ReflectionService(packageOf(services)).addToServer(registry as Pick<Server, 'addService'>);
  return {
    setServing: (serving) => {
      for (const name of names) health.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING');
    },
  };
}

export interface Health {
  setServing(serving: boolean): void;
}

/** `/grpc.health.v1.Health/Check` → `grpc.health.v1.Health.Check`. */
export function nameOfPath(path: string): string {
  return path.slice(1).replace('/', '.');
}

function guarded(
  runtime: CallRuntime,
  definition: ServiceDefinition,
  implementation: UntypedServiceImplementation,
): UntypedServiceImplementation {
  const result: UntypedServiceImplementation = {};
  for (const [name, { path, originalName, responseStream }] of Object.entries(definition)) {
    const handler = implementation[name] ?? implementation[originalName ?? name];
    if (handler === undefined) continue;
    const guard = responseStream ? guardStream : guardUnary;
    result[name] = guard(runtime, nameOfPath(path), handler);
  }
  return result;
}

function guardUnary(runtime: CallRuntime, method: string, handler: UntypedHandleCall): UntypedHandleCall {
  const handle = handler as handleUnaryCall<unknown, unknown>;
  const guard: handleUnaryCall<unknown, unknown> = (call, respond) => {
    const served = new ServedCall(runtime, method, call);
    const body = async () => handle(call, respond);
    void served.run(body, (status) => respond(status));
  };
  return guard;
}

function guardStream(runtime: CallRuntime, method: string, handler: UntypedHandleCall): UntypedHandleCall {
  const handle = handler as handleServerStreamingCall<unknown, unknown>;
  const guard: handleServerStreamingCall<unknown, unknown> = (call) => {
    const served = new ServedCall(runtime, method, call);
    const body = async () => {
      handle(call);
      await over(call, served.signal);
    };
    void served.run(body, (status) => call.emit('error', Object.assign(new Error(status.details), status)));
  };
  return guard;
}

// grpc-js reports the end of every call, also of a completed one, as `cancelled`. An abort before that is
// ours: the server stops.
function over(call: AnyCall, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => call.cancelled || reject(signal.reason));
    call.once('cancelled', () => resolve());
  });
}

/** Descriptors of `services` and all that they import, in the form that the reflection package reads. */
function packageOf(services: readonly DescService[]): ConstructorParameters<typeof ReflectionService>[0] {
  const files = new Set<DescFile>();
  const add = (file: DescFile) => {
    if (files.has(file)) return;
    files.add(file);
    file.dependencies.forEach(add);
  };
  for (const service of services) add(service.file);
  const fileDescriptorProtos = [...files].map((file) =>
    Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto)),
  );
  const entry = { format: 'Protocol Buffer 3 DescriptorProto', type: {}, fileDescriptorProtos };
  return { services: entry } as unknown as ConstructorParameters<typeof ReflectionService>[0];
}
