/** A catalog from someone else: looked at, verified, merged by keyboard, taken back, copied. On the real host. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import Database from 'better-sqlite3';
import { openCatalog, stopThreads } from '../../src/main/catalog/client.ts';
import { noStudio, openStudio, type Studio } from './studio.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
interface Axe { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> }

describe('Import', { skip: noStudio }, () => {
  let studio: Studio;
  let folder: string;
  let theirs: string;

  const label = async (path: string, index: number, text: string, author: string): Promise<void> => {
    const catalog = await openCatalog(path);
    await catalog.setLabel({ source: 1, index, text, author, kind: 'manual', confidence: 4, notes: '' });
    await catalog.close();
  };
  const earlier = () => studio.page.getByRole('region', { name: 'Earlier merges' });
  const look = (path: string): Promise<void> => studio.go(`#/share?file=${encodeURIComponent(path)}`);
  const shot = async (name: string): Promise<void> => {
    const to = process.env['LOUPE_SHOTS'];
    if (to === undefined) return;
    for (const colorScheme of ['light', 'dark'] as const) {
      await studio.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await studio.page.screenshot({ path: join(to, `${name}-${colorScheme}.png`) });
    }
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'loupe-e2e-share-'));
    studio = await openStudio({ features: 60, width: 1280, height: 800 });
    const mine = join(studio.workspace, 'catalogs', 'small.loupe');
    theirs = join(folder, 'theirs.loupe');
    copyFileSync(mine, theirs);
    for (const [index, text] of [[3, 'rivers and lakes'], [5, 'names of kings'], [8, '<b>bold</b> words']] as const) await label(theirs, index, text, 'Ben');
    for (const [index, text] of [[3, 'water'], [5, 'royalty']] as const) await label(mine, index, text, 'Ada');
    await stopThreads();
  });
  after(async () => {
    await studio?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  test('before anything was merged, the page says so and what would be listed', async () => {
    await studio.go('#/share');
    await earlier().getByText('Nothing was merged into small.loupe yet.').waitFor();
    assert.equal(await earlier().getByRole('table').count(), 0);
    await shot('share-none-earlier');
  });

  test('the file is verified and tells where it came from', async () => {
    await look(theirs);
    await studio.page.getByText('Sound', { exact: true }).waitFor();
    const file = studio.page.getByRole('region', { name: 'The file' });
    assert.match(await file.innerText(), /blocks\.6\.hook_resid_post[\s\S]*Labels by[\s\S]*Ben \(3\)/);
    await shot('share-file');
  });

  test('conflicts stand open until each is decided, by keyboard', async () => {
    await studio.page.getByLabel('Merge into').selectOption({ label: 'small.loupe' });
    const merge = studio.page.getByRole('button', { name: /^Merge 3 labels/ });
    await merge.waitFor();
    assert.equal(await merge.isDisabled(), true);
    assert.equal(await studio.page.getByLabel('Which changes').inputValue(), 'conflict');
    await studio.page.getByRole('option', { name: /water/ }).waitFor();
    await shot('share-conflicts');
    await studio.page.getByRole('listbox', { name: 'Changes' }).focus();
    await studio.page.keyboard.press('m');
    await studio.page.keyboard.press('t');
    await studio.page.locator('button:not([disabled])', { hasText: 'Merge 3 labels' }).waitFor();
    await shot('share-decided');
  });

  test('merged, the kept labels are shown; taken back, everything is as before', async () => {
    await studio.page.keyboard.press('Control+Enter');
    await studio.page.getByText('Merged.').waitFor();
    await shot('share-merged');
    await studio.page.getByRole('button', { name: 'Open the catalog' }).click();
    const row = (index: number) => studio.page.locator(`#feature-row-${index}`);
    await row(3).waitFor();
    assert.match(await row(3).innerText(), /water/);
    assert.match(await row(5).innerText(), /names of kings/);
    assert.match(await row(8).innerText(), /<b>bold<\/b> words/);
    assert.equal(await studio.page.locator('#feature-table b').count(), 0);
    await studio.page.goBack();
    await studio.page.getByText('Sound', { exact: true }).waitFor();
    await studio.page.getByLabel('Merge into').selectOption({ label: 'small.loupe' });
    await studio.page.getByRole('button', { name: 'Nothing to merge' }).waitFor();
  });

  test('bulk choices decide all that the filter shows, and a merge is taken back from its summary', async () => {
    const fresh = join(folder, 'fresh.loupe');
    copyFileSync(theirs, fresh);
    await label(fresh, 3, 'oceans', 'Eve');
    await label(fresh, 5, 'queens', 'Eve');
    await stopThreads();
    await look(fresh);
    await studio.page.getByText('Sound', { exact: true }).waitFor();
    await studio.page.getByLabel('Merge into').selectOption({ label: 'small.loupe' });
    await studio.page.getByLabel('Which changes').selectOption('all');
    await studio.page.getByLabel('Filter changes').fill('oceans');
    await studio.page.waitForFunction(() => document.querySelectorAll('[role="option"][id^="change-"]').length === 1);
    await studio.page.getByLabel('Filter changes').fill('');
    await studio.page.getByRole('listbox', { name: 'Changes' }).focus();
    await studio.page.keyboard.press('Shift+T');
    // Shift makes it all that are shown, not only the one that is selected.
    await studio.page.waitForFunction(() => document.querySelectorAll('[role="option"][id^="change-"]').length === 2
      && [...document.querySelectorAll('[role="option"][id^="change-"] button')].filter((button) => button.textContent === 'Take theirs' && button.getAttribute('aria-pressed') === 'true').length === 2);
    await studio.page.keyboard.press('Control+Enter');
    await studio.page.getByText('Merged.').waitFor();
    await studio.page.getByRole('button', { name: 'Take the merge back' }).click();
    await studio.page.getByRole('button', { name: /^Merge 2 labels/ }).waitFor();
  });

  test('earlier merges are listed with file, time, author and counts; one is taken back after a question', async () => {
    await studio.go('#/share');
    const rows = earlier().getByRole('row');
    await earlier().getByText('2 merges, 1 of them stands').waitFor();
    assert.match((await rows.nth(1).innerText()).replace(/\s+/g, ' '), /^fresh\.loupe \d{4}-\d\d-\d\d \d\d:\d\d .* taken back \d{4}-/);
    assert.match((await rows.nth(2).innerText()).replace(/\s+/g, ' '), /^theirs\.loupe .*3 labels came in, 1 label of yours went into the history/);
    assert.equal(await rows.nth(1).getByRole('button').count(), 0, 'what was taken back has no button');
    await shot('share-earlier');
    await rows.nth(2).getByRole('button', { name: /^Take back the merge of theirs\.loupe/ }).click();
    const question = studio.page.getByRole('dialog', { name: 'Take the merge of theirs.loupe back?' });
    await question.getByText('What it brought goes: 3 labels.').waitFor();
    await shot('share-earlier-question');
    await studio.page.keyboard.press('Escape');
    await question.waitFor({ state: 'detached' });
    await earlier().getByText('2 merges, 1 of them stands').waitFor();
    // The palette has it, too.
    await studio.page.keyboard.press('Control+k');
    await studio.page.keyboard.type('take the merge of theirs');
    await studio.page.keyboard.press('Enter');
    await question.getByRole('button', { name: 'Take it back' }).click();
    await studio.page.getByText('The merge of theirs.loupe was taken back.').waitFor();
    await earlier().getByText('2 merges, none of them stands').waitFor();
    await studio.go('#/features?catalog=small.loupe');
    await studio.page.locator('#feature-row-5').waitFor();
    assert.match(await studio.page.locator('#feature-row-3').innerText(), /water/);
    assert.match(await studio.page.locator('#feature-row-5').innerText(), /royalty/);
    assert.doesNotMatch(await studio.page.locator('#feature-row-8').innerText(), /<b>bold/);
  });

  test('a merge that a later one built on says which has to go first, and can go after that one', async () => {
    const path = join(studio.workspace, 'catalogs', 'small.loupe');
    const [early, late] = [join(folder, 'early.loupe'), join(folder, 'late.loupe')];
    const catalog = await openCatalog(path);
    const { label: old } = await catalog.setLabel({ source: 1, index: 11, text: 'ships', author: 'Ada', kind: 'manual', confidence: 3, notes: '' });
    await catalog.close();
    for (const copy of [early, late]) copyFileSync(path, copy);
    // Both take the label back; the one that is merged later did it earlier, so that its time holds.
    for (const [copy, at] of [[early, '2026-06-02T00:00:00.000Z'], [late, '2026-06-01T00:00:00.000Z']] as const) {
      const db = new Database(copy);
      db.prepare('UPDATE labels SET undone_at = ? WHERE id = ?').run(at, old.id);
      db.prepare('UPDATE features SET label = NULL, label_kind = NULL WHERE source = 1 AND idx = 11').run();
      db.close();
    }
    const mine = await openCatalog(path);
    for (const copy of [early, late]) await mine.merge(copy, { sources: [], conflicts: 'both', choices: {}, author: 'Ada' });
    await mine.close();
    await stopThreads();
    await studio.go('#/share');
    await studio.page.reload();
    const rows = earlier().getByRole('row');
    await earlier().getByText('4 merges, 2 of them stand').waitFor();
    assert.match((await rows.nth(2).innerText()).replace(/\s+/g, ' '), /^early\.loupe .*Take back late\.loupe of .* first: it changed some of the same rows\./);
    assert.equal(await rows.nth(2).getByRole('button').count(), 0);
    await shot('share-earlier-behind');
    await studio.page.evaluate(axe);
    for (const colorScheme of ['light', 'dark'] as const) {
      await studio.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const { violations } = await studio.page.evaluate(() => (globalThis as unknown as { axe: Axe }).axe.run());
      assert.deepEqual(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${colorScheme}: ${id}: ${nodes[0]?.html}`), []);
    }
    for (const name of ['late.loupe', 'early.loupe']) {
      await earlier().getByRole('button', { name: `Take back the merge of ${name}` }).click();
      await studio.page.getByRole('button', { name: 'Take it back' }).click();
      await studio.page.getByText(`The merge of ${name} was taken back.`).waitFor();
    }
    await earlier().getByText('4 merges, none of them stands').waitFor();
  });

  test('a harmed file is not shown, and says why', async () => {
    const harmed = join(folder, 'harmed.loupe');
    const bytes = readFileSync(theirs);
    for (let at = 9000; at < bytes.length; at += 977) bytes[at] = bytes[at]! ^ 0x55;
    writeFileSync(harmed, bytes);
    await look(harmed);
    await studio.page.getByText(/Not sound|is not opened/).first().waitFor();
    await shot('share-harmed');
    assert.equal(await studio.page.getByRole('button', { name: 'Browse read-only' }).count(), 0);
    await studio.go(`#/features?catalog=${encodeURIComponent(harmed)}`);
    await studio.page.getByText('The catalog could not be opened').waitFor();
  });

  test('copied to the workspace it is ours, and opens', async () => {
    await look(theirs);
    await studio.page.getByRole('button', { name: 'Copy to workspace' }).click();
    await studio.page.waitForURL(/#\/features/);
    await studio.page.locator('#feature-row-3', { hasText: 'rivers and lakes' }).waitFor();
  });

  test('a catalog that is dropped in a browser cannot be found by its path: that is said, with the way to it', async () => {
    await studio.go('#/share');
    await studio.page.evaluate(() => {
      const data = new DataTransfer();
      data.items.add(new File(['x'], 'dropped.loupe'));
      document.querySelector('main')!.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
    });
    await studio.page.getByText(/does not tell where a dropped file lies/).waitFor();
  });

  test('no page threw, and nothing broke the content security policy', () => assert.deepEqual(studio.errors, []));
});
