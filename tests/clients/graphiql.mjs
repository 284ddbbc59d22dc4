// GraphiQL as a person uses it: in a browser that reaches no other address than the server's.
import { chromium } from 'playwright-core';

const { PAGE_URL, API_KEY, CHROMIUM, CURSOR, SCREENSHOT } = process.env;
const page_url = new URL(PAGE_URL);
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  // root has no sandbox; no name but the server's address is found, whoever in the browser asks
  args: ['--no-sandbox', '--disable-gpu', `--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE ${page_url.hostname}`],
});
const elsewhere = [];
const complaints = [];
const asked = [];
try {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) =>
      console.error(`violates ${event.violatedDirective}: ${event.blockedURI.slice(0, 80)}`),
    );
  });
  await context.route(
    (url) => url.host !== page_url.host && url.protocol !== 'data:' && url.protocol !== 'blob:',
    (route) => {
      elsewhere.push(route.request().url());
      return route.abort();
    },
  );
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error' || /content security policy/i.test(message.text())) complaints.push(message.text().slice(0, 300));
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => asked.push(request.url()));
  page.on('websocket', (socket) => asked.push(socket.url()));

  const editor = (name) => page.locator(`.graphiql-${name}`).first();
  const answer = () => editor('response');
  async function write(text, name) {
    await editor('query-editor').locator('.monaco-editor').first().click();
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText(text);
    await page.locator('.graphiql-tab', { hasText: name }).waitFor(); // now it has been read
  }
  async function answered(text) {
    // the editor draws spaces as they do not break
    await page.waitForFunction(
      (wanted) => document.querySelector('.graphiql-response')?.textContent.replace(/\u00a0/g, ' ').includes(wanted),
      text,
    );
    return (await answer().textContent()).replace(/\u00a0/g, ' ');
  }

  await page.goto(PAGE_URL);
  await page.getByText('Type in a key above').waitFor();
  await page.getByLabel('API key').fill(API_KEY);
  await page.getByRole('button', { name: 'Use it' }).click();
  await page.getByText('operator, OPERATOR').waitFor();

  await write('query Who { viewer { name role } }', 'Who');
  await page.getByRole('button', { name: /Execute query/ }).click();
  const queried = await answered('"name": "operator"');

  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
  const explorer = page.locator('.graphiql-doc-explorer');
  await explorer.getByText('Query', { exact: true }).first().click();
  await explorer.getByText('transitionMatrix').first().waitFor();
  await explorer.getByText('transitionMatrix').first().click();
  const described = await explorer.textContent();

  await write(`subscription Feed { statusChanges(after: "${CURSOR}") { action recordId } }`, 'Feed');
  await page.getByRole('button', { name: /Execute query/ }).click();
  console.log(JSON.stringify({ subscribing: true }));
  const followed = await answered('"action": "SUBMIT"'); // which the test does now
  await page.getByRole('button', { name: /Stop query/ }).click();

  if (SCREENSHOT) await page.screenshot({ path: SCREENSHOT });
  const kept = await page.evaluate(() => ({ address: location.href, local: JSON.stringify(localStorage) }));
  console.log(JSON.stringify({ queried, described, followed, elsewhere, complaints, asked, kept }));
} catch (error) {
  if (SCREENSHOT) await browser.contexts()[0]?.pages()[0]?.screenshot({ path: SCREENSHOT });
  console.error(JSON.stringify({ elsewhere, complaints }));
  throw error;
} finally {
  await browser.close();
}
