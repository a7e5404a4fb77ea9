// Python environments below .tools/, each with exactly what a requirements.txt names.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { step, Stop } from './log.mjs';
import { tools } from './paths.mjs';
import { apt, canApt, probe, run } from './run.mjs';

/** The interpreter of the environment called `name`, made anew when its requirements change or it was moved. */
export async function python(name, requirements) {
  const venv = join(tools, name);
  const interpreter = join(venv, 'bin', 'python');
  const stamp = join(venv, '.stamp');
  // The environment's scripts name the folder that it was made in.
  const wanted = createHash('sha256').update(readFileSync(requirements)).update(venv).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return interpreter;
  await step(`the Python environment ${name} (once)`, async () => {
    rmSync(venv, { recursive: true, force: true });
    const create = () => probe('python3', ['-m', 'venv', venv]).ok;
    if (!create()) {
      if (canApt()) await apt('python3', 'python3-venv');
      if (!create()) throw new Stop('python3 with its venv module is needed: on Debian, apt-get install python3-venv');
    }
    await run(interpreter, ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', '-r', requirements]);
  });
  writeFileSync(stamp, wanted);
  return interpreter;
}
