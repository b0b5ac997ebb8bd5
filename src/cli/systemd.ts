import { realpathSync, statSync } from 'node:fs'
import path from 'node:path'

/** The system user of the unit; whoever installs it makes that user (`systemdSteps`). */
const USER = 'cheops'

/** The Node and the program that run now, where they really stand: npx starts a link in a cache that npm throws away. */
export const ownProgram = (): readonly string[] => [
  realpathSync(process.execPath),
  ...(process.argv[1] === undefined ? [] : [realpathSync(process.argv[1])]),
]

/**
 * A unit for one agent. It runs as the system user `cheops`, may write nothing but its own folder, and is given time to let
 * requests finish.
 * @param folder where the configuration stands; `cheops service add --save` writes there
 * @param program the words that start Cheops
 */
export function systemdUnit(folder: string, configFile: string, program = ownProgram()): string {
  return `[Unit]
Description=Cheops agent
Wants=network-online.target
After=network-online.target

[Service]
# This user must exist, and the folder must be its own:
${systemdSteps(folder, undefined)
  .map(step => `#   ${step}`)
  .join('\n')}
User=${USER}
WorkingDirectory=${specifiers(folder)}
ExecStart=${[...program, 'up', '--config', configFile].map(word).join(' ')}
Restart=on-failure
RestartSec=2
# Longer than timeouts.drainMs (10 s).
TimeoutStopSec=20
# Each connection is a file.
LimitNOFILE=65536
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
ReadWritePaths=${word(folder)}

[Install]
WantedBy=multi-user.target
`
}

/**
 * What an administrator types before the unit can start; with `unitFile` also what starts it.
 */
export function systemdSteps(folder: string, unitFile: string | undefined): readonly string[] {
  return [
    `sudo useradd --system ${USER}`,
    `sudo chown -R ${USER}: ${folder}`,
    ...(unitFile === undefined
      ? []
      : [`sudo cp ${unitFile} /etc/systemd/system/cheops.service`, 'sudo systemctl enable --now cheops']),
  ]
}

/**
 * The first folder on the way to a file that other users may not enter, or the file itself when they may not read it:
 * what keeps the unit's user from it. Undefined when nothing does.
 */
export function closedToOthers(file: string): string | undefined {
  const parts = path.resolve(file).split(path.sep)
  const way = parts.map((_, index) => parts.slice(0, index + 1).join(path.sep) || path.sep)
  return way.find((each, index) => {
    const needed = index === way.length - 1 ? 0o004 : 0o001
    return (statSync(each).mode & needed) === 0
  })
}

/** systemd.unit(5): `%` begins a specifier. */
const specifiers = (text: string) => text.replaceAll('%', '%%')
/** systemd.service(5): words with spaces stand in quotes. */
const word = (text: string) =>
  /^[\w@%+=:,./-]+$/.test(text)
    ? specifiers(text)
    : `"${specifiers(text)
        .replaceAll('$', '$$$$')
        .replaceAll(/["\\]/g, String.raw`\$&`)}"`
