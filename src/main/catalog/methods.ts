/** What the catalog threads can be asked, in three tables: on a reading handle, on the writing handle, and without a handle. */
import { exportEstimate } from '../share/export/estimate.ts';
import { copyValidated } from './copy.ts';
import { addChunk, addContexts, beginBuild, endBuild } from './ingest.ts';
import { addFeatureComment, commentsOf, deleteFeatureComment, restoreFeatureComment } from './commenting.ts';
import {
  addToFeatureList, changeListItem, createFeatureList, deleteFeatureList, featureListItems, featureListsOf, listsOfFeature, removeFromFeatureList, renameFeatureList, restoreFeatureList,
} from './feature-lists.ts';
import { addGuesses, labelTargets, scoreSummary } from './guess-rows.ts';
import { guessLabels } from './guessing.ts';
import { redoLabel, setLabel, setReviewState, undoLabel, undoLastLabel } from './labelling.ts';
import { featureOpinions, labelAgreement, labelDisagreements, labelFamilies, labelProgress, labelQueue } from './opinions.ts';
import { packMissing } from './columns/packed.ts';
import { liveContext, liveNames } from './live-reading.ts';
import { applyMerge, previewMerge } from './merge/apply.ts';
import { mergeHistory } from './merge/history.ts';
import { undoMerge } from './merge/undo.ts';
import { exampleOverlap } from './overlap.ts';
import type { OverlapSide, ShareDone } from './overlap.ts';
import { labelsShown, suggestLabels } from './suggest.ts';
import { addMap, featureClasses, hasMap, neighbourGraph, readMap } from './mapping.ts';
import { addDirections, meaningEncoders, meaningStates, nearestMeanings, staleTexts } from './meaning.ts';
import { inspectCatalog } from './inspect.ts';
import { makeCatalog } from './opening.ts';
import { besideContext, catalogInfo, columns, facets, featurePageOf, features, indices, labels, search, warm, wholeContext } from './reading.ts';
import { changeSavedView, deleteSavedView, restoreSavedView, savedViews, saveView } from './saved-views.ts';
import { verify } from './verify.ts';
import type { ReadHandle, WriteHandle } from './handle.ts';

export const readMethods = {
  exportEstimate,
  info: (db: ReadHandle, _input: null) => catalogInfo(db),
  features,
  indices,
  facets,
  warm,
  columns,
  feature: featurePageOf,
  context: wholeContext,
  contextBeside: besideContext,
  search,
  labels,
  'labels.queue': labelQueue,
  'labels.progress': labelProgress,
  'labels.disagreements': labelDisagreements,
  'labels.agreement': labelAgreement,
  'labels.of': featureOpinions,
  'labels.families': labelFamilies,
  'views.all': savedViews,
  'lists.all': featureListsOf,
  'lists.items': featureListItems,
  'lists.of': listsOfFeature,
  'comments.of': commentsOf,
  'live.names': liveNames,
  'live.context': liveContext,
  previewMerge,
  'compare.labels': labelsShown,
  merges: (db: ReadHandle, _input: null) => mergeHistory(db),
  'explore.meaningStates': meaningStates,
  'explore.meaningEncoders': meaningEncoders,
  'explore.staleTexts': staleTexts,
  'explore.nearestMeanings': nearestMeanings,
  'explore.map': readMap,
  'explore.hasMap': hasMap,
  'explore.neighbours': neighbourGraph,
  'explore.classes': featureClasses,
  labelTargets,
  guessLabels,
  scoreSummary,
} as const;

export const writeMethods = {
  /** Opens for writing: an interrupted transaction is undone, an old schema brought up to date, columns packed that an old catalog lacks. */
  prepare: (db: WriteHandle, _input: null) => packMissing(db),
  setLabel,
  undoLabel: undoLastLabel,
  'labels.undo': undoLabel,
  'labels.redo': redoLabel,
  'labels.review': setReviewState,
  'views.save': saveView,
  'views.change': changeSavedView,
  'views.delete': deleteSavedView,
  'views.restore': restoreSavedView,
  'lists.create': createFeatureList,
  'lists.rename': renameFeatureList,
  'lists.delete': deleteFeatureList,
  'lists.restore': restoreFeatureList,
  'lists.add': addToFeatureList,
  'lists.remove': removeFromFeatureList,
  'lists.change': changeListItem,
  'comments.add': addFeatureComment,
  'comments.delete': deleteFeatureComment,
  'comments.restore': restoreFeatureComment,
  merge: applyMerge,
  undoMerge,
  'compare.suggest': suggestLabels,
  'explore.addDirections': addDirections,
  'explore.addMap': addMap,
  addGuesses,
  beginBuild,
  addContexts,
  addChunk,
  endBuild,
} as const;

/** Long, and on files that nobody else has open: each runs in a thread of its own. The first argument is the path. */
export const aloneMethods = {
  create: (path: string, _input: null) => {
    makeCatalog(path);
    return null;
  },
  overlap: (_path: string, { a, b }: { readonly a: OverlapSide; readonly b: OverlapSide }, report: ShareDone) => exampleOverlap(a, b, report),
  inspect: (path: string, input: { readonly openHere: boolean }) => inspectCatalog(path, input.openHere),
  verify: (path: string, input: { readonly openHere: boolean }) => verify(path, input.openHere),
  copy: (path: string, input: { readonly to: string; readonly openHere: boolean }) => {
    copyValidated(path, input.to, input.openHere);
    return null;
  },
} as const;
