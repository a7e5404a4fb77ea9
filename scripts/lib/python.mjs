// The virtual environment of the Python tests, made once and again when its requirements change.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { step, Stop } from './log.mjs';
import { at, tools } from './paths.mjs';
import { apt, canApt, probe, run } from './run.mjs';

const venv = join(tools, 'venv');
const requirements = at('tests', 'live', 'python', 'requirements.txt');

/** The path of the environment's interpreter, with everything in requirements.txt installed. */
export async function python() {
  const interpreter = join(venv, 'bin', 'python');
  const stamp = join(venv, '.stamp');
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return interpreter;
  await step('setting up the Python environment (about 20 s)', async () => {
    rmSync(venv, { recursive: true, force: true });
    if (!create()) {
      if (canApt()) await apt('python3', 'python3-venv');
      if (!create()) throw new Stop('python3 with its venv module is needed: on Debian, apt-get install python3-venv');
    }
    await run(interpreter, ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', '-r', requirements]);
  });
  writeFileSync(stamp, wanted);
  return interpreter;
}

const create = () => probe('python3', ['-m', 'venv', venv]).ok;
