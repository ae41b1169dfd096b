/** SAELens folders, of version 6 or the flat form before it, as a format to convert from and to. Files: formats/sae-lens.ts. */
import { isSaeLensFolder, readSaeLens, weightsFile, writeSaeLens } from '../formats/sae-lens.ts';
import type { SaeLensMetadata } from '../formats/sae-lens.ts';
import { unknownAbout } from './definition.ts';
import type { DictionaryAbout, DictionaryFormat, PortableDictionary } from './definition.ts';

/** What cfg.json says of a dictionary. */
export function metadataFor({ modelName, hookPoint, targetHook, contextLength, prependBos }: DictionaryAbout): SaeLensMetadata {
  return { modelName: modelName ?? 'unknown', hookPoint: hookPoint ?? '', targetHook: targetHook ?? undefined, contextLength: contextLength ?? 128, prependBos: prependBos ?? true };
}

function read(path: string): PortableDictionary {
  const { config, weights } = readSaeLens(path);
  const { metadata } = config;
  const about: DictionaryAbout = {
    ...unknownAbout, architecture: config.architecture, writer: `SAELens ${metadata.sae_lens_version ?? 'before 6'}`, modelName: metadata.model_name ?? null,
    hookPoint: metadata.hook_name ?? null, targetHook: metadata.hook_name_out ?? null, contextLength: metadata.context_size ?? null,
    prependBos: metadata.prepend_bos ?? null, details: { ...config },
  };
  return { weights, about, notes: config.rescale_acts_by_decoder_norm ? [`latents are selected by norm-weighted values: the norms were folded`] : [] };
}

export const saeLens: DictionaryFormat = {
  id: 'saelens',
  title: 'SAELens',
  holds: `a folder with cfg.json and ${weightsFile}`,
  detect: isSaeLensFolder,
  read,
  write: (place, { weights, about }) => {
    writeSaeLens(place, weights, metadataFor(about));
    return [];
  },
  file: false,
};
