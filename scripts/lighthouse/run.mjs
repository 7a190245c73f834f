// Measures the main pages with Lighthouse as the accounts of the demonstration, three times each, and wants a median of at
// least 95 in performance, accessibility and best practices. The reports stay in a folder as JSON.
//
//   node run.mjs http://127.0.0.1:8080 PASSWORD FOLDER

import { mkdirSync, writeFileSync } from "node:fs";
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";

const PAGES = [
    [null, "/login"],
    ["official", "/tasks"],
    ["official", "/results"],
    ["official", "/record"],
    ["liaison", "/unit"],
    ["coordinator", "/today"],
    ["coordinator", "/sessions"],
    ["coordinator", "/people"],
    ["auditor", "/rates"],
    ["auditor", "/log"],
];
const WANTED = ["performance", "accessibility", "best-practices"];
const LEAST = 95;
const TIMES = 3;
const FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
];

const [base, password, folder] = process.argv.slice(2);

async function cookieOf(username) {
    const body = new URLSearchParams({ username, password, next: "/" });
    const answer = await fetch(`${base}/login`, { method: "POST", body, redirect: "manual" });
    if (answer.status !== 303) throw new Error(`${username} cannot log in: ${answer.status}`);
    return answer.headers.getSetCookie().map((cookie) => cookie.split(";")[0]).join("; ");
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

mkdirSync(folder, { recursive: true });
const chrome = await launch({ chromePath: process.env.CHROME_PATH ?? "/usr/bin/chromium", chromeFlags: FLAGS });
let well = true;
try {
    for (const [account, path] of PAGES) {
        const extraHeaders = account ? { Cookie: await cookieOf(account) } : {};
        const options = { port: chrome.port, onlyCategories: WANTED, extraHeaders, logLevel: "error", locale: "zh" };
        const scores = WANTED.map(() => []);
        const missed = new Set();
        for (let time = 1; time <= TIMES; time += 1) {
            const { lhr } = await lighthouse(base + path, options);
            if (new URL(lhr.finalDisplayedUrl).pathname !== path) throw new Error(`${path} leads to ${lhr.finalDisplayedUrl}`);
            WANTED.forEach((name, at) => scores[at].push(Math.round((lhr.categories[name].score ?? 0) * 100)));
            for (const name of WANTED) {
                for (const { id, weight } of lhr.categories[name].auditRefs) {
                    const { score } = lhr.audits[id];
                    if (weight > 0 && score !== null && score < 0.9) missed.add(id);
                }
            }
            writeFileSync(`${folder}/${path.slice(1)}-${time}.json`, JSON.stringify(lhr));
        }
        const medians = scores.map(median);
        const enough = medians.every((score) => score >= LEAST);
        well &&= enough;
        const told = WANTED.map((name, at) => `${name} ${medians[at]}`).join(", ");
        console.log(`audit: ${path}: ${told}${enough ? "" : ` (missed: ${[...missed].join(", ")})`}`);
    }
} finally {
    await chrome.kill();
}
process.exitCode = well ? 0 : 1;
