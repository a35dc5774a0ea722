import type { TObject } from '@sinclair/typebox';
import { ErrorReply } from './error-reply.ts';
import type { Route } from './route.ts';

export const API_PREFIX = '/api/v1';

export interface OpenApiDocument {
  openapi: string;
  info: { title: string; version: string; description: string };
  servers: { url: string }[];
  components: object;
  paths: Record<string, Record<string, object>>;
}

/** The OpenAPI 3.1 document of the routes. TypeBox schemas are JSON schemas already, which 3.1 takes as they are. */
export function openApiDocument(routes: readonly Route[], version: string): OpenApiDocument {
  const paths: OpenApiDocument['paths'] = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] ??= {};
    paths[path][route.method] = operation(route);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Holdfast',
      version,
      description: 'Network video recorder. All times are milliseconds since 1970 UTC.',
    },
    servers: [{ url: API_PREFIX }],
    components: {
      securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: 'holdfast_session' } },
      schemas: { Error: ErrorReply },
    },
    paths,
  };
}

function operation(route: Route): object {
  const parameters = [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')];
  if (route.method !== 'get') {
    parameters.push({
      name: 'x-holdfast',
      in: 'header',
      required: true,
      description: 'Says that the call does not come from a form of another site.',
      schema: { const: '1' },
    });
  }
  return {
    summary: route.summary,
    security: route.isPublic ? [] : [{ session: [] }],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(route.body ? { requestBody: { required: true, content: { 'application/json': { schema: route.body } } } } : {}),
    responses: {
      ...Object.fromEntries(Object.entries(route.responses).map(([status, reply]) => [status, response(reply)])),
      default: {
        description: 'Error',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  };
}

function response(reply: Route['responses'][number]): object {
  if (reply.schema)
    return { description: reply.description, content: { 'application/json': { schema: reply.schema } } };
  if (reply.contentType) return { description: reply.description, content: { [reply.contentType]: {} } };
  return { description: reply.description };
}

function parametersOf(schema: TObject | undefined, place: 'path' | 'query'): object[] {
  if (!schema) return [];
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.has(name),
    schema: property,
  }));
}
