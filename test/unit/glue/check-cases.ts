/** A definition that has something wrong, and what is said of it. The mark stands above the place that is meant. */
export interface CheckCase {
  readonly name: string
  readonly text: string
  readonly message: RegExp
  readonly suggestion?: string
  readonly severity?: string
}

export const CASES: readonly CheckCase[] = [
  {
    name: 'a POST that creates, and changes nothing',
    text: `
glue: 1
application: a
        ^
reads: ["/{kind}"]
kinds:
  item:
    collection: /items
    resource: /items/{id}`,
    message: /^a POST there makes a item: it changes something/,
  },
  {
    name: 'a POST that is an operation, and changes nothing',
    text: `
glue: 1
application: a
                     ^
reads: [/items/find, "/items/{+any}"]
kinds:
  item:
    collection: /items
    resource: /items/{id}
    operations: {add: {method: POST, path: "/items/{id}/lines"}}`,
    message: /a POST there is the operation add of item/,
  },
  {
    name: 'a path of a read that is none',
    text: `
glue: 1
application: a
        ^
reads: ["/{a}-{b}"]
kinds: {}`,
    message: /two expressions in one segment/,
  },
  {
    name: 'a PUT that merges what cannot be changed',
    text: `
glue: 1
application: a
kinds:
  item:
    collection: /items
    resource: /items/{id}
    immutable: true
         ^
    put: merges`,
    message: /refuses a PUT on what exists \(immutable\) does not merge/,
  },
  {
    name: 'an operation that is what creates',
    text: `
glue: 1
application: a
kinds:
  item:
    collection: /items
    resource: /items/{id}
    create: {method: POST, on: resource}
    operations:
      ^
      make: {method: POST, path: "/items/{id}"}`,
    message: /POST on the resource's own path is "create" already/,
  },
  {
    name: 'a PUT on the collection that creates',
    text: `
glue: 1
application: a
kinds:
  item:
    collection: /items
    resource: /items/{id}
                              ^
    create: {method: PUT, on: collection}`,
    message: /a PUT makes what its path names/,
  },
  {
    name: 'an application that chooses the name in the path',
    text: `
glue: 1
application: a
kinds:
  item:
    collection: /items
    resource: /items/{id}
    create: {method: POST, on: resource}
               ^
    id: {from: server}`,
    message: /given the ID in the path \(create: POST\) does not choose it/,
  },
  {
    name: 'an unknown key at the top',
    text: `
glue: 1
application: a
^
secert: [/x]
kinds: {}`,
    message: /unknown key "secert"/,
    suggestion: 'secrets',
  },
  {
    name: 'a collection that takes several segments',
    text: `
glue: 1
application: a
kinds:
  file:
                ^
    collection: /files/{+dir}
    resource: /files/{+dir}/{id}`,
    message: /nobody can tell the folders from the resources/,
  },
  {
    name: 'an operation of a resource in folders that takes one segment',
    text: `
glue: 1
application: a
kinds:
  file:
    collection: /files
    resource: /files/{+id}
    operations:
                                  ^
      lock: { method: POST, path: "/files/{id}/lock" }`,
    message: /write \{\+id\} here too/,
  },
  {
    name: 'two kinds of which one has the names of one segment',
    text: `
glue: 1
application: a
kinds:
  folder: {collection: /folders, resource: "/files/{id}"}
  file:
    collection: /files
              ^
    resource: /files/{+id}`,
    message: /a name of one segment is a folder, of more a file/,
    severity: 'note',
  },
  {
    name: 'a header that the agent cannot say',
    text: `
glue: 1
application: a
                                       ^
agent-headers: {Accept: text/calendar, Authorization: "Basic x"}
kinds: {}`,
    message: /"Authorization" cannot be said by the agent: credentials stand in services\[\]\.credential/,
  },
  {
    name: 'a header of a kind that no HTTP can say',
    text: `
glue: 1
application: a
kinds:
  item:
    collection: /items
    resource: /items/{id}
                            ^
    agent-headers: {accept: " x"}`,
    message: /value of an HTTP header/,
  },
  {
    name: 'an unknown key of a kind',
    text: `
glue: 1
application: a
kinds:
  item:
    collection: /items
    resource: /items/{id}
    ^
    conditons: none`,
    message: /unknown key "conditons"/,
    suggestion: 'conditions',
  },
  {
    name: 'an unknown key within one form of several',
    text: `
glue: 1
application: a
kinds:
  item:
    collection: /items
    resource: /items/{id}
            ^
    cross: {contianer: true}`,
    message: /unknown key "contianer"; known here: container, shard, divide, sum/,
    suggestion: 'container',
  },
  {
    name: 'a value of none of several forms',
    text: `
glue: 1
application: a
kinds:
  item:
    collection: /items
    resource: /items/{id}
                ^
    conditions: etag`,
    message: /must be none, if-match, or/,
  },
  {
    name: 'a value that is nearly one of a list',
    text: `
glue: 1
application: a
kinds:
  item:
    collection: /items
    resource: /items/{id}
           ^
    level: eventaul`,
    message: /must be one of none, eventual/,
    suggestion: 'eventual',
  },
  {
    name: 'a missing key, at the thing that misses it',
    text: `
glue: 1
application: a
kinds:
  ^
  item:
    collection: /items`,
    message: /"resource" is missing/,
  },
  {
    name: 'a pointer that is none',
    text: `
glue: 1
application: a
              ^
secrets: [/a, b]
kinds: {}`,
    message: /must be a JSON Pointer/,
  },
  {
    name: 'a version of the format that is not ours',
    text: `
      ^
glue: 2
application: a
kinds: {}`,
    message: /version of this format: 1/,
  },
  {
    name: 'a name of a kind that is none',
    text: `
glue: 1
application: a
kinds:
  ^
  "a b": {collection: /a, resource: "/a/{id}"}`,
    message: /the key must be the name of a kind/,
  },
  {
    name: 'YAML that is none',
    text: `
glue: 1
application: [a
^
kinds: {}`,
    message: /not YAML/,
  },
  {
    name: 'a key twice',
    text: `
glue: 1
application: a
^
application: b
kinds: {}`,
    message: /not YAML: Map keys must be unique/,
  },
  {
    name: 'a template that is none',
    text: `
glue: 1
application: a
kinds:
  item:
    collection: /items
              ^
    resource: /items/{id}-{name}`,
    message: /two expressions in one segment/,
  },
  {
    name: 'a resource without an ID',
    text: `
glue: 1
application: a
kinds:
  item:
    collection: /items
              ^
    resource: /items/{name}`,
    message: /needs the variable \{id\}/,
    suggestion: '/items/{id}',
  },
  {
    name: 'two kinds of one path',
    text: `
glue: 1
application: a
kinds:
  item: {collection: /items, resource: "/items/{id}"}
                                         ^
  thing: {collection: /things, resource: "/items/{id}"}`,
    message: /the same path as the resource of item/,
  },
  {
    name: 'an operation with a name of HTTP',
    text: `
glue: 1
application: a
kinds:
  item:
    collection: /items
    resource: /items/{id}
    operations:
      ^
      replace: {method: POST, path: "/items/{id}/x"}`,
    message: /"replace" is HTTP's own operation/,
  },
  {
    name: 'a matrix with an operation that is not there',
    text: `
glue: 1
application: a
kinds:
  item:
    collection: /items
    resource: /items/{id}
    operations: {add: {method: POST, path: "/items/{id}/x"}}
                                      ^
    matrix: [{before: replace, after: ad, resolve: keep-order}]`,
    message: /"ad" is no operation of item/,
    suggestion: 'add',
  },
  {
    name: 'a reference to a kind that is not there',
    text: `
glue: 1
application: a
kinds:
  item:
    collection: /items
    resource: /items/{id}
                                ^
    references: [{at: /s, kind: itme, dependency: reliance}]`,
    message: /"itme" is not defined here/,
    suggestion: 'item',
    severity: 'warning',
  },
  {
    name: 'a matrix that says one pair in two ways',
    text: `
glue: 1
application: a
kinds:
  item:
    collection: /items
    resource: /items/{id}
    operations:
      add: {method: POST, path: "/items/{id}/add"}
      sub: {method: POST, path: "/items/{id}/sub"}
      tag: {method: POST, path: "/items/{id}/tag"}
    matrix:
      - {before: add, after: sub, resolve: take-one}
        ^
      - {before: add, after: sub, resolve: any-order}`,
    message: /add → sub is any-order here and take-one as entry 1/,
  },
  {
    name: 'a matrix that contradicts a reset',
    text: `
glue: 1
application: a
kinds:
  item:
    collection: /items
    resource: /items/{id}
    operations:
      add: {method: POST, path: "/items/{id}/add"}
      sub: {method: POST, path: "/items/{id}/sub"}
      tag: {method: POST, path: "/items/{id}/tag"}
    matrix:
        ^
      - {before: replace, after: add, resolve: take-one}`,
    message: /replace → add: replace is a reset/,
  },
  {
    name: 'a matrix whose operations have no order',
    text: `
glue: 1
application: a
kinds:
  item:
    collection: /items
    resource: /items/{id}
    operations:
      add: {method: POST, path: "/items/{id}/add"}
      sub: {method: POST, path: "/items/{id}/sub"}
      tag: {method: POST, path: "/items/{id}/tag"}
    matrix:
      - {before: sub, after: add, resolve: reverse-order}
      - {before: tag, after: sub, resolve: reverse-order}
        ^
      - {before: add, after: tag, resolve: reverse-order}`,
    message: /no order can be found: always add before sub before tag before add/,
  },
  {
    name: 'a resolution that is none',
    text: `
glue: 1
application: a
kinds:
  item:
    collection: /items
    resource: /items/{id}
    operations:
      add: {method: POST, path: "/items/{id}/add"}
      sub: {method: POST, path: "/items/{id}/sub"}
      tag: {method: POST, path: "/items/{id}/tag"}
    matrix:
                                           ^
      - {before: add, after: sub, resolve: any_order}`,
    message: /must be one of take-one/,
    suggestion: 'any-order',
  },
  {
    name: 'an operation with a name that Cheops uses itself',
    text: `
glue: 1
application: a
kinds:
  item:
    collection: /items
    resource: /items/{id}
    operations:
      ^
      state: {method: POST, path: "/items/{id}/state"}`,
    message: /"state" is an operation of Cheops itself/,
  },
  {
    name: 'an operation that is one of HTTP already',
    text: `
glue: 1
application: a
kinds:
  item:
    collection: /items
    resource: /items/{id}
    operations:
      ^
      set: {method: PUT, path: "/items/{name}"}`,
    message: /PUT on the resource's own path is "replace" already/,
  },
  {
    name: 'an operation that names no resource',
    text: `
glue: 1
application: a
kinds:
  item:
    collection: /items
    resource: /items/{id}
    operations:
                                   ^
      search: {method: POST, path: /items/search}`,
    message: /does not say \{id\}, so not which item is changed: this stays local/,
    severity: 'warning',
  },
  {
    name: 'an operation that changes nothing',
    text: `
glue: 1
application: a
kinds:
  item:
    collection: /items
    resource: /items/{id}
    operations:
                     ^
      look: {method: GET, path: "/items/{id}/look"}`,
    message: /GET changes nothing/,
    severity: 'warning',
  },
  {
    name: 'a reset that may not be sent twice',
    text: `
glue: 1
application: a
kinds:
  item:
    collection: /items
    resource: /items/{id}
    operations:
                                                                          ^
      wipe: {method: POST, path: "/items/{id}/wipe", reset: true, replay: false}`,
    message: /a reset that may not be sent twice/,
    severity: 'warning',
  },
  {
    name: 'a header that is never stored',
    text: `
glue: 1
application: a
                    ^
headers: [X-Tenant, Authorization]
kinds:
  item:
    collection: /items
    resource: /items/{id}
`,
    message: /"Authorization" cannot be stored with an operation: credentials/,
  },
  {
    name: 'a precondition among the headers',
    text: `
glue: 1
application: a
          ^
headers: [if-match]
kinds:
  item:
    collection: /items
    resource: /items/{id}
`,
    message: /"if-match" cannot be stored .*: preconditions/,
  },
  {
    name: 'a collection with a variable that its resources lack',
    text: `
glue: 1
application: a
kinds:
  item:
                ^
    collection: /shops/{shop}/items
    resource: /items/{id}`,
    message: /\{shop\} is not in the path of the resource/,
  },
  {
    name: 'a collection that does not say the parents of its resources',
    text: `
glue: 1
application: a
kinds:
  item:
                ^
    collection: /items
    resource: /shops/{shop}/items/{id}`,
    message: /the collection does not say \{shop\}: what a POST creates there has no name/,
    severity: 'warning',
  },
  {
    name: 'an empty list of places of an ID',
    text: `
glue: 1
application: a
kinds:
  item:
    collection: /items
    resource: /items/{id}
             ^
    id: {at: []}`,
    message: /must be a JSON Pointer such as \/id, or a list/,
  },
  {
    name: 'a level that is not there yet',
    text: `
glue: 1
application: a
kinds:
  item:
    collection: /items
    resource: /items/{id}
           ^
    level: strong`,
    message: /the level strong is not there yet/,
    severity: 'warning',
  },
]
