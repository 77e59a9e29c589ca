// Finds a Chromium for the end-to-end tests and prints its path.
// `$CHROMIUM` first, then what is on PATH, then Debian's package where installing is allowed. The shell without a
// screen comes before the browser with one: it is smaller, and there is nothing in it that could cover a window.
// Letters for Hindi come along, for boxes in their place are wider, and look like nothing that a shopper sees.
import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const NAMES = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'];
const PACKAGES = ['chromium-headless-shell', 'chromium'];
const LETTERS = 'fonts-lohit-deva';
const MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

const runs = (file) => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

function onPath() {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  const files = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...files, MAC].find(runs);
}

function install() {
  const root = process.getuid?.() === 0;
  if (!root || !runs('/usr/bin/apt-get')) return;
  const options = {
    stdio: ['ignore', 2, 2],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  };
  const apt = (...args) => {
    try {
      execFileSync('apt-get', args, options);
      return true;
    } catch {
      return false; // What it said stands on stderr; the sentence below says what to do.
    }
  };
  apt('update', '-q');
  PACKAGES.some((name) => apt('install', '-qy', '--no-install-recommends', name, LETTERS));
}

/** The path of a Chromium, or undefined when there is none and none could be installed. */
export function findChromium() {
  const { CHROMIUM } = process.env;
  if (CHROMIUM) return runs(CHROMIUM) ? CHROMIUM : undefined;
  const found = onPath();
  if (found) return found;
  install();
  return onPath();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const found = findChromium();
  if (found) console.log(found);
  else {
    console.error(
      'The end-to-end tests need Chromium: install it with your package manager, or set CHROMIUM to its path.',
    );
    process.exit(1);
  }
}
