/** A page that is being left does not take the next page's address for its own: no run and no model is asked for by a feature's number. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { noStudio, openStudio, type Studio } from './studio.ts';

describe('Leaving a page', { skip: noStudio }, () => {
  let studio: Studio;
  const sent: string[] = [];
  before(async () => {
    studio = await openStudio({ features: 20, width: 1440, height: 900 });
    studio.page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => sent.push(payload.toString())));
  });
  after(async () => { await studio?.end(); });

  for (const from of ['runs', 'models', 'compare']) {
    test(`from ${from} to a feature`, async () => {
      const { page } = studio;
      await studio.go(`#/${from}`);
      // Loaded anew, so that the feature's page is not there yet.
      await page.reload();
      await page.locator('main').getByRole('heading').first().waitFor();
      // The host's first answers are in: before the connection is open no page asks for anything.
      await page.waitForTimeout(300);
      await page.evaluate(() => {
        const seen: string[] = [];
        Object.assign(globalThis, { seen });
        new MutationObserver(() => { if (document.body.textContent.includes('There is no such run')) seen.push('There is no such run'); }).observe(document.body, { childList: true, subtree: true });
      });
      sent.length = 0;
      await studio.go('#/feature/12?catalog=small.loupe');
      await page.getByRole('heading', { name: /^Feature 12/ }).waitFor();
      assert.deepEqual(sent.filter((frame) => frame.includes('models.inspect') || frame.includes('compare.')), []);
      assert.ok(sent.length > 0, 'the feature was asked for');
      assert.deepEqual(await page.evaluate(() => (globalThis as unknown as { seen: string[] }).seen), []);
    });
  }
});
