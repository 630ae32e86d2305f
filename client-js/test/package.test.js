import {execFile} from "node:child_process";
import {mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {fileURLToPath} from "node:url";
import {promisify} from "node:util";
import {afterAll, beforeAll, expect, test} from "vitest";

const CLIENT = fileURLToPath(new URL("..", import.meta.url));
const tool = (name) => join(CLIENT, "node_modules", ".bin", name);
const folder = mkdtempSync(join(tmpdir(), "hub-client-"));
const installed = join(folder, "node_modules", "@hub", "client");
let tarball = "";

/** Run a program; what it printed, also in the error when it fails. */
async function run(program, ...given) {
  const {stdout} = await promisify(execFile)(program, given, {cwd: folder}).catch((error) => {
    throw new Error(`${program}: ${error.stdout}${error.stderr}`);
  });
  return stdout;
}

/** What a page of a project that installed the package may write. */
const PAGE = `
import {connect, HubError, type HubClient} from "@hub/client";
import {HubBell, translate} from "@hub/client/elements";
import {desktopNotifications} from "@hub/client/desktop";
import russian from "@hub/client/locales/ru";

const hub: HubClient = connect({url: "https://hub.example", getToken: async () => "token"});
const unread: number = hub.unread;
hub.dismiss(["n1"]).catch((error: HubError) => error.code);
new HubBell().client = hub;
translate(russian);
desktopNotifications(hub);
// @ts-expect-error without an address there is no hub
connect({getToken: () => "token"});
console.log(unread);
`;
const SETTINGS = {compilerOptions: {strict: true, noEmit: true, target: "ES2022", module: "NodeNext", lib: ["ES2023", "DOM", "DOM.Iterable"], types: []}};

beforeAll(async () => {
  await promisify(execFile)("npm", ["pack", "--silent", "--pack-destination", folder], {cwd: CLIENT});
  tarball = join(folder, readdirSync(folder).find((name) => name.endsWith(".tgz")));
  mkdirSync(installed, {recursive: true});
  await run("tar", "-xzf", tarball, "--strip-components=1", "-C", installed);
}, 60_000);

afterAll(() => rmSync(folder, {recursive: true}));

test("it holds the sources, their types, the manifest and nothing else", () => {
  expect(readdirSync(installed).sort()).toEqual(["README.md", "custom-elements.json", "package.json", "src", "types"]);
  const modules = (name) => readdirSync(join(installed, name), {recursive: true}).map((file) => file.replace(/(\.d\.ts|\.js)$/, "")).filter((file) => !file.includes(".")).sort();
  expect(modules("types")).toEqual(modules("src"));
});

test.concurrent("publint and attw find nothing wrong", async () => {
  await Promise.all([run(tool("publint"), tarball, "--strict"), run(tool("attw"), tarball, "--profile", "esm-only")]);
}, 60_000);

test.concurrent("another project's TypeScript reads its types", async () => {
  writeFileSync(join(folder, "page.mts"), PAGE);
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({...SETTINGS, files: ["page.mts"]}));
  await run(tool("tsc"), "-p", folder);
}, 60_000);

test.concurrent("what draws nothing can be imported where there is no page", async () => {
  const names = ["@hub/client", "@hub/client/desktop", "@hub/client/locales/ru"];
  writeFileSync(join(folder, "server.mjs"), `
    const loaded = await Promise.all(${JSON.stringify(names)}.map((name) => import(name)));
    console.log(JSON.stringify([...loaded.map((module) => Object.keys(module)), import.meta.resolve("@hub/client/elements")]));`);
  const [core, desktop, russian, elements] = JSON.parse(await run("node", "server.mjs"));
  expect(core).toContain("connect");
  expect(desktop).toContain("desktopNotifications");
  expect(russian).toEqual(["default"]);
  expect(elements).toMatch(/@hub\/client\/src\/elements\.js$/);
}, 60_000);
