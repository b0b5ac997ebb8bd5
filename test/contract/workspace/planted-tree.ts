import { spawn } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'

const ROOT = join(import.meta.dirname, '../../..')

/** The repository's options for a tree that has no generated code to refer to. */
const TSCONFIG = {
  extends: join(ROOT, 'tsconfig.json'),
  compilerOptions: { composite: false, noEmit: true, rootDir: '.', tsBuildInfoFile: null },
  include: ['src', 'protocols', 'sims'],
  references: [],
}

/** One finding of the linter. */
export type Finding = {
  /** Relative to the planted tree. */
  readonly file: string
  /** 1 for the first line. */
  readonly line: number
  /** For example `eslint(no-restricted-imports)`. */
  readonly rule: string
  readonly message: string
}

type Report = {
  readonly diagnostics: readonly {
    readonly message: string
    readonly code?: string
    readonly help?: string
    readonly filename: string
    readonly labels: readonly { readonly span: { readonly line: number } }[]
  }[]
}

/**
 * Lints a tree of its own, laid out as this repository is, with this repository's rules: what is planted there disturbs no other linter,
 * and nothing of it is left behind.
 *
 * @param files paths (relative to the repository's root) and their contents
 */
export const lintPlanted = async (files: Readonly<Record<string, string>>): Promise<readonly Finding[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'cheops-lint-'))
  try {
    await copyFile(join(ROOT, '.oxlint.config.ts'), join(folder, '.oxlint.config.ts'))
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG))
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), content)
    }
    return await lint(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const lint = async (folder: string): Promise<readonly Finding[]> => {
  const oxlint = join(ROOT, 'node_modules/.bin/oxlint')
  const child = spawn(
    process.execPath,
    [oxlint, '--config', '.oxlint.config.ts', '--type-aware', '--format=json', 'src', 'protocols', 'sims'],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const [output, complaints] = await Promise.all([text(child.stdout), text(child.stderr)])
  if (!output.startsWith('{')) throw new Error(`oxlint did not report: ${output}${complaints}`)
  const { diagnostics } = JSON.parse(output) as Report
  // Without types the type-aware rules are silently off.
  const broken = diagnostics.find(({ code }) => code === 'typescript(tsconfig-error)')
  if (broken !== undefined) throw new Error(`oxlint could not read the types: ${broken.message} ${broken.help ?? ''}`)
  return diagnostics.map(({ filename, labels, code, message, help }) => ({
    file: filename,
    line: labels[0]?.span.line ?? 0,
    rule: code ?? 'none',
    message: `${message} ${help ?? ''}`,
  }))
}
