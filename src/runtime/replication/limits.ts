/** Every queue and wait of replication has its bound here, with its reason. */

/** Local writes that wait for one replicant: each waits for an answer of the application, so that a client would give up behind more. */
export const MAX_LANE_QUEUE = 64

/** Requests that lanes ask of one service at once: more would only wait in its own queue. One that says that it is too busy is asked less, until it has not said so for that long, milliseconds. */
export const MAX_ASKED_TOGETHER = 32
/** And so many more for which a client waits. */
export const MAX_AWAITED_BESIDE = 2
export const FORGET_BUSY_AFTER_MS = 60_000

/**
 * What an application was too busy to answer, and may be asked again, is asked again after so many milliseconds, then twice as many; for so long in all. Its
 * lane would come back after seconds, and its client be told that nobody knows what became of a write.
 */
export const BUSY_BASE_MS = 100
export const BUSY_WITHIN_MS = 4_000

/** Lanes ask nothing of an application that says with 429 when it takes more (Retry-After), for so long at most, milliseconds: clients wait for lanes. */
export const MAX_BUSY_PAUSE_MS = 2_000

/**
 * What has no answer after so many milliseconds gives its turn to others, as long as so many more of one service are without an answer: a
 * connection each. What did not answer then either is asked again so few at a time, and so many are known of all services, a hundred bytes
 * each: resources that hang hold up the others of their service for minutes once, and later no more.
 */
export const SLOW_AFTER_MS = 5_000
export const MAX_HUNG_TOGETHER = 64
export const MAX_HUNG_AGAIN_TOGETHER = 8
export const MAX_KNOWN_HUNG = 4_096

/** Kinds of which it is known whether their paths end in a slash; without a definition, clients make kinds. */
export const MAX_KNOWN_SLASHES = 4_096

/** Kinds of which it is remembered that some of them are replicated here. */
export const MAX_KNOWN_KINDS = 4_096

/** Resources, and kinds, of which it is known that the application calls them otherwise. */
export const MAX_GIVEN_NAMES = 4_096

/** Of how many resources above one, by its path, it is asked whether they were deleted: paths are deeper in no application that we know. */
export const MAX_ANCESTORS = 8

/**
 * How long all other members must have been connected before one says that a resource has ended which none of them has, milliseconds: what was written while
 * they were apart is told by then.
 */
export const CONNECTED_BEFORE_END_MS = 60_000

/** How often a resource that nobody's application has is made anew, as long as nothing else is known of it. */
export const MAX_MADE_ANEW = 3

/** How long a client's write may wait until it is begun, milliseconds: behind others of its resource, and for what its site still lacks. */
export const MAX_WRITE_WAIT_MS = 30_000

/**
 * Looks of lanes that run at once, for each service, so that one that hangs leaves the places of the others alone; clients' writes take
 * none, since they may come from what a place waits for. Most of them wait for the disk, twice for each operation: with 5 ms a sync, 2 ms an answer and both syncs late,
 * three thousand operations a second need some eighty. Each holds a body of 64 KiB or two.
 */
export const MAX_RUNNING_LANES = 256

/**
 * Lanes of one service in which something runs or waits, at once: a kilobyte each. What is due beyond it stands on disk, and is looked at when there is room;
 * clients' writes have as much room again, and are refused beyond that.
 */
export const MAX_BUSY_LANES = 16_384

/**
 * Lanes that ask other members for a state at once. A lane holds its place while it asks, and answering needs a place too: most of them
 * stay free for it, or two sites with much to repair would each wait for the other.
 */
export const MAX_REPAIRS_TOGETHER = 16

/**
 * For how long after something in doubt was found without effect, and was given up or is sent again, each write to its resource looks whether it has landed: a reading for
 * each, of that resource alone. An application that works through a queue takes minutes at most; what comes later is found as any change past Cheops, and may have
 * been carried along by what was written meanwhile.
 */
export const LANDS_WITHIN_MS = 10 * 60_000

/** Replicants in memory that nobody uses at the moment. */
export const MAX_CACHED_REPLICAS = 4096

/**
 * Replicants of which what this run has found out is remembered, in memory or not: about 16 MiB of keys and flags. Of one that is forgotten it is
 * found out once more, as after a start.
 */
export const MAX_RUN_STATES = 65_536

/** Bytes of an answer of the application that is kept in memory for the next replace; larger resources are read before each. */
export const MAX_SEEN_BYTES = 2048

/**
 * Resolution matrices that are learnt of one other site in one run: each kind has one for each time its glue was changed. More are refused. For
 * each teller, so that one that makes them up keeps nobody else's from being known.
 */
export const MAX_TOLD_MATRICES = 256

/** Operations in memory that were written last, bytes: those that a fast link has not told yet, not those that a site was away for. */
export const MAX_CACHED_OPERATION_BYTES = 16 * 1024 * 1024

/** Operations that are looked up in the store at once, when they are to be told. */
export const MAX_LOOKUPS_TOGETHER = 16

/** Replicants that are remembered to be marked as due on disk: beyond it some are marked again with each step. */
export const MAX_DUE_MARKS = 65_536

/** Marks that are no longer needed go together, so many at once at most, and after so many milliseconds at the latest. */
export const MAX_SETTLED_MARKS = 1024
export const SETTLED_MARKS_MS = 1_000

/** Plans that a lane carries out in one go: each new arrival can make one more; then others have their turn. */
export const MAX_PLANS_TOGETHER = 16

/** How often members that show something else are asked once more for their state by the same knowledge, and give none, until that is left to people: for some seconds, since a reading takes no longer. */
export const MAX_ASKED_IN_VAIN = 5

/** Merges that are carried out as one request, and the bytes of their bodies: more than a hundred are said as a state, and applications take bodies of so many bytes. */
export const MAX_CARRIED_OUT_TOGETHER = 128
export const MAX_COMBINED_BYTES = 64 * 1024

/** Own operations of one replicant whose outcomes at other sites are remembered, the newest ones. */
export const MAX_KNOWN_OUTCOMES = 64

/** Entries that are sent in one message, and their bytes together: well below a frame of a mebibyte. */
export const MAX_ENTRIES_TOGETHER = 128
export const MAX_ENTRIES_BYTES = 512 * 1024

/** The least that one message may carry after conversations in which none arrived: smaller ones are mostly what stands around them. */
export const MIN_ENTRIES_BYTES = 4 * 1024

/**
 * Between two messages with entries to one site, where all is told: so long for each entry of the last one, and so long at most. Who writes one after the other waits
 * for little; with dozens of writes a second each message carries some, and costs both sites half of what they would cost one by one.
 */
export const TELL_EVERY_MS = 25
export const TELL_AT_MOST_EVERY_MS = 100

/**
 * Between two messages of one conversation that say in which further buckets this site has names, milliseconds, and what each site that is told adds to
 * it: so that telling takes no more than a hundredth of a core while thousands of names are created, whatever the size of the mesh.
 */
export const NAMES_EVERY_MS = 100
export const NAMES_EVERY_MS_A_SITE = 5
/** Buckets that one such message adds at most; where there are more it says all. */
export const MAX_ADDED_BUCKETS = 256

/** Entries that are sent and not yet received: what a fast link carries while a disk syncs. */
export const MAX_UNRECEIVED_ENTRIES = 2048

/** Parts of a transfer that a receiver puts together. */
export const MAX_TRANSFER_PARTS = 256

/** Their operations together, bytes, of all outboxes of one conversation: a life with hundreds of bodies of the largest inline size. */
export const MAX_TRANSFER_BYTES = 64 * 1024 * 1024

/**
 * Operations of one transfer, its parts together: a life of which a state is due has a hundred. Each is a signature to check, two
 * kilobytes of memory, and thirty microseconds in which nobody else has a turn.
 */
export const MAX_TRANSFER_OPERATIONS = 16_384

/** How often it is looked whether the disk has room again, where what a site tells waits for that. As often as the disk is looked at. */
export const LOOK_FOR_ROOM_MS = 1_000

/** Entries that are taken in one commit, which nothing interrupts: twice as many as one message of this agent has. */
export const MAX_ENTRIES_TAKEN = 256

/**
 * What another site tells is read and checked so long at a time, milliseconds, or so many operations, and then others have their turn. It may take half of a core in
 * the long run, and two seconds of work at once; who was away for long has more to tell, and is given time for it.
 */
export const TAKEN_SLICE_MS = 5
export const TAKEN_TOGETHER = 64
export const TELLER_SHARE = 0.5
export const TELLER_BURST_MS = 2_000
/** And all of them together: what is left is for clients, and for what this site has to tell. */
export const TELLERS_SHARE = 0.75
export const TELLERS_BURST_MS = 4_000
/** What a message costs besides what is counted: decrypted, taken out of its frame, answered; an empty one too, which is a byte. */
export const MESSAGE_COSTS_MS = 0.1

/**
 * What an operation that nobody has signed costs its teller of that, milliseconds: some at once, and then ten a second. Honest sites send none, but for what a site has
 * written that has another key since.
 */
export const FORGED_COSTS_MS = 50

/**
 * Earlier incarnations of a site of which it is remembered what was received, though the site has nothing left to tell of them: its store
 * may be set back. Older ones are forgotten, so that names that somebody invents do not fill the disk.
 */
export const MAX_IDLE_CURSORS = 256

/** Cursors that one welcome tells: as many as it may hold. */
export const MAX_WELCOME_CURSORS = 1024

/**
 * Between two times that everything is told anew to one site, from the end of the first, and how often within an hour. A store is not set back
 * more often; who says so all the same is told what an audit finds.
 */
export const RESYNC_AGAIN_MS = 10_000
export const MAX_RESYNCS_AN_HOUR = 6

/** Bodies beyond it are files, and travel by hash. */
export const MAX_INLINE_BODY_BYTES = 64 * 1024

/** Fields of a resource that are remembered as never shown as they were written: nobody has more passwords in one. Beyond it all are taken for such. */
export const MAX_HIDDEN_FIELDS = 32

/** UTF-16 units that the place of one may have: it is written with each reading. */
export const MAX_HIDDEN_TEXT = 256

/**
 * Bodies that are held in memory to be looked into, and answers that are: every object that Kubernetes stores fits (1.5 MiB). What is larger
 * streams, and is compared by its hash.
 */
export const MAX_HELD_BODY_BYTES = 2 * 1024 * 1024

/**
 * Characters that the steps of JSON patches may copy and move of one resource besides as many as its operations have: a step of thirty bytes says
 * "twice as much". So much is as much as a small operation says at once.
 */
export const MAX_COPIED_BESIDES = 16 * 1024

/** Requests whose body beyond the inline bound is held until they are answered: more are refused, and may come again. */
export const MAX_HELD_BODIES = 32

/** Requests whose body is being written to a file: each holds the file open, and a connection. */
export const MAX_SPOOLED_BODIES = 256

/** Large bodies that are fetched at once: more would share the same links. */
export const MAX_FETCHES_TOGETHER = 4

/** Of those, from one source: who gives its bodies slowly keeps nobody else's from coming. */
export const MAX_FETCHES_FROM_ONE = 2

/** A source that gives less than this of a piece, after a while to begin, is left, bytes a second: slower links carry nothing else either. */
export const MIN_FETCH_BYTES_A_SECOND = 1024
export const FETCH_GRACE_MS = 30_000

/** Bytes of a body that are gathered before they are written. */
export const FETCH_WRITE_BYTES = 256 * 1024

/** How long nobody is asked again for a body of which another one came, milliseconds: all of it would be sent for nothing. */
export const WRONG_BODY_MS = 600_000

/**
 * How long a large body is waited for that none of the members has, all of them asked again and again; and one that comes from nobody while some cannot be
 * reached, milliseconds. Then what names it has failed here, is shown, and runs when the body comes: else whoever names a body that
 * he never gives locks the resource, and keeps refusals of others from being final.
 */
export const NOBODY_HAS_BODY_MS = 2 * 60_000
export const BODY_AWAITED_MS = 15 * 60_000

/** How long bodies that nothing refers to any more stay, milliseconds, so that many are removed together. */
export const SWEEP_AFTER_MS = 1_000

/**
 * How long a large body counts as sound that was read as a whole, milliseconds; how many are remembered, and checked at once; and how long
 * somebody who asks for a piece waits for that, less than any site waits for an answer.
 */
export const CHECKED_FOR_MS = 10 * 60_000
export const MAX_CHECKED_BODIES = 4096
export const MAX_CHECKS_TOGETHER = 4
export const CHECK_WITHIN_MS = 10_000

/** First and longest time between two attempts, milliseconds: at an application that refuses, at a site that cannot be reached. */
export const RETRY_BASE_MS = 200
export const RETRY_CAP_MS = 30_000

/**
 * How often the application may refuse an operation of another site with what may pass (409 and the like), a minute and a half in all, until
 * it counts as failed, or is shown as what stands in the way.
 */
export const MAX_REFUSALS = 10

/** Operations of one replicant that failed here and are remembered, the newest ones. */
export const MAX_KNOWN_FAILED = 32

/**
 * How long a lane may be unable to go on, milliseconds, until that is said: a restart of the application takes less. And of how many operations the
 * origins are told then.
 */
export const BEHIND_AFTER_MS = 60_000
export const MAX_BEHIND_TOLD = 16

/** How long the disk is given when it is behind, milliseconds. */
export const STORE_BUSY_MS = 20

/** How long a lane is idle until it reads back what the application has, milliseconds. */
export const READ_BACK_AFTER_MS = 1_000

/** How many lanes that have become idle are read back in a second, and how many may wait for it; the round finds those that do not. */
export const READ_BACKS_A_SECOND = 40
/** As long as more lanes become idle in a second than that: each costs as much as a write, and clients come first. */
export const READ_BACKS_UNDER_LOAD = 10
export const MAX_WAITING_READ_BACKS = 10_000

/**
 * How many replicants the site reads anew one after the other, and how long after that it goes on, milliseconds: 100,000 in five and a half hours. Many
 * together cost half of what as many cost one by one, since nothing of an idle agent is in the processor's caches. And how long a round takes at least,
 * milliseconds: few replicants are not read all the time.
 */
export const REREADS_TOGETHER = 50
export const REREADS_AFTER_MS = 10_000
export const REREAD_EVERY_MS = 60_000

/** Reads of idle lanes that are under way: an application that is slow is not kept busy by them. */
export const MAX_READ_BACKS_TOGETHER = 8

/**
 * Where an application has lost one of what it should have all others are read, so many a second, until so many were there in a row; of each other application of the site, and of one that was down, until so many fewer were, or so many were not; for how long after the last one that
 * was lost another one that was shown before needs no second look, and none of this begins anew, milliseconds. Else a site whose application keeps nothing would have the last of 5,000 back after a quarter of an hour. To be told that something is not there costs an application little.
 */
export const READ_BACKS_OF_LOSING = 160
export const MOST_ABSENT_BESIDE = 5
export const MAX_THERE = 200
export const MAX_THERE_BESIDE = 20
export const LOSING_FOR_MS = 60_000

/**
 * Of what was not there so many are looked at again before all that waits, and so many of one application: when one of them counts as lost, all others are looked for. Behind what clients write meanwhile, and ask for in vain,
 * each of these looks would take as long as reading all of that. No more than half of what is read under load.
 */
export const MOST_AHEAD = 5
export const MOST_AHEAD_OF_ONE = 2

/** How often a resource that should be there is looked for until its absence counts, each after READ_BACK_AFTER_MS more: some make it in the background. */
export const MAX_LOOKS_FOR_ABSENT = 5

/** How long an application that has answered 202 may take until it shows what it has accepted, milliseconds, where its definition does not say. */
export const ACCEPTED_WITHIN_MS = 60_000

/**
 * Two states that are said of one replicant because no member agreed are at least so far apart, milliseconds: an application that shows
 * something else each time would have them said without end.
 */
export const STATE_AGAIN_MS = 10 * 60_000

/**
 * Nobody agrees, and what is shown is unlike what was written at the same places each time after one has said what there is: it is the applications' own. As often as
 * that a second cause may have come between; more would be a write at all members every ten minutes, for ever.
 */
export const MAX_SAID_IN_VAIN = 3

/** Then it is said again where somebody shows something else, each time after twice as long, up to this, milliseconds: what moves by itself (a moment) cannot be told from what somebody changes. */
export const MAX_STATE_AGAIN_MS = 24 * 3_600_000

/** Two requests for what is missing of one replicant are at least so far apart, milliseconds. */
export const WANT_AGAIN_MS = 2_000

/**
 * What one other site may ask for by name: at once as many as an audit finds where much is missing, and so many a second in the long run; while so many entries are told to it that it
 * has not received, which is looked at again after so many milliseconds, one in so many milliseconds, at the end of what it has to receive. And how many names may wait for that, a kilobyte each; the rest is asked for again.
 */
export const WANTED = { burst: 1_024, perSecond: 64, maxKeys: 1_024 } as const
export const MAX_TOLD_BEFORE_WANTS = 4_096
export const WANT_LOOK_MS = 50
export const WANT_ANYHOW_MS = 10_000
/** Between two answers about one name, milliseconds: who could not take the first asks at once. */
export const WANT_TOLD_AGAIN_MS = 500
export const MAX_WAITING_WANTS = 4_096
/**
 * Dots that one want may name: 14,336 may come to be known of a name (core/oplog), and its members write in runs of their own besides. And those that wait, together, ten megabytes
 * for a site that asks: a want of a mebibyte is seven decoded. What honest sites know has a dot for each run of a site that has written.
 */
export const MAX_WANT_DOTS = 16_384
export const MAX_WAITING_WANT_DOTS = 98_304

/** How long who asks for more states than that waits for his turn, and how often it is looked for, milliseconds: an answer is waited for 10 s. */
export const STATE_TURN_WAIT_MS = 8_000
export const STATE_TURN_LOOK_MS = 100

/**
 * States that one other site may ask for, each a GET of the application with the agent's account: at once as many as repairs come together, and so many a second in the long run, with which ten
 * thousand resources are copied in eight minutes.
 */
export const ASKED_STATES = { burst: 256, perSecond: 20, maxKeys: 1_024 } as const

/** How long what operations wait for may be on its way from whoever wrote it, milliseconds: then it is asked for. */
export const WANT_WAITED_FOR_AFTER_MS = 250

/** How long what another member has acknowledged may be on its way, milliseconds: then it is asked for. */
export const WANT_AFTER_MS = 5_000

/**
 * How long a member can be asked for what it has acknowledged, milliseconds, until it is taken not to have it: it gives it within seconds, and a large transfer over a slow link, or
 * the turn of a site that tells much, takes minutes.
 */
export const UNGIVEN_MS = 10 * 60_000

/** Replicants of which one conversation remembers when it asked or told what: beyond it something may be asked or told twice. */
export const MAX_REMEMBERED_REPLICANTS = 4096

/** Replicants of one teller that wait until the key of an origin is known: the rest is found by comparing. */
export const MAX_STRANGE_REPLICANTS = 1024
/** After so many milliseconds it is said that they wait: sites that are up meet within less. */
export const STRANGE_AFTER_MS = 60_000

/**
 * Names for each teller of which nothing is here that counts: what overtakes the create of a name is told again with it, and mostly does not
 * come at all. How long they are kept, milliseconds: a life that comes later brings all that was told of it.
 */
export const MAX_UNPROVEN_NAMES = 1024
export const UNPROVEN_FOR_MS = 10 * 60_000

/** Bytes of operations that wait here and that one site has told: sixteen of the largest, or some thousands as most are. The rest comes again. */
export const MAX_WAITING_BYTES = 8 * 1024 * 1024

/** Dots of an acknowledgement that is kept of a name of which nothing is here: those of a life or two that has just begun. */
export const MAX_UNPROVEN_DOTS = 256

/** How often a transfer is put together anew because something of it was forgotten meanwhile. */
export const MAX_TRANSFER_ATTEMPTS = 16

/** Runs of this site that may have left something for another one: agents that crash over and over while that is away leave one each. */
export const MAX_OUTBOX_RUNS = 256

/** Moments that are remembered of one outbox, to tell how long its oldest entry waits. */
export const MAX_OUTBOX_MARKS = 256

/** Until a stream to another site is open: dialling, which is eight round trips, of 2 s each over the slowest links, and as much again for losses. */
export const OPEN_TIMEOUT_MS = 30_000

/**
 * An attempt at a conversation that is older goes another way than the one over which the other site was heard again, milliseconds; over a slow
 * link it may be so many times as old as the last one was when it was answered, and twice as old as the last one that was given up for that.
 */
export const FRESH_ATTEMPT_MS = 1_000
export const PATIENCE = 3

/**
 * Entries that were sent and of which nothing is received for so long, and for so many bytes of the first message a second beside it: the conversation is given
 * up. A disk syncs in less, and slower links carry nothing else either.
 */
export const RECEIVED_TIMEOUT_MS = 60_000
export const MIN_TOLD_BYTES_A_SECOND = 1024
/** Between two looks whether it is so. */
export const RECEIVED_LOOK_MS = RECEIVED_TIMEOUT_MS / 2

/** No agent ran before the beginning of 2026, and none of these does after 2125, Unix milliseconds: a clock that says so is none. */
export const EARLIEST_CLOCK_MS = 1_767_225_600_000
export const LATEST_CLOCK_MS = EARLIEST_CLOCK_MS + 100 * 365 * 24 * 60 * 60 * 1000

/** How long others must contradict a clock until they are believed, milliseconds: several beats of each. And between two looks at what they say. */
export const CLOCK_SETTLES_MS = 60_000
export const OTHERS_CLOCKS_MS = 1_000

/** Requests with an idempotency key that one replicant remembers, the newest ones: a client that writes every five seconds and tries again for five minutes. */
export const MAX_KEPT_REQUESTS = 64

/**
 * Outboxes of earlier runs to one site that stay listed though all of them was received: a site that was set back to before one of these
 * runs does not list it, and is found by that.
 */
export const KEPT_OUTBOXES = 8

/** How long a write that an earlier run has left in doubt waits for the others to say that this store was not set back, milliseconds. */
export const CONFIRMED_WITHIN_MS = 10_000
/** Attempts in a row that end because the other site does not speak the protocol, before that is reported: it may just be starting. */
export const FOREIGN_AFTER_FAILURES = 5

/** Replicants that were changed since a digest was asked for last: beyond it all of them are counted. */
export const MAX_UNSETTLED_DIGESTS = 1024

/**
 * A look at all records works so long at a time, milliseconds, or through so many of them, and leaves the core to others for so many times as
 * long: 100,000 take six seconds of work, and nobody waits for them.
 */
export const SCAN_SLICE_MS = 5
export const SCANNED_TOGETHER = 64
export const SCAN_REST_TIMES = 2

/**
 * What was counted of all replicants is noted when nothing of it has changed for so long, milliseconds: a write for each pause of a minute. And
 * how many replicants may be noted that are not as all others.
 */
export const CHECKPOINT_QUIET_MS = 60_000
export const MAX_CHECKPOINT_NAMES = 1_000

/** Looks at all records that one conversation may have waiting, and one site: an audit, and what it has found missing, many times over. */
export const MAX_WAITING_LOOKS = 16

/** How many replicants one commit puts into an outbox where all of them are told anew: a commit for each took longer than the other site waits. */
export const TOLD_TOGETHER = 256

/** Between two looks whether everything is told and quiet, so that digests can be compared. */
export const DIGEST_QUIET_MS = 2_000

/** Between two comparisons while they differ, and while they agree and nothing changes. */
export const DIGEST_AGAIN_MS = 5_000
export const DIGEST_REFRESH_MS = 60_000

/**
 * While writes come without a pause, digests are told this often all the same: equal ones say as much as ever, and others nothing. Where they were never
 * equal for so long, an audit looks, while writes come; and how long it is then until the next one.
 */
export const DIGEST_BUSY_MS = 5_000
export const BUSY_AUDIT_AFTER_MS = 300_000
export const BUSY_AUDIT_AGAIN_MS = 1_800_000

/** For so long digests must differ until it is said, and until an audit begins: what is on its way arrives within less. */
export const DIFFERS_AFTER_MS = 10_000
export const AUDIT_AFTER_MS = 15_000

/** Between two audits with one site that still differs afterwards: the first time, and in the end. An audit reads all records. */
export const AUDIT_AGAIN_MS = 60_000
export const AUDIT_AGAIN_CAP_MS = 3_600_000

/** Coded symbols that an audit asks for at first; later as many as it has, up to so many at once, and as many altogether. */
export const FIRST_SYMBOLS = 32
export const MAX_SYMBOLS_TOGETHER = 4096
export const MAX_AUDIT_SYMBOLS = 65_536

/** How long a site remembers the set that it makes symbols of, for the next question. */
export const AUDIT_ANSWERS_MS = 30_000

/**
 * From the end of one look at all records that a site asks for to the next, milliseconds, and as a multiple of what it took: whoever asks
 * without end costs a twentieth of the time.
 */
export const SCAN_AGAIN_MS = 2_000
export const SCAN_PAUSE = 19

/** How long operations wait for others until those may be given up, and between two looks at them. */
export const HOLE_AFTER_MS = 60_000
export const HOLE_LOOK_MS = 20_000

/** How often it is counted, and written down, for how long others are silent, milliseconds: what a crash may lose of a month. */
export const SILENCE_STEP_MS = 10 * 60_000

/** For how long the others must have been heard before somebody is detached, milliseconds: enough that all who are there are heard. */
export const STEADY_MS = 10 * 60_000

/** Silent sites that are counted: more than a mesh has. The rest is not detached by itself. */
export const MAX_SILENT_SITES = 10_000

/** How long a repair that an operator asks for waits for members that are there and not connected yet, milliseconds, and between two attempts: a start takes a few seconds. */
export const REPAIR_WAITS_MS = 5_000
export const REPAIR_LOOK_MS = 250
