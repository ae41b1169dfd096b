/**
 * The contract: every command (input, output) and every event (payload) that crosses from the renderer to main.
 *
 * Types are inferred from here and written nowhere else. A new command is one entry here, one handler, one caller.
 */
import { z } from 'zod';
import * as catalog from './schema/catalog.ts';
import * as disk from './schema/disk.ts';
import * as query from './schema/feature-query.ts';
import * as exporting from './schema/export.ts';
import * as experts from './schema/experts.ts';
import * as explore from './schema/explore.ts';
import * as job from './schema/job.ts';
import * as labels from './schema/labels.ts';
import * as lm from './schema/lm.ts';
import * as live from './schema/live.ts';
import * as view from './schema/view.ts';
import * as compare from './schema/compare.ts';
import { sparsityStudySchema, unitGroupSchema, unitsOfGroupSchema } from './schema/sparsity.ts';
import * as share from './schema/share.ts';
import * as workspace from './schema/workspace.ts';
import { tensorSchema } from './schema/tensor.ts';

const none = z.strictObject({});
const ok = z.strictObject({});
const path = z.string().min(1).max(4096);
const runId = z.string().regex(/^[A-Za-z0-9_-]{1,80}$/, 'expected a run id: letters, digits, - and _');
const handle = z.string().min(1).max(4096);
const index = z.number().int().nonnegative();
const trashIds = z.strictObject({ ids: z.array(z.string().min(1).max(1024)).min(1).max(10_000) });
const feature = { catalog: handle, source: z.number().int(), index };
const author = z.string().max(200);
const listId = { catalog: handle, list: z.number().int() };
const oneLabel = z.strictObject({ ...feature, label: z.number().int() });

export const commands = {
  'system.info': { input: none, output: workspace.systemInfoSchema },
  'system.doctor': { input: none, output: z.strictObject({ text: z.string(), report: z.record(z.string(), z.unknown()) }) },
  'system.memory': { input: none, output: disk.memorySchema },
  /** The actions of the studio for the window's menus, where there is a window of our own. `keys` as in "Mod+K". */
  'system.menu': { input: z.strictObject({ items: z.array(workspace.menuItemSchema).max(200) }), output: ok },
  'files.browse': {
    input: z.strictObject({ path: path.nullable() }),
    output: z.strictObject({ path, parent: path.nullable(), entries: z.array(workspace.folderEntrySchema) }),
  },
  'workspace.list': { input: none, output: workspace.workspaceSchema },
  'workspace.add': { input: z.strictObject({ kind: z.enum(workspace.itemKinds), path }), output: workspace.itemSchema },
  /** Forgets a linked item; moves one of the workspace's own to its trash folder. */
  'workspace.remove': { input: z.strictObject({ kind: z.enum(workspace.itemKinds), id: z.string() }), output: ok },
  'workspace.recent': { input: none, output: z.strictObject({ workspaces: z.array(disk.recentWorkspaceSchema) }) },
  /**
   * Closes this workspace and opens another under the same address; `workspace.switched` follows. Kind conflict when runs are under way
   * and `interrupt` is false, not-found when the folder is no workspace and `create` is false. Where another Loupe has it open already,
   * nothing is closed and `address` is that of its studio.
   */
  'workspace.switch': {
    input: z.strictObject({ path, create: z.boolean(), interrupt: z.boolean() }),
    output: z.strictObject({ path, address: z.string().nullable() }),
  },
  'disk.use': { input: none, output: disk.diskUseSchema },
  /** Moves the workspace's own things to its trash: all of them or, on a refusal, none. */
  'disk.recycle': {
    input: z.strictObject({ items: z.array(z.strictObject({ kind: z.enum(disk.diskKinds), id: z.string().min(1).max(4096) })).min(1).max(1000) }),
    output: z.strictObject({ ids: z.array(z.string()), bytes: z.number() }),
  },
  'disk.trash': { input: none, output: z.strictObject({ entries: z.array(disk.trashEntrySchema) }) },
  'disk.restore': { input: trashIds, output: z.strictObject({ names: z.array(z.string()) }) },
  /** Deletes entries of the trash for good; gives the bytes that they took. */
  'disk.empty': { input: trashIds, output: z.strictObject({ bytes: z.number() }) },
  /** Deletes a part of the shared cache for good. Kinds: not-found, conflict (something needs it). */
  'disk.clearCache': { input: z.strictObject({ name: z.string().min(1).max(255) }), output: z.strictObject({ bytes: z.number() }) },
  'models.find': { input: none, output: z.strictObject({ models: z.array(workspace.foundModelSchema) }) },
  'models.inspect': { input: z.strictObject({ path }), output: workspace.modelInfoSchema },

  /** What a training run of a language model would take. Kinds bad-config and bad-request name the field. */
  'lm.plan': { input: z.strictObject({ config: z.record(z.string(), z.unknown()) }), output: lm.lmPlanSchema },

  /** What a model with a kind of layer of Loupe's own is; null for any other. Kinds: those of opening a model. */
  'lm.facts': { input: z.strictObject({ path }), output: z.strictObject({ facts: lm.lmFactsSchema.nullable() }) },
  /** The training that made a model, as its folder tells it; null where there was none. */
  'lm.run': { input: z.strictObject({ path }), output: z.strictObject({ run: lm.lmRunSchema.nullable() }) },
  /** Models of the workspace that Loupe trained or is training, the newest first. */
  'lm.runs': { input: none, output: z.strictObject({ runs: z.array(lm.lmRunSchema) }) },
  /** The history in a model's folder, as 'jobs.metrics' gives it. Kind not-found where no training left one. */
  'lm.history': { input: z.strictObject({ path }), output: job.metricHistorySchema },
  /** What the model wrote while it was trained, the latest first. */
  'lm.samples': { input: z.strictObject({ path, limit: z.number().int().min(1).max(200) }), output: z.strictObject({ samples: z.array(lm.lmSampleSchema) }) },

  /** Whether a model has experts, how many and how they lie; it is not loaded. */
  'experts.describe': { input: z.strictObject({ path }), output: experts.expertModelSchema },
  /** What a finished run of kind `lm-experts` found, a layer of it, and the tokens that use an expert most. Kind not-found while it has not ended. */
  'experts.result': { input: z.strictObject({ id: runId }), output: experts.expertsResultSchema },
  'experts.layer': { input: z.strictObject({ id: runId, layer: index }), output: experts.expertLayerSchema },
  'experts.uses': { input: z.strictObject({ id: runId, layer: index, expert: index }), output: z.strictObject({ uses: z.array(experts.expertUseSchema) }) },
  /** Where the tokens of a text go, and what it loses without some experts. */
  'experts.route': { input: experts.routeInputSchema, output: experts.routedSchema },

  'jobs.forms': { input: none, output: z.strictObject({ forms: z.array(job.jobFormSchema) }) },
  'jobs.start': {
    input: z.strictObject({ kind: z.enum(job.jobKinds), config: z.record(z.string(), z.unknown()) }),
    output: z.strictObject({ id: runId }),
  },
  'jobs.list': { input: none, output: z.strictObject({ jobs: z.array(job.jobSchema) }) },
  'jobs.get': { input: z.strictObject({ id: runId }), output: job.jobSchema },
  'jobs.metrics': { input: z.strictObject({ id: runId }), output: job.metricHistorySchema },
  'jobs.log': { input: z.strictObject({ id: runId, tail: z.number().int().min(1).max(1000) }), output: z.strictObject({ lines: z.array(z.string()) }) },
  'jobs.pause': { input: z.strictObject({ id: runId }), output: ok },
  'jobs.resume': { input: z.strictObject({ id: runId }), output: ok },
  'jobs.cancel': { input: z.strictObject({ id: runId }), output: ok },

  'catalog.open': { input: z.strictObject({ path }), output: catalog.catalogInfoSchema },
  'catalog.close': { input: z.strictObject({ catalog: handle }), output: ok },
  'catalog.info': { input: z.strictObject({ catalog: handle }), output: catalog.catalogInfoSchema },
  'catalog.verify': { input: z.strictObject({ path }), output: catalog.verifyReportSchema },
  /** Copies a read-only catalog into the workspace and opens the copy. */
  'catalog.copy': { input: z.strictObject({ catalog: handle }), output: catalog.catalogInfoSchema },
  'catalog.features': {
    input: z.strictObject({ catalog: handle, ...query.featureQueryFields, offset: index, limit: z.number().int().min(1).max(500) }),
    output: z.strictObject({ total: z.number().int(), rows: z.array(catalog.featureRowSchema) }),
  },
  /** The indices of all features of a query, int32 [total] in its order. */
  'catalog.indices': { input: z.strictObject({ catalog: handle, ...query.featureQueryFields }), output: z.strictObject({ indices: tensorSchema }) },
  /** The names that filters can ask for. */
  'catalog.facets': { input: z.strictObject({ catalog: handle, source: z.number().int() }), output: query.facetsSchema },
  /** Whole columns for charts; float32 [features] each, in index order; NaN where a feature has none. */
  'catalog.columns': {
    input: z.strictObject({ catalog: handle, source: z.number().int(), names: z.array(z.enum(['density', 'max', 'mean', 'min', 'score', 'confidence'])).min(1).max(6) }),
    output: z.strictObject({ columns: z.array(tensorSchema) }),
  },
  'catalog.feature': { input: z.strictObject(feature), output: catalog.featureSchema },
  /** The whole stored context of an example, with the feature's activations where its windows are known. */
  'catalog.context': { input: z.strictObject({ ...feature, context: index }), output: catalog.exampleSchema },
  /** The stored context before (`by` -1) or after (1) another one, as 'catalog.context' gives it; null where the catalog does not hold it. */
  'catalog.contextBeside': { input: z.strictObject({ ...feature, context: index, by: z.union([z.literal(-1), z.literal(1)]) }), output: z.strictObject({ context: catalog.exampleSchema.nullable() }) },
  'catalog.search': {
    input: z.strictObject({
      catalog: handle, source: z.number().int(), text: z.string().min(1).max(1000),
      in: z.enum(['labels', 'contexts']), limit: z.number().int().min(1).max(500),
    }),
    output: z.strictObject({ hits: z.array(catalog.searchHitSchema) }),
  },
  'catalog.labels': { input: z.strictObject(feature), output: z.strictObject({ history: z.array(catalog.labelSchema) }) },
  'catalog.setLabel': {
    input: z.strictObject({
      ...feature, text: z.string().max(2000), author: z.string().max(200), kind: z.enum(catalog.labelKinds),
      confidence: z.number().int().min(1).max(5).nullable(), notes: z.string().max(20_000),
      family: z.string().max(100).optional(), resolution: z.boolean().optional(),
    }),
    output: z.strictObject({ label: catalog.labelSchema }),
  },
  /** Takes the newest label back; the one before it is current again. */
  'catalog.undoLabel': { input: z.strictObject(feature), output: z.strictObject({ label: catalog.labelSchema.nullable() }) },

  /** What a finished job of kind `compare` found. Kind not-found while it has not ended. */
  'compare.result': { input: z.strictObject({ id: runId }), output: compare.compareResultSchema },
  /** The label that each feature of a source shows. */
  'compare.labels': { input: z.strictObject({ catalog: handle, source: z.number().int() }), output: z.strictObject({ labels: z.array(compare.shownLabelSchema) }) },
  /** Adds labels to features that have none; what came from where is in the notes. */
  'compare.suggest': {
    input: z.strictObject({
      catalog: handle, source: z.number().int(),
      suggestions: z.array(z.strictObject({ ...compare.shownLabelSchema.shape, notes: z.string().max(20_000) })).max(200_000),
    }),
    output: z.strictObject({ added: z.number().int() }),
  },
  /** The nearest features of the other dictionaries of the workspace, by cosine. */
  'compare.nearest': { input: z.strictObject(feature), output: compare.acrossSchema },

  /** What a finished job of kind `lm-sparsity` found. Kinds: not-found while it has not ended, bad-file. */
  'sparsity.result': { input: z.strictObject({ id: runId }), output: sparsityStudySchema },
  /** The units of a layer that belong to a group, by name and rate. Kinds as above. */
  'sparsity.units': { input: z.strictObject({ id: runId, layer: index, group: unitGroupSchema, limit: z.number().int().min(1).max(10_000) }), output: unitsOfGroupSchema },

  /** What a file from anywhere says of itself; nothing of it is opened. */
  'share.inspect': { input: z.strictObject({ path }), output: share.foreignCatalogSchema },
  /** What merging the file at `from` into a catalog of ours would do. */
  'share.preview': { input: z.strictObject({ catalog: handle, from: path }), output: share.mergePreviewSchema },
  'share.merge': { input: z.strictObject({ catalog: handle, from: path, ...share.mergeInputSchema.shape }), output: share.mergeResultSchema },
  /** What was merged into a catalog, the latest first. */
  'share.merges': { input: z.strictObject({ catalog: handle }), output: z.strictObject({ merges: z.array(share.mergeRecordSchema) }) },
  'share.undoMerge': { input: z.strictObject({ catalog: handle, merge: z.number().int() }), output: z.strictObject({ labels: z.number().int() }) },

  /** Takes one label back by its id; answers with the label that is current then. */
  'labels.undo': { input: oneLabel, output: z.strictObject({ label: catalog.labelSchema.nullable() }) },
  'labels.redo': { input: oneLabel, output: z.strictObject({ label: catalog.labelSchema.nullable() }) },
  /** Skips a feature or marks it as unsure, for one author; null takes that back. Answers with what it was. */
  'labels.review': {
    input: z.strictObject({ ...feature, author, state: z.enum(labels.reviewStates).nullable() }),
    output: z.strictObject({ before: z.enum(labels.reviewStates).nullable() }),
  },
  /** Features to label, int32 [n] in order. */
  'labels.queue': {
    input: z.strictObject({ catalog: handle, source: z.number().int(), author, filter: labels.queueFilterSchema }),
    output: z.strictObject({ features: tensorSchema }),
  },
  'labels.progress': { input: z.strictObject({ catalog: handle, source: z.number().int(), author }), output: labels.progressReportSchema },
  'labels.disagreements': {
    input: z.strictObject({ catalog: handle, source: z.number().int(), offset: index, limit: z.number().int().min(1).max(500) }),
    output: z.strictObject({ total: z.number().int(), rows: z.array(labels.disagreementSchema) }),
  },
  'labels.agreement': { input: z.strictObject({ catalog: handle, source: z.number().int() }), output: z.strictObject({ pairs: z.array(labels.agreementPairSchema) }) },
  /** Scores of a feature's labels, and who set it aside. */
  'labels.of': {
    input: z.strictObject(feature),
    output: z.strictObject({ scores: z.array(labels.scoreSchema), reviews: z.array(z.strictObject({ author: z.string(), state: z.enum(labels.reviewStates) })) }),
  },
  /** Families in use, the most used first. */
  'labels.families': { input: z.strictObject({ catalog: handle, source: z.number().int() }), output: z.strictObject({ families: z.array(z.string()) }) },

  /** Saved views of the feature table. A catalog that is read-only has those that came with it. */
  'views.all': { input: z.strictObject({ catalog: handle }), output: z.strictObject({ views: z.array(view.savedViewSchema) }) },
  'views.save': {
    input: z.strictObject({ catalog: handle, name: z.string().max(200), query: view.viewQuerySchema, author: z.string().max(200) }),
    output: z.strictObject({ view: view.savedViewSchema }),
  },
  /** Another name, and where `query` is not null another query; gives the view as it was. */
  'views.change': {
    input: z.strictObject({ catalog: handle, view: z.number().int(), name: z.string().max(200), query: view.viewQuerySchema.nullable() }),
    output: z.strictObject({ before: view.savedViewSchema.nullable() }),
  },
  'views.delete': { input: z.strictObject({ catalog: handle, view: z.number().int() }), output: ok },
  'views.restore': { input: z.strictObject({ catalog: handle, view: z.number().int() }), output: ok },

  'lists.all': { input: z.strictObject({ catalog: handle }), output: z.strictObject({ lists: z.array(labels.listSchema) }) },
  'lists.items': { input: z.strictObject(listId), output: z.strictObject({ list: labels.listSchema, items: z.array(labels.listItemSchema) }) },
  /** Ids of the lists that hold a feature. */
  'lists.of': { input: z.strictObject(feature), output: z.strictObject({ lists: z.array(z.number().int()) }) },
  'lists.create': {
    input: z.strictObject({ catalog: handle, name: z.string().max(200), notes: z.string().max(20_000), author }),
    output: z.strictObject({ list: labels.listSchema }),
  },
  'lists.rename': { input: z.strictObject({ ...listId, name: z.string().max(200), notes: z.string().max(20_000) }), output: z.strictObject({ before: labels.listSchema }) },
  'lists.delete': { input: z.strictObject(listId), output: ok },
  'lists.restore': { input: z.strictObject(listId), output: z.strictObject({ list: labels.listSchema }) },
  'lists.add': {
    input: z.strictObject({ ...listId, items: z.array(labels.newListItemSchema).max(200_000), author }),
    output: z.strictObject({ added: z.array(z.strictObject({ source: z.number().int(), index })) }),
  },
  'lists.remove': {
    input: z.strictObject({ ...listId, items: z.array(z.strictObject({ source: z.number().int(), index })).max(200_000) }),
    output: z.strictObject({ removed: z.array(labels.listItemSchema) }),
  },
  /** Another place (between two others) or note; answers with the item as it was. */
  'lists.change': {
    input: z.strictObject({ ...listId, source: z.number().int(), index, place: z.number().finite().optional(), note: z.string().max(20_000).optional() }),
    output: z.strictObject({ before: labels.listItemSchema }),
  },

  'comments.of': { input: z.strictObject(feature), output: z.strictObject({ comments: z.array(labels.commentSchema) }) },
  'comments.add': { input: z.strictObject({ ...feature, text: z.string().max(20_000), author }), output: z.strictObject({ comment: labels.commentSchema }) },
  'comments.delete': { input: z.strictObject({ catalog: handle, comment: z.number().int() }), output: z.strictObject({ comment: labels.commentSchema, source: z.number().int(), index }) },
  'comments.restore': { input: z.strictObject({ catalog: handle, comment: z.number().int() }), output: z.strictObject({ comment: labels.commentSchema, source: z.number().int(), index }) },

  /** How many features a selection has, about how large each export of it will be, and in which folder of the workspace exports lie. */
  'share.exportEstimate': {
    input: z.strictObject({ catalog: handle, selection: exporting.exportSelectionSchema, examples: z.number().int().min(0).max(1000).nullable() }),
    output: exporting.exportEstimateSchema.extend({ folder: z.string() }),
  },

  /** Where the model and the dictionary of a catalog's source lie on this machine, known by their hashes. */
  'live.resolve': { input: z.strictObject({ catalog: handle, source: z.number().int() }), output: live.liveTargetSchema },
  /** The user says where one of them lies; it is remembered. Kind mismatch when it is another. */
  'live.choose': { input: z.strictObject({ catalog: handle, source: z.number().int(), kind: z.enum(['model', 'dictionary']), path }), output: live.liveTargetSchema },
  /** What a dictionary says about itself, and where the model lies that it was trained on. */
  'live.dictionary': { input: z.strictObject({ path }), output: live.liveDictionarySchema.extend({ modelPath: path.nullable() }) },
  'live.encode': { input: live.encodeInputSchema, output: live.encodedSchema },
  /** In a stored context: what the loss of each token rises by without this feature. */
  'live.ablate': { input: z.strictObject({ ...feature, context: index, model: path, dictionary: path }), output: live.ablatedSchema },
  'live.steer': { input: live.steerInputSchema, output: live.steerBeganSchema },
  'live.steerNext': { input: z.strictObject({ session: z.string().min(1).max(100), tokens: z.number().int().min(1).max(live.liveLimits.stepTokens) }), output: live.steerStepSchema },
  'live.steerEnd': { input: z.strictObject({ session: z.string().min(1).max(100) }), output: ok },
  /** What a model writes behind a text, some tokens at a time. */
  'live.write': { input: live.writeInputSchema, output: live.writeBeganSchema },
  'live.writeNext': { input: z.strictObject({ session: z.string().min(1).max(100), tokens: z.number().int().min(1).max(live.liveLimits.stepTokens) }), output: live.writtenSchema },
  'live.writeEnd': { input: z.strictObject({ session: z.string().min(1).max(100) }), output: ok },
  'live.strength': { input: live.strengthInputSchema, output: live.strengthSchema },
  /** Labels, densities and maxima of features that were found live. */
  'live.names': { input: z.strictObject({ catalog: handle, source: z.number().int(), indices: z.array(index).max(500) }), output: z.strictObject({ names: z.array(live.featureNameSchema) }) },
  'live.status': { input: none, output: live.liveStatusSchema },
  'live.release': { input: none, output: live.liveStatusSchema },
  /** The sentence encoder that serves, what of a source is embedded, and whether it has a map. */
  'explore.state': { input: z.strictObject({ catalog: handle, source: z.number().int() }), output: explore.exploreStateSchema },
  /** Names the folder of a sentence encoder for this workspace; null: the one that is installed. */
  'explore.useEncoder': { input: z.strictObject({ folder: path.nullable() }), output: explore.encoderStateSchema },
  /** Features by the words of their labels, then by meaning. */
  'explore.search': {
    input: z.strictObject({ catalog: handle, source: z.number().int(), text: z.string().min(1).max(1000), limit: z.number().int().min(1).max(500) }),
    output: explore.exploreSearchSchema,
  },
  'explore.map': { input: z.strictObject({ catalog: handle, source: z.number().int() }), output: z.strictObject({ map: explore.featureMapSchema.nullable() }) },
  'explore.classes': {
    input: z.strictObject({ catalog: handle, source: z.number().int(), by: z.enum(explore.classings) }),
    output: explore.featureClassesSchema,
  },
} as const;

export const events = {
  'job.changed': job.jobSchema,
  'job.progress': z.strictObject({ id: z.string(), progress: job.progressSchema }),
  /** One logged row of a run: the same names as `jobs.metrics`. */
  'job.metrics': z.strictObject({ id: z.string(), step: z.number().int(), metrics: z.record(z.string(), z.number().nullable()) }),
  'workspace.changed': z.strictObject({}),
  /** This host serves another workspace now: load everything again. */
  'workspace.switched': z.strictObject({ path: z.string() }),
  /** The user chose an action of the studio in a menu of the window. */
  'system.action': z.strictObject({ id: z.string() }),
  'catalog.changed': z.strictObject({ catalog: z.string(), source: z.number().int().nullable(), index: z.number().int().nullable() }),
  'views.changed': z.strictObject({ catalog: z.string() }),
  'engine.changed': z.strictObject({ engine: workspace.systemInfoSchema.shape.engine, backend: workspace.backendStatusSchema }),
  /** A catalog was opened from outside: a double click, a second `loupe FILE`. */
  'catalog.requested': z.strictObject({ path: z.string() }),
} as const;

export type CommandName = keyof typeof commands;
export type CommandInput<N extends CommandName> = z.infer<(typeof commands)[N]['input']>;
export type CommandOutput<N extends CommandName> = z.infer<(typeof commands)[N]['output']>;
export type EventName = keyof typeof events;
export type EventPayload<N extends EventName> = z.infer<(typeof events)[N]>;

/** One function a command; a missing or an extra one does not compile. */
export type Handlers = { readonly [N in CommandName]: (input: CommandInput<N>) => Promise<CommandOutput<N>> };
