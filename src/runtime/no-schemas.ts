/**
 * For a fastify server whose routes have no fastify schemas: zod checks what comes in. Without it, each
 * server loads compilers for schemas, which is five megabytes of memory that nothing uses.
 */
export const NO_SCHEMAS = {
  compilersFactory: { buildValidator: refuse, buildSerializer: refuse },
};

function refuse(): never {
  throw new Error('this server has no compilers for fastify schemas: check with zod instead');
}
