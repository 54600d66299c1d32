/* SPDX-License-Identifier: MIT */
/*
 * protocol.pml - what threads do to each other's blocks, pools and heaps without the space lock, as
 * docs/protocol.md explains it. The scenes (*.scene) say which threads there are and what they may
 * do; this file says how they do it. Each step between two semicolons is one access to a shared
 * word, or some of them that nobody else may look at in between.
 *
 * There are POOLS pools of two blocks, each block in a word of its own, so that what is true of two
 * words of one pool is shown too; MESSAGES messages; and HEAPS heaps, the last of which is the
 * commons in scenes that have one.
 *
 * An inbox is a set here and a list in the code: lists.scene shows that the list is such a set.
 *
 * `place` is no part of the protocol: it says where a block is, and each step asserts that it takes
 * the block from where it thinks.
 */

#define POOLS 2
#define BLOCKS 4
#define MESSAGES 2
#define NONE 255

/* Heaps are numbered from 1. */
#ifndef HEAPS
#define HEAPS 1
#endif
#define COMMONS (HEAPS > 1 -> 2 : 1)
#define LAST HEAPS

#define bit_of(i) (1 << (i))
#define has(set, i) ((set) & bit_of(i))
#define add(set, i) set = set | bit_of(i)
#define drop(set, i) set = set & ~bit_of(i)

/* Items of inboxes: messages, then pools. */
#define ITEM(p) (MESSAGES + (p))
#define ALL_MESSAGES (bit_of(MESSAGES) - 1)
#define POOL_OF(b) ((b) / 2)
#define FIRST(p) (2 * (p))
#define SECOND(p) (2 * (p) + 1)

/* ---- Shared words ---- */

byte tag[POOLS];     /* the owner; 0: the arena */
byte token[POOLS];   /* 0: free; 1: in a thread's hand or in an inbox */
bit live[BLOCKS];    /* written by whoever holds the heap, or the whole pool */
bit pending[BLOCKS]; /* set by any thread, taken by the token's holder */
bit adrift[POOLS];   /* handed over and not yet on a list of the new owner; by the token's holder */

/* No part of the protocol: a thread that a fork left behind may have been in the middle of the
   heap's own lists, so that nobody may hold it again. */
bool torn[HEAPS + 1];

#define IN_USE 1
#define PARKED 2
#define BUSY 3
#define ORPHAN 4
/* One word: items and state change together. */
byte inbox[HEAPS + 1];
byte state[HEAPS + 1];
bit cold[HEAPS + 1]; /* by whoever holds the heap */

byte content[MESSAGES]; /* blocks in the message */
bit used[MESSAGES];     /* under the space lock: not among the empty ones */

/* ---- Where blocks are ---- */

#define LIVE 1     /* with the program */
#define IN_HAND 2  /* on the way from one place to the next: one thread has it */
#define SENT 3     /* in a message */
#define PENDING 4
#define SPARE 5
#define AT_HAND 6  /* in a magazine or a cursor */
#define ARENA 7
#define LOST 8     /* in the hand of a thread that a fork left behind */
byte place[BLOCKS];

#ifdef TWO_FREES /* a block is in two places: that is what is to be found out */
#define move(b, from, to) place[b] = to
#define owned(p) skip
#else
#define move(b, from, to) assert(place[b] == from); place[b] = to
#define owned(p) assert(tag[p] == holder)
#endif

#define is_spare(b) (place[b] == SPARE)
#define some_spare(p) (is_spare(FIRST(p)) || is_spare(SECOND(p)))
#define all_spare(p) (is_spare(FIRST(p)) && is_spare(SECOND(p)))
#define in_arena(p) (place[FIRST(p)] == ARENA && place[SECOND(p)] == ARENA)

byte done;          /* threads that have nothing more to do, by number */
#define ALL_THREE 14
bit found;          /* a double free was found: the process ends */
bit forked, mended; /* see fork_owner.scene and fork_other.scene */

/* What a thread may do: a sum of these. */
#define SEND 1     /* free others' blocks by message */
#define DEPOSIT 2  /* free others' blocks by pending bit */
#define SWEEP 4    /* empty the inbox of a heap that is in use, for its owner */
#define FREE 8     /* free own blocks */
#define MALLOC 1024 /* from own pools */
#define ARENAS 2048 /* take a new pool from the arena */
#define OWN (FREE + MALLOC + ARENAS)
#define DRAIN 16   /* look into the own inbox */
#define END 32     /* end, and leave the heap behind: warm or cold */
#define BEGIN 64   /* take over a parked heap */
#define ADOPT 128  /* take a pool out of the commons */
#define FORK 256
#define TWICE 512  /* free a block that was freed already, once */
#define SLEEP 4096 /* do nothing any more */

#define lowest(set) \
    (has(set, 0) -> 0 : (has(set, 1) -> 1 : (has(set, 2) -> 2 : 3)))
#define lowest_heap(set) (has(set, 1) -> 1 : (has(set, 2) -> 2 : 3))

/* ---- Single steps ---- */

/* Adds items to an inbox. Whoever posts to a parked heap holds it from then on. */
inline post(Items, Target) {
#ifdef MUTATE_POST_STATE_BEFORE
    x = state[Target];
    inbox[Target] = inbox[Target] | (Items);
    atomic {
        if
        :: x == PARKED && state[Target] == PARKED -> state[Target] = BUSY; add(held, Target)
        :: else
        fi
    }
#else
    d_step {
        inbox[Target] = inbox[Target] | (Items);
        if
#ifndef MUTATE_POST_LEAVES_PARKED
        :: state[Target] == PARKED ->
            assert(!torn[Target]);
            state[Target] = BUSY;
            add(held, Target)
#endif
        :: else
        fi
    }
#endif
}

/* Tries to take the token of a pool. */
inline win(Pool) {
    d_step {
        if
        :: token[Pool] == 0 -> token[Pool] = 1; add(tokens, Pool)
        :: else
        fi
    }
}

/* The holder of the heap takes in one block: it is no longer live, then spare. */
inline take_in(Block, From) {
    d_step {
        if
        :: live[Block] -> live[Block] = 0; move(Block, From, SPARE)
        :: else -> found = 1
        fi
    };
    if
    :: found -> goto stop
    :: else
    fi
}

/* The word of a pending bit, by the token's holder who holds the heap too. */
inline take_pending(Block) {
#ifdef MUTATE_TAKE_BY_LOAD
    x = pending[Block];
    d_step {
        pending[Block] = 0;
        if
        :: x -> move(Block, PENDING, IN_HAND)
        :: else
        fi
    };
#else
    d_step {
        x = pending[Block];
        pending[Block] = 0;
        if
        :: x -> move(Block, PENDING, IN_HAND)
        :: else
        fi
    };
#endif
    if
    :: x -> take_in(Block, IN_HAND)
    :: else
    fi
}

/* All blocks of the pool are spare, or in the hand of this thread: nobody else knows the pool. */
inline return_pool(Pool, From) {
    tag[Pool] = 0;
    d_step { /* under the space lock */
        move(FIRST(Pool), From, ARENA);
        move(SECOND(Pool), From, ARENA)
    }
}

/* ---- What to do with a token ---- */

/* Nobody looks at the bits of a pool between these steps but who frees a block twice. */
inline take_over(Pool) {
    tag[Pool] = 0;
    d_step {
        if
#ifndef MUTATE_TAKE_OVER_LOOKS_NOT
        :: !live[FIRST(Pool)] || !live[SECOND(Pool)] -> found = 1
#endif
        :: else ->
#ifndef MUTATE_TAKE_OVER_KEEPS_PENDING
            pending[FIRST(Pool)] = 0;
            pending[SECOND(Pool)] = 0;
#endif
#ifndef MUTATE_TAKE_OVER_KEEPS_LIVE
            live[FIRST(Pool)] = 0;
            live[SECOND(Pool)] = 0;
#endif
            move(FIRST(Pool), PENDING, IN_HAND);
            move(SECOND(Pool), PENDING, IN_HAND)
        fi
    };
    if
    :: found -> goto stop
    :: else -> return_pool(Pool, IN_HAND)
    fi
}

inline release(Pool) {
    d_step { token[Pool] = 0; drop(tokens, Pool) };
#ifndef MUTATE_RELEASE_LOOKS_NOT_AGAIN
    y = pending[FIRST(Pool)];
    y = y + 2 * pending[SECOND(Pool)];
    if
    :: y != 0 && !(y != 3 && tag[Pool] != 0 && state[tag[Pool]] == ORPHAN) -> win(Pool)
    :: else
    fi
#endif
}

/* The holder of a cold heap gives what it has spare blocks of to the commons. */
#define to_commons(p) (HEAPS > 1 && tag[p] != 0 && has(held, tag[p]) && cold[tag[p]] && \
    some_spare(p) && !all_spare(p) && !adrift[p])

inline hand_over(Pool) {
    d_step { tag[Pool] = COMMONS; adrift[Pool] = 1; drop(tokens, Pool) };
    post(bit_of(ITEM(Pool)), COMMONS)
}

#ifdef MUTATE_TAKE_OVER_BY_ONE_WORD
#define is_complete(set) ((set) & 1)
#else
#define is_complete(set) ((set) == 3)
#endif

/* The lowest of this thread's tokens. First look at the bits, then at the tag: while a bit is
   pending the pool is not empty, so that it stays with its owner. */
inline settle() {
    p = lowest(tokens);
    x = pending[FIRST(p)];
    x = x + 2 * pending[SECOND(p)];
    if
    :: to_commons(p) -> hand_over(p)
    :: else ->
        if
        :: x == 0 -> release(p)
#ifndef MUTATE_SETTLE_LOOKS_NOT
        :: x != 0 && tag[p] == 0 -> found = 1; goto stop
#else
        :: x != 0 && tag[p] == 0 -> d_step { token[p] = 0; drop(tokens, p) }
#endif
        :: x != 0 && tag[p] != 0 && is_complete(x) -> take_over(p)
        :: x != 0 && tag[p] != 0 && !is_complete(x) && state[tag[p]] == ORPHAN -> release(p)
        :: x != 0 && tag[p] != 0 && !is_complete(x) && state[tag[p]] != ORPHAN ->
#ifdef MUTATE_SWEEP_DROPS_POOLS
            d_step { drop(tokens, p); token[p] = 0 }
#else
            drop(tokens, p);
            post(bit_of(ITEM(p)), tag[p])
#endif
        fi
    fi
}

/* The lowest block in this thread's hand becomes pending. */
inline deposit() {
    b = lowest(hand);
    p = POOL_OF(b);
    drop(hand, b);
#ifdef MUTATE_TOKEN_BEFORE_BIT
    win(p);
#endif
    if
#ifndef MUTATE_DEPOSIT_LOOKS_NOT
    :: d_step { pending[b] -> found = 1 }; goto stop
#endif
    :: d_step {
#ifndef MUTATE_DEPOSIT_LOOKS_NOT
        !pending[b] ->
#endif
        pending[b] = 1;
        move(b, IN_HAND, PENDING)
    }
    fi;
#ifdef MUTATE_TAKE_OVER_WITHOUT_TOKEN
    x = pending[FIRST(p)];
    x = x + 2 * pending[SECOND(p)];
    if
    :: x == 3 -> take_over(p)
    :: else -> win(p)
    fi
#else
#ifndef MUTATE_TOKEN_BEFORE_BIT
    win(p)
#endif
#endif
}

/* ---- Taking in ---- */

inline drop_message(Message) {
    d_step {
        if
        :: content[Message] == 0 -> drop(got, Message); used[Message] = 0
        :: else
        fi
    }
}

/* A block of the first message that was taken out of an inbox; `holder` is the heap that is taken
   in for, 0 in a sweep. */
inline take_in_message() {
    m = lowest(got & ALL_MESSAGES);
    b = lowest(content[m]);
    drop(content[m], b);
    if
#ifdef MUTATE_TAKE_IN_LOOKS_NOT_AT_TAG
    :: holder != 0 ->
#else
    :: holder != 0 && tag[POOL_OF(b)] == holder ->
#endif
        owned(POOL_OF(b));
        take_in(b, SENT)
    :: else ->
        if
        :: tag[POOL_OF(b)] == 0 || !live[b] -> found = 1; goto stop
        :: else -> d_step { move(b, SENT, IN_HAND); add(hand, b) }
        fi
    fi;
    drop_message(m)
}

/* A pool that was taken out of an inbox: with it comes its token. */
inline take_pool() {
    p = lowest(got / bit_of(MESSAGES));
    d_step { drop(got, ITEM(p)); add(tokens, p) };
    if
    :: holder != 0 ->
        owned(p);
        take_pending(FIRST(p));
        take_pending(SECOND(p));
        adrift[p] = 0;
        if
        :: all_spare(p) -> return_pool(p, SPARE)
        :: else
        fi
    :: else
    fi
}

inline take_inbox(Heap, For) {
    d_step { got = inbox[Heap]; inbox[Heap] = 0; holder = For }
}

/* ---- Holding a heap that no thread uses ---- */

#define cold_at_hand(b) (place[b] == AT_HAND && tag[POOL_OF(b)] == h && cold[h])
#define cold_empty(p) (cold[h] && tag[p] == h && all_spare(p))
#define cold_partial(p) (cold[h] && tag[p] == h && to_commons(p) && token[p] == 0)

inline hand_over_partial(Pool) {
#ifdef MUTATE_HAND_OVER_WITHOUT_TOKEN
    d_step { tag[Pool] = COMMONS }
#else
    win(Pool)
#endif
}

/* One thing after the other, until nothing is left and it is parked. */
inline hold() {
    h = lowest_heap(held);
    if
    :: inbox[h] != 0 -> take_inbox(h, h)
    :: else ->
        d_step {
            if
            :: cold_at_hand(0) -> place[0] = SPARE
            :: else
            fi;
            if
            :: cold_at_hand(1) -> place[1] = SPARE
            :: else
            fi;
            if
            :: cold_at_hand(2) -> place[2] = SPARE
            :: else
            fi;
            if
            :: cold_at_hand(3) -> place[3] = SPARE
            :: else
            fi
        };
        if
        :: cold_empty(0) -> return_pool(0, SPARE)
        :: cold_empty(1) -> return_pool(1, SPARE)
        :: cold_partial(0) -> hand_over_partial(0)
        :: cold_partial(1) -> hand_over_partial(1)
        :: else ->
            d_step {
                if
#ifdef MUTATE_PARK_LOOKS_NOT
                :: true ->
#else
                :: inbox[h] == 0 ->
#endif
                    state[h] = PARKED; drop(held, h)
                :: else
                fi
            }
        fi
    fi
}

/* ---- What the program asks for ---- */

#define foreign(b) (place[b] == LIVE && tag[POOL_OF(b)] != my)

/* The message is open for the heap that the tag named when it was opened; the pool may have another
   owner when it is posted. */
inline send(Block) {
    d_step {
        if
        :: open != NONE && to == tag[POOL_OF(Block)] ->
            move(Block, LIVE, SENT);
            add(content[open], Block)
        :: open == NONE && !used[0] && state[tag[POOL_OF(Block)]] != ORPHAN ->
            open = 0;
            used[0] = 1;
            to = tag[POOL_OF(Block)];
            move(Block, LIVE, SENT);
            add(content[0], Block)
        :: open == NONE && used[0] && !used[1] && state[tag[POOL_OF(Block)]] != ORPHAN -> open = 1;
            used[1] = 1; to = tag[POOL_OF(Block)]; move(Block, LIVE, SENT); add(content[1], Block)
        :: else -> move(Block, LIVE, IN_HAND); add(hand, Block)
        fi
    }
}

/* The owner's own part of malloc and free. */
#define own(b) (my != 0 && tag[POOL_OF(b)] == my && \
    ((may & FREE) && place[b] == LIVE || \
     (may & MALLOC) && (place[b] == SPARE && !adrift[POOL_OF(b)] || place[b] == AT_HAND)))
inline use_own(Block) {
    d_step {
        if
        :: place[Block] == SPARE -> place[Block] = AT_HAND
        :: place[Block] == SPARE -> assert(!live[Block] && !pending[Block]); live[Block] = 1;
            place[Block] = LIVE
        :: place[Block] == AT_HAND -> assert(!live[Block] && !pending[Block]); live[Block] = 1;
            place[Block] = LIVE
        :: place[Block] == LIVE -> assert(live[Block]); live[Block] = 0; place[Block] = AT_HAND
        fi
    }
}

inline leave_arena(Pool) {
    d_step { /* under the space lock */
        move(FIRST(Pool), ARENA, IN_HAND);
        move(SECOND(Pool), ARENA, IN_HAND)
    }
}
inline begin_pool(Pool) {
    d_step {
        assert(!live[FIRST(Pool)] && !live[SECOND(Pool)]);
        assert(!pending[FIRST(Pool)] && !pending[SECOND(Pool)]);
        tag[Pool] = my;
        move(FIRST(Pool), IN_HAND, SPARE);
        move(SECOND(Pool), IN_HAND, SPARE)
    }
}

/* A pool out of the commons, which this thread holds since just now. */
#define adoptable(p) (tag[p] == COMMONS && some_spare(p) && !adrift[p] && token[p] == 0)
inline adopt(Pool) {
#ifdef MUTATE_ADOPT_WITHOUT_TOKEN
    tag[Pool] = my
#else
    win(Pool);
    if
    :: has(tokens, Pool) -> tag[Pool] = my
    :: else
    fi
#endif
}

/* ---- What goes wrong ---- */

#ifdef TWO_FREES
/* Block 0 is freed by each thread that may do so. */
byte frees;
inline free_again() {
    d_step { frees++; may = may - TWICE };
    if
    :: tag[0] == 0 || !live[0] -> found = 1; goto stop
    :: my != 0 && tag[0] == my ->
        d_step {
            if
            :: live[0] -> live[0] = 0; place[0] = AT_HAND
            :: else -> found = 1
            fi
        }
    :: my == 0 && tag[0] != 0 && live[0] -> add(hand, 0)
    :: my == 0 && tag[0] != 0 && live[0] && open == NONE ->
        d_step {
            if
            :: !used[0] -> open = 0; to = 1
            :: used[0] && !used[1] -> open = 1; to = 1
            :: else -> add(hand, 0)
            fi;
            if
            :: open != NONE -> used[open] = 1; add(content[open], 0)
            :: else
            fi
        }
    fi
}
#endif

bool stray[BLOCKS]; /* pending at a fork, and perhaps nobody will say so */

inline mend_pool(Pool) {
    if
#ifdef MUTATE_FORK_BELIEVES_TOKENS
    :: true
#else
    :: has(got, ITEM(Pool))
    :: else ->
        token[Pool] = 0;
        stray[FIRST(Pool)] = pending[FIRST(Pool)];
        stray[SECOND(Pool)] = pending[SECOND(Pool)]
#endif
    fi
}
inline mend_block(Block) {
    if
    :: place[Block] == IN_HAND -> place[Block] = LOST
    :: place[Block] == SENT && !(has(got, 0) && has(content[0], Block)) &&
       !(has(got, 1) && has(content[1], Block)) &&
       !(open != NONE && has(content[open], Block)) -> place[Block] = LOST
    :: else
    fi
}
inline mend_message(Message) {
    if
    :: has(got, Message) || open == Message
    :: else -> used[Message] = 0; content[Message] = 0
    fi
}
inline mend_heap(Heap) {
    if
    :: Heap != my && state[Heap] != PARKED && state[Heap] != 0 ->
#ifdef MUTATE_FORK_BELIEVES_HELD
        state[Heap] = PARKED;
#else
        state[Heap] = ORPHAN;
#endif
        inbox[Heap] = 0;
        torn[Heap] = true
    :: else
    fi
}
/* The child has this thread alone. It takes in what its own inbox holds, believes no other token,
   and lets heaps be that a thread may have been in the middle of. */
inline fork_here() {
    d_step {
        forked = true;
        got = inbox[my];
        inbox[my] = 0;
        holder = my;
        mend_pool(0);
        mend_pool(1);
        mend_block(0);
        mend_block(1);
        mend_block(2);
        mend_block(3);
        mend_message(0);
        mend_message(1);
        mend_heap(1);
        mend_heap(COMMONS);
        mend_heap(LAST);
        mended = true
    }
}

/* ---- A thread ---- */

/* What a thread need not remember would only make more states of the same. */
inline forget() {
    d_step {
        b = 0; p = 0; m = 0; h = 0; x = 0; y = 0;
        if
        :: got == 0 -> holder = 0
        :: else
        fi;
        if
        :: open == NONE -> to = 0
        :: else
        fi
    }
}

/* Its own heap at first (0: none), what it may do, and how often. What it has in hand comes before
   anything new; only what the program asks for is counted and is progress. */
proctype thread(byte my; short may; byte left) WHILE_THERE {
    byte tokens; /* pools whose token it has */
    byte hand;   /* blocks that are to become pending */
    byte got, holder; /* items out of an inbox, and for which heap it takes them in (0: a sweep) */
    byte held;        /* heaps that it holds, beside its own */
    byte open = NONE, to; /* the message that it fills, and for which heap */
    byte b, p, m, h, x, y;

    do
    :: tokens != 0 -> settle(); forget()
    :: tokens == 0 && hand != 0 -> deposit(); forget()
    :: tokens == 0 && hand == 0 && (got & ALL_MESSAGES) != 0 -> take_in_message(); forget()
    :: tokens == 0 && hand == 0 && got != 0 && (got & ALL_MESSAGES) == 0 -> take_pool(); forget()
    :: tokens == 0 && hand == 0 && got == 0 && held != 0 -> hold(); forget()
    :: tokens == 0 && hand == 0 && got == 0 && held == 0 && open != NONE ->
progress_post:
        d_step { m = open; open = NONE };
        if
        :: state[to] == ORPHAN -> add(got, m)
        :: else -> post(bit_of(m), to)
        fi;
        forget()
    :: tokens == 0 && hand == 0 && got == 0 && held == 0 && left > 0 ->
progress_new:
        left--;
        if
        :: atomic { (may & SEND) && foreign(0) -> send(0) }
        :: atomic { (may & SEND) && foreign(1) -> send(1) }
        :: atomic { (may & SEND) && foreign(2) -> send(2) }
        :: atomic { (may & SEND) && foreign(3) -> send(3) }
        :: atomic { (may & DEPOSIT) && foreign(0) -> move(0, LIVE, IN_HAND); add(hand, 0) }
        :: atomic { (may & DEPOSIT) && foreign(1) -> move(1, LIVE, IN_HAND); add(hand, 1) }
        :: atomic { (may & DEPOSIT) && foreign(2) -> move(2, LIVE, IN_HAND); add(hand, 2) }
        :: atomic { (may & DEPOSIT) && foreign(3) -> move(3, LIVE, IN_HAND); add(hand, 3) }
        :: (may & SWEEP) && my != 1 && inbox[1] != 0 && state[1] == IN_USE -> take_inbox(1, 0)
        :: (may & DRAIN) && my != 0 && inbox[my] != 0 -> take_inbox(my, my)
        :: atomic { own(0) -> use_own(0) }
        :: atomic { own(1) -> use_own(1) }
        :: atomic { own(2) -> use_own(2) }
        :: atomic { own(3) -> use_own(3) }
        :: atomic { (may & ARENAS) && my != 0 && in_arena(0) -> leave_arena(0) }; begin_pool(0)
        :: atomic { (may & ARENAS) && my != 0 && in_arena(1) -> leave_arena(1) }; begin_pool(1)
        :: (may & END) && my != 0 ->
            /* From now on it is held like a parked heap by whoever helps. */
            d_step { state[my] = BUSY; add(held, my); my = 0 }
        :: (may & END) && my != 0 ->
            d_step { cold[my] = 1; state[my] = BUSY; add(held, my); my = 0 }
        :: (may & BEGIN) && my == 0 && state[1] == PARKED ->
            d_step {
                if
                :: state[1] == PARKED ->
                    assert(inbox[1] == 0 && !torn[1]);
                    state[1] = IN_USE;
                    my = 1;
                    cold[1] = 0
                :: else
                fi
            }
        :: (may & ADOPT) && my != 0 && HEAPS > 1 && state[COMMONS] == PARKED ->
            d_step {
                if
                :: state[COMMONS] == PARKED ->
                    assert(!torn[COMMONS]);
                    state[COMMONS] = BUSY;
                    add(held, COMMONS)
                :: else
                fi
            };
            if
            :: has(held, COMMONS) && adoptable(0) -> adopt(0)
            :: has(held, COMMONS) && adoptable(1) -> adopt(1)
            :: else
            fi
#ifdef TWO_FREES
        :: (may & TWICE) -> free_again()
#endif
        :: (may & FORK) && !forked -> fork_here()
        :: (may & SLEEP) -> left = 0
        :: else -> left = 0
        fi;
        forget()
    :: tokens == 0 && hand == 0 && got == 0 && held == 0 && left == 0 && open == NONE -> break
    od;
stop:
    add(done, _pid)
}

/* ---- When all threads have nothing more to do ---- */

#define waits(b) (pending[b] && !stray[b])
#define is_pending(p) (pending[FIRST(p)] || pending[SECOND(p)])
#define is_orphan(p) (state[tag[p]] == ORPHAN)

inline check_pool(Pool) {
    if
    :: is_orphan(Pool) -> /* whoever makes it complete takes it over */
        assert(token[Pool] == 0);
        assert(!(pending[FIRST(Pool)] && pending[SECOND(Pool)]) ||
               stray[FIRST(Pool)] && stray[SECOND(Pool)])
    :: else -> /* it is announced to its owner */
        assert(!(waits(FIRST(Pool)) || waits(SECOND(Pool))) || has(inbox[tag[Pool]], ITEM(Pool)));
        assert(!((waits(FIRST(Pool)) || waits(SECOND(Pool))) && state[tag[Pool]] == PARKED));
        assert(forked || token[Pool] == (is_pending(Pool) || adrift[Pool]));
        assert(forked || (tag[Pool] == 0) == in_arena(Pool))
    fi
}
inline check_block(Block) {
    assert(place[Block] != IN_HAND);
    assert(place[Block] == LOST ||
           live[Block] ==
               (place[Block] == LIVE || place[Block] == SENT || place[Block] == PENDING));
    assert(place[Block] == LOST || pending[Block] == (place[Block] == PENDING))
}
inline check_heap(Heap) {
    assert(state[Heap] != BUSY);
    assert(state[Heap] != PARKED || inbox[Heap] == 0);
    assert(!(state[Heap] == PARKED && cold[Heap] && tag[0] == Heap && some_spare(0)));
    assert(!(state[Heap] == PARKED && cold[Heap] && tag[1] == Heap && some_spare(1)))
}
inline check_message(Message) {
    assert(used[Message] == (has(inbox[1], Message) || has(inbox[LAST], Message) ||
                             has(inbox[COMMONS], Message)))
}
inline check_rest() {
    check_pool(0);
    check_pool(1);
    check_block(0);
    check_block(1);
    check_block(2);
    check_block(3);
    check_message(0);
    check_message(1);
    check_heap(1);
    check_heap(COMMONS);
    check_heap(LAST)
}

/* Pools of heap 1, all of whose blocks the program has. */
inline begin_full(Pool) {
    tag[Pool] = 1;
    live[FIRST(Pool)] = 1;
    live[SECOND(Pool)] = 1;
    place[FIRST(Pool)] = LIVE;
    place[SECOND(Pool)] = LIVE
}
