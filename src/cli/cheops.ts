#!/usr/bin/env node
/*
 * The command. It looks at the version of Node before anything else is loaded, so it uses only what the oldest Node in use
 * can run: no imports, no newer syntax. The range is that of package.json; a test compares them.
 */
const version = process.versions.node.split('.')
const major = Number(version[0])
const minor = Number(version[1])

if ((major === 24 && minor >= 18) || major >= 26) {
  void import('./main.ts').then(function run(module) {
    return module.runProcess()
  })
} else {
  process.stderr.write(
    'cheops needs Node 24.18 or later (24.x, or 26 and up); this is Node ' +
      process.versions.node +
      '.\n' +
      '  In a folder where cheops was installed by npm:  npx cheops …   (npm installed a fitting Node beside it)\n' +
      '  Elsewhere:                                      https://nodejs.org, or "nvm install 24"\n',
  )
  process.exitCode = 1
}
