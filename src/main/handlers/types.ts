import type { CommandName, Handlers } from '../../shared/contract.ts';

/** The handlers of one domain: those whose command begins with `Domain.`; a missing or an extra one does not compile. */
export type HandlersOf<Domain extends string> = Pick<Handlers, Extract<CommandName, `${Domain}.${string}`>>;
