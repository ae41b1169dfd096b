/** The rule explainer: no language model, the same label from the same windows. The baseline that every model's label must beat (F.3). */
import type { Labeller } from './definition.ts';
import { ruleMask } from './predicates.ts';
import type { Rule } from './predicates.ts';
import { findRule } from './rule-search.ts';
import { ruleFamily, ruleText } from './rule-words.ts';
import { bitCount } from './windows.ts';

export const ruleLabeller: Labeller = {
  id: 'rule',
  title: 'Rule explainer',
  summary: 'The best conjunction of at most two conditions on the token, the one before, its form, its place and the words near it.',
  kind: 'rule',
  version: '1',
  begin: (background, lexicon) => ({
    explain: (windows, counts) => {
      const found = findRule(windows, background, lexicon, counts);
      return found === null ? null : { text: ruleText(found.rule, lexicon), family: ruleFamily(found.rule), own: found.rule };
    },
    judge: ({ own }, windows) => windows.map((window) => (ruleMask(own as Rule, window, lexicon) === 0 ? 0 : 1)),
    judgeMarks: ({ own }, windows) => windows.map(({ window, marks }) => (2 * bitCount(ruleMask(own as Rule, window, lexicon) & marks) >= Math.max(1, bitCount(marks)) ? 1 : 0)),
  }),
};
