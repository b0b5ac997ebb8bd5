import path from 'node:path'

/**
 * A unit for one agent. It runs as its own user (made by systemd at the first start), may write nothing but its data folder,
 * and is given time to let requests finish.
 * @param folder where the configuration stands
 */
export function systemdUnit(folder: string, configFile: string): string {
  const program = process.argv[1] === undefined ? 'cheops' : `${process.execPath} ${path.resolve(process.argv[1])}`
  return `[Unit]
Description=Cheops agent
Wants=network-online.target
After=network-online.target

[Service]
# The agent's files are in ${folder}: its user must be able to read them, and to write the data folder.
#   useradd --system cheops && chown -R cheops: ${folder}
User=cheops
WorkingDirectory=${folder}
ExecStart=${program} up --config ${configFile}
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
ReadWritePaths=${path.join(folder, 'data')}

[Install]
WantedBy=multi-user.target
`
}
