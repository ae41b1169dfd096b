/** Skip transcoder: a transcoder beside a linear map of its input, y' = f wDec + x wSkip^T + bDec (Paulo et al. 2025, arXiv 2501.18823). */
import * as tf from '@tensorflow/tfjs-core';
import { defineVariant } from '../definition.ts';
import { transcoder } from './transcoder.ts';

/** The transcoder's functions take the skip connection from the weights: wSkip float32 [dOut, dIn], 0 at the start. */
export const skipTranscoder = defineVariant({
  ...transcoder,
  id: 'skip-transcoder',
  title: 'Skip transcoder',
  summary: 'A transcoder with a linear map from input to output beside it, so that latents explain only what is not linear.',
  paper: 'Paulo et al. 2025, arXiv 2501.18823',
  init: (config, context) => ({ ...transcoder.init(config, context), wSkip: tf.zeros([context.dOut, context.dIn]) }),
});
