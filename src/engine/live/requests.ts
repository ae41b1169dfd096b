/** The short questions that run a model: their inputs and outputs, for protocol.ts. */
import { z } from 'zod';
import * as experts from '../../shared/schema/experts.ts';
import * as live from '../../shared/schema/live.ts';

const path = z.string().min(1).max(4096);
const none = z.strictObject({});
const session = z.string().min(1).max(100);

export const liveRequests = {
  liveEncode: { input: live.encodeInputSchema, output: live.encodedSchema },
  liveAblate: { input: live.ablateInputSchema, output: live.ablatedSchema },
  liveSteer: { input: live.steerInputSchema, output: live.steerBeganSchema },
  /** The next tokens of both texts. Kind not-found for a session that has ended. */
  liveSteerNext: { input: z.strictObject({ session, tokens: z.number().int().min(1).max(live.liveLimits.stepTokens) }), output: live.steerStepSchema },
  liveSteerEnd: { input: z.strictObject({ session }), output: none },
  /** What a model writes behind a text, some tokens at a time: the text that `loupe lm generate` writes with the same options. */
  liveWrite: { input: live.writeInputSchema, output: live.writeBeganSchema },
  liveWriteNext: { input: z.strictObject({ session, tokens: z.number().int().min(1).max(live.liveLimits.stepTokens) }), output: live.writtenSchema },
  liveWriteEnd: { input: z.strictObject({ session }), output: none },
  liveStrength: { input: live.strengthInputSchema, output: live.strengthSchema },
  liveDictionary: { input: z.strictObject({ path }), output: live.liveDictionarySchema },
  /** Whether the model at `path` is the one of this hash: its sizes are compared first, so that others are not hashed. */
  liveIsModel: {
    input: z.strictObject({ path, hash: z.string().max(200), dModel: z.number().int().nonnegative().nullable(), layers: z.number().int().nonnegative().nullable() }),
    output: z.strictObject({ matches: z.boolean() }),
  },
  /** Whether the dictionary at `path` is the one of this hash. `check`: the inputs of its check triple, compared first; null where there is none. */
  liveIsDictionary: { input: z.strictObject({ path, hash: z.string().max(200), check: z.string().max(200_000).nullable() }), output: z.strictObject({ matches: z.boolean() }) },
  /** Whether a model has experts, and how many; it is not loaded. */
  liveExperts: { input: z.strictObject({ path }), output: experts.expertModelSchema },
  liveRoute: { input: experts.routeInputSchema, output: experts.routedSchema },
  liveStatus: { input: none, output: live.liveStatusSchema },
  /** Frees every model and dictionary that nobody is using, and ends every steering. */
  liveRelease: { input: none, output: live.liveStatusSchema },
} as const;
