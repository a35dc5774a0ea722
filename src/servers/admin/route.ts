import type { Static, TObject, TSchema } from '@sinclair/typebox';
import type { Context } from 'koa';

/**
 * One line of the API: the router, the checks at the door and the OpenAPI document are all made from the same table of these, so
 * that they cannot disagree.
 */
export interface Route {
  readonly method: 'get' | 'post' | 'patch' | 'delete';
  /** Below `/api/v1`, parameters as `:name`. */
  readonly path: string;
  readonly summary: string;
  /** Answered without a session. */
  readonly isPublic?: boolean;
  readonly params?: TObject;
  readonly query?: TObject;
  readonly body?: TSchema;
  readonly responses: Readonly<Record<number, RouteResponse>>;
  /**
   * What it returns is sent as JSON. Returning undefined leaves the reply as the handler made it in `ctx` (a stream, a text), or
   * 204 when it did not touch it. Input has passed the schemas. Errors are thrown as AppError.
   */
  readonly handler: (input: RouteInput, ctx: Context) => Promise<unknown> | unknown;
}

export interface RouteResponse {
  readonly description: string;
  /** Of a JSON reply. */
  readonly schema?: TSchema;
  /** Of any other reply. */
  readonly contentType?: string;
}

export interface RouteInput {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

type Part<T extends TSchema | undefined> = T extends TSchema ? Static<T> : undefined;

/** Ties the types of a handler's input to its schemas: `route({params: Type.Object({…}), handler: ({params}) => …})`. */
export function route<
  P extends TObject | undefined = undefined,
  Q extends TObject | undefined = undefined,
  B extends TSchema | undefined = undefined,
>(definition: {
  method: Route['method'];
  path: string;
  summary: string;
  isPublic?: boolean;
  params?: P;
  query?: Q;
  body?: B;
  responses: Route['responses'];
  handler: (input: { params: Part<P>; query: Part<Q>; body: Part<B> }, ctx: Context) => Promise<unknown> | unknown;
}): Route {
  // The door checks the input against these very schemas before it calls the handler.
  return definition as unknown as Route;
}
