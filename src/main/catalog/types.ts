/** What main and the catalog threads say to each other. Methods are the keys of two tables; arguments and results are inferred. */
import type { ErrorBody } from '../../shared/errors.ts';
import type { aloneMethods, readMethods, writeMethods } from './methods.ts';

type ReadMethods = typeof readMethods;
type WriteMethods = typeof writeMethods;
type AloneMethods = typeof aloneMethods;
export type Methods = ReadMethods & WriteMethods & AloneMethods;
export type ReadMethod = keyof ReadMethods;
export type WriteMethod = keyof WriteMethods;
export type AloneMethod = keyof AloneMethods;
export type Method = keyof Methods;
export type MethodInput<M extends Method> = Parameters<Methods[M]>[1];
export type MethodOutput<M extends Method> = Awaited<ReturnType<Methods[M]>>;

/** `close` ends this thread's connection to `path`. */
export type Request = { [M in Method]: { readonly seq: number; readonly method: M; readonly path: string; readonly input: MethodInput<M> } }[Method]
  | { readonly seq: number; readonly method: 'close'; readonly path: string };

/** A long method is on its way: the share that is done, from 0 to 1. */
export interface Partway {
  readonly seq: number;
  readonly share: number;
}

export type Reply = { readonly seq: number; readonly milliseconds: number } & (
  | { readonly ok: true; readonly output: unknown }
  | { readonly ok: false; readonly error: ErrorBody }
);
