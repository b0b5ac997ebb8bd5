/** Names of the definitions that come with Cheops. They stand alone: the help of a command names them, and loads nothing else of this folder. */
export const BUILT_IN_GLUE: readonly string[] = ['rest', 'openstack']
