/**
 * Every error that a client or a peer can see: one table, one class.
 *
 * A code is stable; its sentence is not. `status` is the HTTP status of the answer. It is never 409: clients of real
 * applications loop on that. `retry` is true only where certainly nothing happened, so that a client may send the request
 * again; only such an answer carries `Retry-After`.
 *
 * One file, though a long one: codes are looked up by name, and whoever adds one sees what its neighbours say.
 */
export interface ErrorSpec {
  /** HTTP status of the answer. */
  readonly status: number
  /** Title of the problem (RFC 9457): what kind of thing went wrong, in a few words, the same every time. */
  readonly title: string
  /** What the reader can do about it. */
  readonly hint: string
  /** Whether the request may be sent again after a while: certainly nothing has happened. */
  readonly retry?: true
}

export const ERRORS = {
  // Scope language (core/scope)
  ERR_SCOPE_SYNTAX: {
    status: 400,
    title: 'The scope cannot be read',
    hint: 'Look at the column that the caret marks. In a shell, quote the scope, or use the words and, or, cross.',
  },
  ERR_SCOPE_LIMIT: {
    status: 400,
    title: 'The scope is too large',
    hint: 'A scope has at most 4 KiB, is nested at most 32 deep and names at most 256 sites.',
  },
  ERR_SCOPE_UNKNOWN_SITE: {
    status: 404,
    title: 'The scope names a site that the mesh does not know',
    hint: 'See "cheops site ls" for the sites that are known here.',
  },
  ERR_SCOPE_UNKNOWN_SERVICE: {
    status: 404,
    title: 'The scope names a service that no site offers',
    hint: 'See "cheops service ls" for the services of the mesh.',
  },
  ERR_SCOPE_SERVICE_NOT_AT_SITE: {
    status: 404,
    title: 'The site does not offer this service',
    hint: 'See "cheops service ls" for which site offers what.',
  },
  ERR_SCOPE_EMPTY: {
    status: 422,
    title: 'The scope matches no site',
    hint: 'See "cheops site ls" for the sites and their labels.',
  },
  ERR_SCOPE_PRIME: {
    status: 422,
    title: 'The prime is no location of the scope',
    hint: 'Name as prime one of the sites that the scope names, or leave it out.',
  },
  ERR_SCOPE_DOWN: {
    status: 503,
    title: 'Every site that the scope could mean is down',
    hint: 'Nothing was sent. Try again; "cheops site ls" shows since when and why.',
    retry: true,
  },
  ERR_SCOPE_PARAMETER: {
    status: 400,
    title: 'A parameter of the URL prefix cannot be kept',
    hint: 'Correct it or leave it out: /~<scope>/ alone says where the request runs.',
  },
  ERR_SCOPE_COLLABORATION: {
    status: 501,
    title: 'This agent does not yet do what the scope asks for',
    hint: 'Name one site, sites with "||" between them, or sites with "&" alone; levels of consistency are none and eventual.',
  },

  // Sites and forwarding (runtime, protocols/forward)
  ERR_SITE_UNKNOWN: {
    status: 404,
    title: 'The mesh does not know this site',
    hint: 'See "cheops site ls" for the sites that are known here.',
  },
  ERR_SITE_UNREACHABLE: {
    status: 503,
    title: 'The site cannot be reached',
    hint: 'Nothing was sent. See "cheops site show" for its state; with "site1 || site2" another site answers instead.',
    retry: true,
  },

  // Configuration (src/config) and administration (adapters/http/admin, cli)
  ERR_CONFIG_READ: {
    status: 500,
    title: 'The configuration file cannot be read',
    hint: 'Give a file with --config, or make one with "cheops init".',
  },
  ERR_CONFIG_INVALID: {
    status: 400,
    title: 'The configuration is not valid',
    hint: 'Correct what is listed. "cheops up --help" and src/config/README.md list all keys.',
  },
  ERR_CONFIG_FILE_EXISTS: {
    status: 400,
    title: 'A file that would be written exists already',
    hint: 'Choose another folder, or overwrite it with --force.',
  },
  ERR_ADMIN_UNAUTHORIZED: {
    status: 401,
    title: 'The admin API needs the token of this agent',
    hint: 'Send "Authorization: Bearer <token>"; the token stands in the file that admin.tokenFile names.',
  },
  ERR_ADMIN_NOT_FOUND: {
    status: 404,
    title: 'The admin API knows nothing by this name',
    hint: 'GET /openapi.json lists the routes; "cheops site ls", "peer ls" and "service ls" list what exists.',
  },
  ERR_ADMIN_METHOD: {
    status: 405,
    title: 'The route does not take this method',
    hint: 'GET /openapi.json lists the methods of each route.',
  },
  ERR_ADMIN_INPUT: {
    status: 400,
    title: 'The admin API cannot use this input',
    hint: 'GET /openapi.json describes what each route takes.',
  },
  ERR_ADMIN_BODY_SIZE: {
    status: 413,
    title: 'The body of the admin request is too large',
    hint: 'Bodies of the admin API have at most 64 KiB.',
  },
  ERR_ADMIN_TIMEOUT: {
    status: 504,
    title: 'The agent did not finish in time',
    hint: 'Ask again with a larger --timeout, or see "cheops check".',
  },
  ERR_ADMIN_DIAL: {
    status: 502,
    title: 'No agent of this mesh answers at the address',
    hint: 'See "cheops check": a wrong address, another mesh key or another mesh name look like this.',
  },
  ERR_ADMIN_LISTEN: {
    status: 500,
    title: 'The admin API cannot listen',
    hint: 'Choose another admin.listen, or port 0 for any; "cheops check --config FILE" says what is in the way.',
  },
  ERR_ADMIN_SAVE: {
    status: 500,
    title: 'The configuration file could not be changed',
    hint: 'Nothing was changed. Make the file one that the agent may write, or change it by hand and leave out --save.',
  },
  ERR_ADMIN_INTERNAL: {
    status: 500,
    title: 'The agent failed to answer',
    hint: "See the agent's log.",
  },
  ERR_CLI_USAGE: {
    status: 400,
    title: 'The command cannot be understood',
    hint: 'See "cheops <command> --help".',
  },
  ERR_CLI_AGENT: {
    status: 503,
    title: 'The agent cannot be asked',
    hint: 'Is it running? Say which one with --agent URL, CHEOPS_ADMIN or "cheops context use".',
  },
  ERR_SITE_BUSY: {
    status: 503,
    title: 'Too many requests for this site wait already',
    hint: 'Nothing was sent. Try again; limits.streamsPerPeer and limits.queuedPerPeer are the bounds.',
    retry: true,
  },
  ERR_SITE_BROKEN: {
    status: 502,
    title: 'The connection to the site broke before it had answered',
    hint: 'See "cheops site show" for the state of the site.',
  },
  ERR_SITE_TIMEOUT: {
    status: 504,
    title: 'The site did not answer in time',
    hint: 'timeouts.answerMs is the bound. See "cheops site show" for the state of the site.',
  },
  ERR_FORWARD_NOT_MEMBER: {
    status: 403,
    title: 'The peer is not a member of this mesh',
    hint: 'It must show a valid record of its site first. See "cheops check" there.',
  },
  ERR_FORWARD_NOT_EXPOSED: {
    status: 403,
    title: 'The site does not let other sites do this',
    hint: 'What others may use stands under services[].expose in the configuration of that site; nothing is the default.',
  },
  ERR_FORWARD_INVALID: {
    status: 400,
    title: 'The forwarded request cannot be understood',
    hint: 'The agent that sent it does not follow protocols/forward/README.md.',
  },
  ERR_FORWARD_RATE: {
    status: 503,
    title: 'The site takes no more requests from this site for the moment',
    hint: 'Nothing was done. Try again in a second; limits.requestsPerSecondPerPeer of that site is the bound.',
    retry: true,
  },
  ERR_AGENT_STOPPING: {
    status: 503,
    title: 'The agent of the site is stopping',
    hint: 'Nothing was done. Try again when it is back, or name another site with "||".',
    retry: true,
  },
  ERR_FORWARD_LOOP: {
    status: 508,
    title: 'The request goes round in circles',
    hint: 'It has passed 16 agents. Look for services that call each other under the same scope.',
  },

  // Peers (adapters/libp2p, runtime/membership, protocols/heartbeat) and the store (adapters/level)
  ERR_HEARTBEAT_MESSAGE: {
    status: 400,
    title: 'A heartbeat message is not in order',
    hint: 'The agent that sent it does not follow protocols/heartbeat/README.md.',
  },
  ERR_PEER_KEY: {
    status: 500,
    title: 'The key of this agent cannot be used',
    hint: 'Restore peer.key in the data folder from a backup. Without it the mesh takes this agent for another one.',
  },
  ERR_PEER_LISTEN: {
    status: 500,
    title: 'The agent cannot listen for peers',
    hint: 'Is another process using the port? Choose other addresses under "listen"; port 0 takes any that is free.',
  },
  ERR_SYNC_MESSAGE: {
    status: 400,
    title: 'A sync message is not in order',
    hint: 'The agent that sent it does not follow protocols/sync/README.md.',
  },
  ERR_SYNC_SIGNATURE: {
    status: 400,
    title: 'An operation was not signed by the site that it names as its origin',
    hint: 'Nothing was taken. The agent that passed it on is faulty, or not what it says it is.',
  },
  ERR_SYNC_ORIGIN: {
    status: 503,
    title: 'The key by which the origin of an operation has signed it is not known at a member',
    hint: 'It is taken there when that site was met ("cheops site ls"), or, where it or its key is gone, from a member that may write it there (expose). "cheops check" there says more.',
  },
  ERR_SYNC_TOO_LARGE: {
    status: 413,
    title: 'The operation does not fit into a message to other sites',
    hint: 'Nothing was done. protocols/sync/README.md has the limits: of names, headers, members; text must be Unicode.',
  },
  ERR_SYNC_CLOSED: {
    status: 503,
    title: 'The conversation with the site has ended',
    hint: 'It goes on with the next connection where it stopped. See "cheops site show".',
  },
  ERR_STATE_MESSAGE: {
    status: 400,
    title: 'A message that carries the state of a resource is not in order',
    hint: 'The agent that sent it does not follow protocols/state/README.md, or the resource breaks a limit that stands there.',
  },
  ERR_BODY_MESSAGE: {
    status: 400,
    title: 'A message that carries a large body is not in order',
    hint: 'The agent that sent it does not follow protocols/body/README.md.',
  },
  ERR_BODY_NOT_TOLD: {
    status: 404,
    title: 'The site does not give this body',
    hint: 'It has not got it itself, or does not know this site as a member of the replicant. Another member is asked, or the same later.',
  },
  ERR_PEER_RENAMED: {
    status: 500,
    title: 'The data folder belongs to another site',
    hint: 'A name belongs to one key for ever. Use the name of before, or a new data folder for a new site.',
  },
  ERR_MESH_KEY: {
    status: 500,
    title: 'The key of the mesh cannot be used',
    hint: 'meshKey must name a file as "cheops init" makes it, the same at every site.',
  },
  ERR_STORE_LOCKED: {
    status: 500,
    title: 'Another agent has the data folder open',
    hint: 'Stop that agent, or give this one a data folder of its own.',
  },
  ERR_STORE_VERSION: {
    status: 500,
    title: 'The data folder was written by a newer version of Cheops',
    hint: 'Install that version or a later one. This one does not touch the folder.',
  },
  ERR_STORE_FAILED: {
    status: 500,
    title: 'The store cannot be read or written',
    hint: 'Is the disk full or broken? The agent must be started anew.',
  },
  ERR_STORE_SPACE: {
    status: 507,
    title: 'The disk of this site is nearly full',
    hint: 'Make room on the disk of the data folder, and of bodies.folder, a quarter more than limits.freeBytes, or send the request to another site. DELETE is taken; reads, and what is not replicated, go on.',
  },
  ERR_STORE_CORRUPT: {
    status: 500,
    title: 'What the disk holds is not what was written',
    hint: 'Look after the disk. Nothing is repaired: put the data folder back from a backup, or move its folders "store" and "blobs" away; what other sites hold comes back from them.',
  },
  ERR_STORE_BUSY: {
    status: 503,
    title: 'Too much waits to be written to the disk',
    hint: 'Is the disk slow or busy with something else? Read the resource before you send the request again.',
  },
  ERR_JOURNAL_TRIMMED: {
    status: 500,
    title: 'These records are no longer kept',
    hint: 'What they led to must be taken as a whole, from the state.',
  },
  ERR_BLOB_NOT_FOUND: {
    status: 404,
    title: 'This body is not kept here, or not whole',
    hint: 'Another member of the replicant has it.',
  },
  ERR_BLOB_HASH: {
    status: 400,
    title: 'The body is not the one that its hash names',
    hint: 'Send it again from its beginning. The hash is the SHA-256 of all of it, in small hexadecimal digits.',
  },
  ERR_BLOB_OFFSET: {
    status: 400,
    title: 'The piece does not continue what is here of the body',
    hint: 'Go on at the offset that the error tells.',
  },
  ERR_BLOB_CORRUPT: {
    status: 500,
    title: 'A body on the disk is not what was written',
    hint: 'Look after the disk. Other members have the body; it is fetched again when the damaged one is deleted.',
  },
  ERR_BLOB_SPACE: {
    status: 507,
    title: 'There is no room for another large body',
    hint: 'Make room on the disk of the data folder, or delete resources with large bodies; nothing of this body was kept.',
  },

  // Replication (runtime/replication)
  ERR_REPLICANT_NOT_FOUND: {
    status: 404,
    title: 'Nothing is replicated here by this name',
    hint: 'Without a scope the request is for the local application. A create says with its scope who the members are; where PUT creates, the glue says so (create: {also: [PUT]}; {method: PUT} where POST does not; {method: POST, on: resource} where a POST at its own path makes it).',
  },
  ERR_OPERATION_NOT_FOUND: {
    status: 404,
    title: 'Nothing is known here of the operation',
    hint: 'Ask the agent of the site that the operation begins with. What later writes have replaced is forgotten after a while.',
  },
  ERR_OPERATION_BODY_GONE: {
    status: 410,
    title: 'The body of the operation is not kept here',
    hint: 'What later writes have replaced is given up after a while; "cheops conflict ls" names the writes that lost, whose bodies are kept.',
  },
  ERR_CONFLICT_NOT_FOUND: {
    status: 404,
    title: 'There is no such conflict here',
    hint: 'Nothing was done. "cheops conflict ls" shows which writes have lost; what another site has settled is gone.',
  },
  ERR_CONFLICT_REFUSED: {
    status: 422,
    title: 'The write that lost cannot be carried out again',
    hint: 'The conflict stands. Look at its body with "cheops conflict show" and write what you want, or keep what counts.',
  },
  ERR_REPLICANT_MEMBER_ALIVE: {
    status: 422,
    title: 'The site is not gone',
    hint: 'Nothing was changed. "cheops site ls" shows who is down. Force it to detach a site all the same.',
  },
  ERR_REPLICANT_LOCKED: {
    status: 423,
    title: 'The replica takes no write for the moment',
    hint: 'Nothing was done. Try again: what became of an earlier write is being found out, or others are caught up with.',
    retry: true,
  },
  ERR_REPLICANT_BUSY: {
    status: 503,
    title: 'Too many writes to this resource wait already',
    hint: 'Nothing was done. Try again; writes to one resource are carried out one after the other.',
    retry: true,
  },
  ERR_REPLICANT_MEMBERS: {
    status: 422,
    title: 'The scope names other sites than the members of the resource',
    hint: 'Nothing was done. Name exactly the members, or leave the scope out. "cheops replicant attach SITE" makes a site one; to change it at one site alone, which is none from then on, send "Cheops-Detach: true".',
  },
  ERR_REPLICANT_NO_MEMBER: {
    status: 422,
    title: 'The site is no other member of the resource',
    hint: 'Nothing was done. Name one of those that the detail has, or none: then all are asked, one after the other.',
  },
  ERR_REPLICANT_UNBOUND: {
    status: 422,
    title: 'What the application has by this name is not the replicated resource',
    hint: 'Nothing was done. Say what becomes of it, with "cheops conflict resolve" at this site, or rename one of the two.',
  },
  ERR_REPLICANT_OTHER_GLUE: {
    status: 422,
    title: 'The definition of the application at this site makes something else of the request',
    hint: 'Nothing was done here. Give the service the same glue at all members; it is carried out then.',
  },
  ERR_REPLICANT_REFUSED: {
    status: 422,
    title: 'The application at this site has refused what made the resource',
    hint: 'So there is nothing to change here. "cheops replicant history" shows what it answered to the first write; once it takes that, the state of another member is copied.',
  },
  ERR_REPLICANT_BOUND: {
    status: 422,
    title: 'The name belongs to the replicated resource at this site',
    hint: 'Nothing was done, and there is nothing to resolve. "cheops replicant ls" shows what is unbound.',
  },
  ERR_REPLICANT_CERTAIN: {
    status: 422,
    title: 'No write to the resource is in doubt at this site',
    hint: 'Nothing was done. "cheops replicant ls" shows what is uncertain, at each site by itself.',
  },
  ERR_REPLICANT_UNADOPTED: {
    status: 422,
    title: 'The resource exists here and is not replicated',
    hint: 'Nothing was done. "cheops replicant adopt" at this site makes it one resource of several sites. Without "&" a request is for one site alone.',
  },
  ERR_REPLICANT_RENAMED: {
    status: 422,
    title: 'The application has given the resource another name',
    hint: 'The detail says what it is called at this site, where it stays as a resource of its own. What the application names by itself cannot be replicated: let clients choose the names (PUT, or a definition that says where the ID is: id), or create it at each site without "&". What is replicated is not renamed: create it under the new name, and delete the old one.',
  },
  ERR_REPLICANT_UNREADABLE: {
    status: 422,
    title: 'The application does not show the resource under its path alone, or not as it takes it',
    hint: 'Such resources cannot be replicated: what tells one from another may not stand in the query (put it into the path or the name by a definition), and what is shown has to be what is taken, or to have it at a place that the definition names (content: /data). Else create it at each site without "&".',
  },
  ERR_REPLICANT_UNNAMED: {
    status: 422,
    title: 'The resource to create has no name that the client has chosen',
    hint: 'Nothing was done. Say the name or ID in the body, or create by PUT; IDs that the application assigns are not replicated yet.',
  },
  ERR_REPLICANT_LEVEL: {
    status: 422,
    title: 'The resource has another level of consistency',
    hint: 'Nothing was done. The level is fixed when the resource is created: leave Cheops-Level out, or delete the resource and create it anew.',
  },
  ERR_CONTEXT_INVALID: {
    status: 400,
    title: 'The Cheops-Context of the request cannot be read',
    hint: 'Send what an answer has given, unchanged, or leave it out.',
  },
  ERR_CONTEXT_UNSETTLED: {
    status: 503,
    title: 'What the client has seen elsewhere is not in effect here yet',
    hint: 'Nothing was done. Try again, wait longer with "Prefer: wait=N", or leave Cheops-Context out and read what is here.',
    retry: true,
  },
  ERR_CONTEXT_LOST: {
    status: 412,
    title: 'What the client has seen was lost',
    hint: 'The site where it was written has lost its store, and no other has it. Leave Cheops-Context out, read, and write again.',
  },
  ERR_LOOKUP_CREDENTIALS: {
    status: 403,
    title: 'Another site has it, and does not show it to everybody',
    hint: 'A look-up says nothing of who reads. Name the site in a scope (Cheops-Scope), or set "lookup: credentials" for the service at this site where all sites may see what its clients show.',
  },
  ERR_LOOKUP_INCOMPLETE: {
    status: 503,
    title: 'A site that may have the resource cannot be asked',
    hint: 'Nothing was done. Try again; with a scope that names this site, only what is here counts.',
    retry: true,
  },
  ERR_IDEMPOTENCY_KEY: {
    status: 422,
    title: 'The idempotency key came with another request before',
    hint: 'Nothing was done. Use a new key for each request.',
  },

  // Applications (adapters/http)
  ERR_SERVICE_UNKNOWN: {
    status: 404,
    title: 'No site offers this service',
    hint: 'See "cheops service ls" for the services of the mesh.',
  },
  ERR_SERVICE_NOT_LOCAL: {
    status: 404,
    title: 'This site does not offer the service',
    hint: 'Name a site that does in the scope. See "cheops service ls".',
  },
  ERR_APPLICATION_UNREACHABLE: {
    status: 503,
    title: 'The application cannot be reached',
    hint: 'Nothing was sent. See "cheops check" at that site.',
    retry: true,
  },
  ERR_APPLICATION_BUSY: {
    status: 503,
    title: 'The application is busy with other requests',
    hint: 'Nothing was sent. Try again. services[].connections and limits.connectionsPerEndpoint say how many run at a time, limits.queuedPerPeer and timeouts.queueMs how many wait, and how long.',
    retry: true,
  },
  ERR_CREDENTIAL: {
    status: 503,
    title: "The agent's own account at the application cannot be used",
    hint: 'Nothing was sent. Correct the file that services[].credential names; "cheops check" at that site says more.',
    retry: true,
  },
  ERR_APPLICATION_BROKEN: {
    status: 502,
    title: 'The application ended the connection before it had answered',
    hint: 'See the logs of the application.',
  },
  ERR_APPLICATION_INVALID: {
    status: 502,
    title: 'The application answered with something that is not HTTP',
    hint: 'Check services[].endpoint: is this the right port, and does it speak HTTP or HTTPS?',
  },
  ERR_APPLICATION_ANSWER_TOO_LARGE: {
    status: 502,
    title: 'The answer of the application is larger than this agent takes',
    hint: 'For the head limits.headerBytes is the bound; a body that has to be rewritten is bounded by its glue.',
  },
  ERR_APPLICATION_TIMEOUT: {
    status: 504,
    title: 'The application did not answer in time',
    hint: 'timeouts.answerMs is the bound.',
  },
  ERR_OUTCOME_UNKNOWN: {
    status: 500,
    title: 'It is not known whether the application has done what was asked',
    hint: 'Read the resource before you send the request again: it may have been carried out.',
  },

  // Requests of clients (adapters/http)
  ERR_REQUEST_INVALID: {
    status: 400,
    title: 'The request is not well-formed HTTP',
    hint: 'Look at the client: it sends what RFC 9112 forbids or what proxies read in different ways.',
  },
  ERR_REQUEST_HEADER: {
    status: 400,
    title: 'A header for Cheops cannot be understood',
    hint: 'Nothing was done. The detail says what the header may be; leave it out where you do not need it.',
  },
  ERR_REQUEST_CONTINUE: {
    status: 400,
    title: 'The continuation of a merged list cannot be read',
    hint: 'Nothing was done. Send what the page before has given, unchanged and with the same scope, or begin with the first page.',
  },
  ERR_REQUEST_PATH: {
    status: 400,
    title: 'The path of the request is not taken',
    hint: 'Send a plain path: no dot segments, no backslash, no fragment, no encoded NUL.',
  },
  ERR_REQUEST_URL_TOO_LONG: {
    status: 414,
    title: 'The URL is too long',
    hint: 'limits.urlBytes is the bound.',
  },
  ERR_REQUEST_HEADERS_TOO_LARGE: {
    status: 431,
    title: 'The headers are too large',
    hint: 'limits.headerBytes is the bound.',
  },
  ERR_REQUEST_BODY_TOO_LARGE: {
    status: 413,
    title: 'The body is too large',
    hint: 'limits.bodyBytes is the bound.',
  },
  ERR_REQUEST_PARTIAL: {
    status: 400,
    title: 'The request writes a part of a replicated resource',
    hint: 'Nothing was done: what is replicated is written as a whole by PUT, and changed by PATCH. Send all of it in one request (no Content-Range, no chunks), or delete it, write the parts at one site, and adopt the whole there (cheops replicant adopt).',
  },
  ERR_REQUEST_TIMEOUT: {
    status: 408,
    title: 'The request did not come in time',
    hint: 'timeouts.headMs and timeouts.bodyIdleMs are the bounds.',
  },
  ERR_REQUEST_GONE: {
    status: 400,
    title: 'The client went away before it had sent its whole request',
    hint: 'Nothing was done. Look at the client, and at what stands between it and the agent.',
  },
  ERR_REQUEST_CONNECT: {
    status: 405,
    title: 'CONNECT is not served',
    hint: 'As a proxy, an agent takes plain HTTP only: use http:// URLs of services, or a listener with TLS.',
  },
  ERR_LISTEN_TAKEN: {
    status: 500,
    title: 'The port is taken',
    hint: 'Stop what listens there, or choose another port; 0 takes any free one.',
  },
  ERR_LISTEN_FAILED: {
    status: 500,
    title: 'The agent cannot listen there',
    hint: 'Is the address one of this machine, and may the user open this port?',
  },
  ERR_REQUEST_CONNECTIONS: {
    status: 503,
    title: 'This listener has too many connections',
    hint: 'Nothing was read. Try again, or keep connections alive; limits.connections is the bound.',
    retry: true,
  },
  ERR_REQUEST_CROSS_SITE: {
    status: 403,
    title: 'A page of another site may not use this ingress',
    hint: 'Browsers reach the ingress as localhost or by an address, a service by one of its hosts (services[].hosts), or at its own listener (services[].listen), where the application decides.',
  },
  ERR_REQUEST_TOKEN: {
    status: 407,
    title: 'The ingress requires its token',
    hint: 'Send "Proxy-Authorization: Bearer <token>"; the token is in the file that ingress.tokenFile names.',
  },

  // Glue (glue)
  ERR_GLUE_NOT_FOUND: {
    status: 422,
    title: 'There is no such glue',
    hint: 'Name a built-in one (rest, openstack) or the path of a definition.',
  },
  ERR_GLUE_ABSENCE: {
    status: 422,
    title: 'The application answers with success what it does not have',
    hint: 'Nothing was done. Its definition has to say which answers mean an error (errors): the detail has a proposal, and "cheops glue check FILE --against URL" tries it.',
  },
  ERR_GLUE_INVALID: {
    status: 422,
    title: 'The glue definition is not valid',
    hint: 'See "cheops glue check FILE" for all that is wrong with it.',
  },
} as const satisfies Record<string, ErrorSpec>

export type ErrorCode = keyof typeof ERRORS

/** What is known of an error beside its code: names and numbers, never secrets, never raw messages of a library. */
export type ErrorMeta = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>

/** The one error class. `message` is a sentence that is safe to show to a client or a peer. */
export class CheopsError extends Error {
  readonly code: ErrorCode
  readonly meta: ErrorMeta

  constructor(code: ErrorCode, message: string, meta: ErrorMeta = {}, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'CheopsError'
    this.code = code
    this.meta = meta
  }

  get spec(): ErrorSpec {
    return ERRORS[this.code]
  }
}
