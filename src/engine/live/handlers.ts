/** Answers to the short questions that run a model. One library for the process; what is not used for a while is freed. */
import { LoupeError } from '../../shared/errors.ts';
import type { LiveDictionary, LiveStatus, Place, Strength } from '../../shared/schema/live.ts';
import { breathe } from '../job.ts';
import type { LanguageModel } from '../lm/definition.ts';
import { describeExperts } from '../lm/experts/describe.ts';
import { modelHash } from '../lm/identity.ts';
import { openModel } from '../lm/open.ts';
import type { RequestHandlers } from '../protocol.ts';
import { readProvenance } from '../sae/provenance.ts';
import { ablateLatent } from './ablate.ts';
import { SteeredPrompt } from './direction.ts';
import { encodePrompt, prependsBos } from './encode.ts';
import { LiveLibrary, using, type OpenDictionary } from './loading.ts';
import { isSigned, placeIn, type LivePlace } from './place.ts';
import type { liveRequests } from './requests.ts';
import { routePrompt } from './route.ts';
import { Sessions } from './sessions.ts';
import { Steering } from './steer.ts';
import { strengthFor } from './strength.ts';
import { promptTokens } from './tokens.ts';
import { Writing } from './write.ts';

export type LiveHandlers = Pick<RequestHandlers, keyof typeof liveRequests>;

/** Without use for so long, models and dictionaries are freed, ms. */
const idle = 10 * 60_000;
/** The largest strength that is tried, in lengths of the values that the direction is added to. */
const mostNorms = 20;

class Live {
  readonly library: LiveLibrary;
  readonly sessions = new Sessions<Steering>();
  readonly writings = new Sessions<Writing>();
  #idle: NodeJS.Timeout | undefined;

  constructor(library: LiveLibrary) {
    this.library = library;
  }

  /** The model and the dictionaries at their places while `work` runs. */
  async at<T>(modelPath: string, places: readonly Place[], work: (model: LanguageModel, places: readonly LivePlace[]) => T | Promise<T>): Promise<T> {
    clearTimeout(this.#idle);
    const model = this.library.model(modelPath);
    const opened = places.map(({ path }) => this.library.dictionary(path));
    try {
      return await using([model, ...opened], async () => {
        const loaded = (await model).value;
        const dictionaries = await Promise.all(opened);
        return work(loaded, dictionaries.map(({ value }, i) => placeIn(loaded, value, places[i]!.hook)));
      });
    } finally {
      this.#idle = setTimeout(() => this.release(), idle).unref();
    }
  }

  release(): void {
    this.sessions.endAll();
    this.writings.endAll();
    this.library.shelf.clear();
  }

  get status(): LiveStatus {
    const { held, bytes, bound } = this.library.shelf;
    return { held, bytes, bound, sessions: this.sessions.count + this.writings.count };
  }
}

function describe({ path, hash, dictionary }: OpenDictionary): LiveDictionary {
  const { provenance, dIn, dOut, dSae } = dictionary;
  const { config, hookPoint, variant, model, contextLength } = provenance;
  const several = config['hookPoints'];
  const target = config['targetHook'];
  return {
    path, hash, variant, dIn, dOut, features: dSae, signed: isSigned(dictionary), contextLength,
    hooks: Array.isArray(several) && several.length > 0 ? several.map(String) : [hookPoint], target: typeof target === 'string' ? target : null,
    model: model === null ? null : { name: model.name, hash: model.hash },
  };
}

/** Hashes a model only where its sizes are those that are wanted. A path that cannot be read matches nothing. */
function isModel({ path, hash, dModel, layers }: { path: string; hash: string; dModel: number | null; layers: number | null }): boolean {
  try {
    const files = openModel(path);
    if ((dModel !== null && files.config.dModel !== dModel) || (layers !== null && files.config.layers !== layers)) return false;
    const source = files.openWeights();
    try {
      return modelHash(source, files.weightFiles) === hash;
    } finally {
      source.close();
    }
  } catch (error) {
    if (error instanceof LoupeError) return false;
    throw error;
  }
}

async function isDictionary(live: Live, { path, hash, check }: { path: string; hash: string; check: string | null }): Promise<boolean> {
  try {
    if (check !== null && readProvenance(path)?.check.x !== check) return false;
    const opened = live.library.dictionary(path);
    return await using([opened], async () => (await opened).value.hash === hash);
  } catch (error) {
    if (error instanceof LoupeError && error.kind !== 'out-of-memory') return false;
    throw error;
  }
}

/** Handlers over a library of their own, which tests may bound. */
export function liveHandlers(library: LiveLibrary = new LiveLibrary()): LiveHandlers {
  const live = new Live(library);
  return {
    liveEncode: ({ model, dictionaries, ...input }) => live.at(model, dictionaries, (loaded, places) => encodePrompt(loaded, places, input)),
    liveAblate: ({ model, dictionary, feature, ...input }) => live.at(model, [dictionary], (loaded, places) => ablateLatent(loaded, places[0]!, feature, input)),
    liveSteer: ({ model, dictionary, ...options }) => live.at(model, [dictionary], async (loaded, places) => {
      // A lease of its own: the model stays as long as the steering does.
      const lease = await live.library.model(model);
      try {
        const steering = new Steering(loaded, places[0]!, options);
        return { session: live.sessions.begin(steering, lease.release), ...steering.began };
      } catch (error) {
        lease.release();
        throw error;
      }
    }),
    liveSteerNext: async ({ session, tokens }) => {
      const step = live.sessions.get(session).next(tokens);
      if (step.done) live.sessions.end(session);
      return step;
    },
    liveSteerEnd: async ({ session }) => {
      live.sessions.end(session);
      return {};
    },
    liveWrite: ({ model, ...options }) => live.at(model, [], async (loaded) => {
      // A lease of its own: the model stays as long as the writing does.
      const lease = await live.library.model(model);
      try {
        const writing = new Writing(loaded, options);
        return { session: live.writings.begin(writing, lease.release), ...writing.began };
      } catch (error) {
        lease.release();
        throw error;
      }
    }),
    liveWriteNext: async ({ session, tokens }) => {
      const step = live.writings.get(session).next(tokens);
      if (step.ended !== null) live.writings.end(session);
      return step;
    },
    liveWriteEnd: async ({ session }) => {
      live.writings.end(session);
      return {};
    },
    liveStrength: ({ model, dictionary, ...options }) => live.at(model, [dictionary], (loaded, places) => findStrength(loaded, places[0]!, options)),
    liveDictionary: async ({ path }) => {
      const opened = live.library.dictionary(path);
      return using([opened], async () => describe((await opened).value));
    },
    liveIsModel: async (input) => ({ matches: isModel(input) }),
    liveIsDictionary: async (input) => ({ matches: await isDictionary(live, input) }),
    liveExperts: async ({ path }) => describeExperts(path),
    liveRoute: ({ model, ...input }) => live.at(model, [], (loaded) => routePrompt(loaded, input)),
    liveStatus: async () => live.status,
    liveRelease: async () => {
      live.release();
      return live.status;
    },
  };
}

type StrengthOptions = Omit<Parameters<LiveHandlers['liveStrength']>[0], 'model' | 'dictionary'>;

async function findStrength(model: LanguageModel, place: LivePlace, options: StrengthOptions): Promise<Strength> {
  const { target, tolerance, sign } = options;
  const { ids } = promptTokens(model, options.prompt, prependsBos(model, [place]));
  const prompt = new SteeredPrompt(model, place, ids, options);
  try {
    // In the unit of the strength: lengths of the direction.
    const norms = prompt.meanNorm / Math.hypot(...prompt.direction);
    const klOf = async (strength: number): Promise<number> => {
      await breathe();
      return prompt.meanKl(sign * strength);
    };
    const found = await strengthFor(klOf, { target, tolerance, start: norms / 2, most: mostNorms * norms });
    return { ...found, strength: sign * found.strength };
  } finally {
    prompt.dispose();
  }
}
