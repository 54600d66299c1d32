/* SPDX-License-Identifier: MIT */
#include "value/own.h"

const struct own *own_find(const poolval_space *space, const poolobj *value) {
    if (value_is(space, value, POOLVAL_INSTANCE)) return space->instances;
    if (value == NULL || value_type(space, value) != POOLVAL_OTHER) return NULL;
    const struct own *own = own_of_type(object_type(value));
    return own != NULL && own->space == space ? own : NULL;
}

/* ---- Calls ---- */

/* A call of a hook: what is put back when it has returned, and what is called. */
struct call {
    poolval_space *space;
    size_t depth_max;
    int code; /* of the last failure */
    poolobj *value;
    const char *hook;
};

/* False: too deep. */
static bool begin_call(struct call *call, poolval_space *space, poolobj *value, size_t depth,
                       const char *hook) {
    if (depth == 0) {
        value_fail_depth(space);
        return false; /* said here, so that the compiler sees it: `call` has nothing in it */
    }
    *call = (struct call){space, space->depth_max, space->failure.code, value_ref(value), hook};
    space->depth_max = depth - 1;
    space->failure.code = POOLVAL_OK;
    return true;
}

/* A hook that failed should have said why; if not, that is the failure. */
static void end_call(struct call *call, bool failed) {
    poolval_space *space = call->space;
    space->depth_max = call->depth_max;
    if (failed && space->failure.code == POOLVAL_OK)
        value_fail(space, POOLVAL_ERR_HOOK, "the %s of %s failed and did not say why",
                   failure_text(call->hook), value_fail_name(space, 1, call->value));
    if (!failed && space->failure.code == POOLVAL_OK) space->failure.code = call->code;
    value_unref(call->value);
}

/* ---- Contradictions ---- */

static int fail_hooks(poolval_space *space, const char *what, const poolobj *a, const poolobj *b) {
    uint64_t name = value_fail_name(space, 0, a);
    if (b != NULL) space->failure.word[2] = value_fail_name(space, 1, b);
    return value_fail_int(space, POOLVAL_ERR_HOOK, b != NULL ? "%s: %s and %s" : "%s: %s",
                          failure_text(what), name);
}

/* ---- Hashes ---- */

static uint64_t *kept_hash(const struct own *own, poolobj *value) {
    return (uint64_t *)(void *)((char *)value + own->hooks.hash_at);
}

/* Never 0, which stands for "not yet known". */
static bool ask_hash(const struct own *own, poolobj *value, size_t depth, uint64_t *hash) {
    struct call call;
    if (!begin_call(&call, own->space, value, depth, "hash")) return false;
    bool good = own->hooks.hash(own->space, value, hash) == 0;
    end_call(&call, !good);
    *hash += *hash == 0;
    return good;
}

static bool check_hash(const struct own *own, poolobj *value, size_t depth, uint64_t hash) {
    uint64_t again;
    if (!own->space->check_hooks) return true;
    if (!ask_hash(own, value, depth, &again)) return false;
    return again == hash ||
           fail_hooks(own->space, "the hash differs from time to time", value, NULL) == 0;
}

bool own_hash(const struct own *own, poolobj *value, size_t depth, uint64_t *hash) {
    poolval_space *space = own->space;
    if (own->hooks.hash == NULL && own->hooks.equal != NULL) {
        value_fail(space, POOLVAL_ERR_TYPE, "a %s is no key: it has no hash",
                   value_fail_name(space, 0, value), 0);
        return false;
    }
    *hash = hash_address(&space->key, value);
    if (own->hooks.hash == NULL) return true;
    *hash = *kept_hash(own, value);
    if (*hash != 0) return true;
    if (!ask_hash(own, value, depth, hash) || !check_hash(own, value, depth, *hash)) return false;
    *kept_hash(own, value) = *hash;
    return true;
}

bool own_has_other_hash(const poolval_space *space, poolobj *value, uint64_t hash) {
    const struct own *own = own_of(space, value);
    if (own == NULL || own->hooks.hash == NULL) return false;
    uint64_t kept = *kept_hash(own, value);
    return kept != 0 && kept != hash;
}

/* ---- Equality ---- */

/* 1, 0, -1, or no answer. */
static int ask_equal(poolval_space *space, poolobj *a, poolobj *b, size_t depth) {
    const struct own *own = own_of(space, a);
    struct call call;
    if (own == NULL || own->hooks.equal == NULL) return POOLVAL_NO_ANSWER;
    if (!begin_call(&call, space, a, depth, "equal")) return -1;
    value_ref(b);
    int equal = own->hooks.equal(space, a, b);
    end_call(&call, equal < 0);
    value_unref(b);
    return equal < 0 ? -1 : equal == POOLVAL_NO_ANSWER ? equal : equal != 0;
}

static int answer_equal(poolval_space *space, poolobj *a, poolobj *b, size_t depth) {
    int equal = ask_equal(space, a, b, depth);
    if (equal == POOLVAL_NO_ANSWER) equal = ask_equal(space, b, a, depth);
    return equal != POOLVAL_NO_ANSWER ? equal : 0;
}

/* What is asked for the check alone leaves the last failure as it was. */
static int begin_quiet(poolval_space *space) {
    failure_message(&space->failure); /* made, it stays */
    return space->failure.code;
}
static void end_quiet(poolval_space *space, int code) {
    space->failure.code = code;
    space->failure.format = NULL;
}

/* Whether both can be keys and have different hashes. */
static bool hashes_differ(poolval_space *space, poolobj *a, poolobj *b) {
    uint64_t x, y;
    int code = begin_quiet(space);
    bool both = poolval_hash(space, a, &x) == 0 && poolval_hash(space, b, &y) == 0;
    end_quiet(space, code);
    return both && x != y;
}

/* Whether they have an order that contradicts `equal`. */
static bool order_differs(poolval_space *space, poolobj *a, poolobj *b, size_t depth, int equal) {
    int order = 0, code = begin_quiet(space);
    bool ordered = own_compare(space, a, b, depth, &order) == 1;
    end_quiet(space, code);
    return ordered && equal != (order == 0);
}

static int check_equal(poolval_space *space, poolobj *a, poolobj *b, size_t depth, int equal) {
    int other = answer_equal(space, b, a, depth);
    if (other < 0) return -1;
    if (other != equal) return fail_hooks(space, "equal depends on which is asked first", a, b);
    if (equal == 1 && hashes_differ(space, a, b))
        return fail_hooks(space, "equal, with different hashes", a, b);
    if (order_differs(space, a, b, depth, equal))
        return fail_hooks(space, "equal and compare contradict each other", a, b);
    return equal;
}

int own_equal(poolval_space *space, poolobj *a, poolobj *b, size_t depth) {
    int equal = answer_equal(space, a, b, depth);
    if (equal < 0 || likely(!space->check_hooks)) return equal;
    return check_equal(space, a, b, depth, equal);
}

/* ---- Order ---- */

static int ask_compare(poolval_space *space, poolobj *a, poolobj *b, size_t depth, int *order) {
    const struct own *own = own_of(space, a);
    struct call call;
    if (own == NULL || own->hooks.compare == NULL) return 0;
    if (!begin_call(&call, space, a, depth, "compare")) return -1;
    value_ref(b);
    int result = own->hooks.compare(space, a, b, order);
    end_call(&call, result < 0);
    value_unref(b);
    *order = (*order > 0) - (*order < 0);
    return result < 0 ? -1 : result != POOLVAL_NO_ANSWER;
}

static int answer_compare(poolval_space *space, poolobj *a, poolobj *b, size_t depth, int *order) {
    int result = ask_compare(space, a, b, depth, order);
    if (result != 0) return result;
    result = ask_compare(space, b, a, depth, order);
    *order = -*order;
    return result;
}

int own_compare(poolval_space *space, poolobj *a, poolobj *b, size_t depth, int *order) {
    int other = 0;
    *order = 0;
    int result = answer_compare(space, a, b, depth, order);
    if (result != 1 || likely(!space->check_hooks)) return result;
    int again = answer_compare(space, b, a, depth, &other);
    if (again < 0) return -1;
    if (again != 1 || other != -*order)
        return fail_hooks(space, "the order depends on which is asked first", a, b);
    return 1;
}

/* ---- Text, copies, items ---- */

static poolobj *require_text(const struct own *own, poolobj *text) {
    if (text == NULL || value_require(own->space, text, POOLVAL_STR, "a str as repr")) return text;
    value_unref(text);
    return NULL;
}

poolobj *own_repr(const struct own *own, poolobj *value, size_t depth) {
    struct call call;
    if (!begin_call(&call, own->space, value, depth, "repr")) return NULL;
    poolobj *text = own->hooks.repr(own->space, value);
    end_call(&call, text == NULL);
    return require_text(own, text);
}

static poolobj *check_copy(const struct own *own, poolobj *value, poolobj *copy, size_t depth) {
    if (copy == NULL || likely(!own->space->check_hooks) || own->hooks.equal == NULL) return copy;
    int equal = copy == value ? 1 : own_equal(own->space, value, copy, depth);
    if (equal == 0) fail_hooks(own->space, "a copy is not equal", value, NULL);
    if (equal == 1) return copy;
    value_unref(copy);
    return NULL;
}

poolobj *own_copy(const struct own *own, poolobj *value, size_t depth) {
    struct call call;
    if (own->hooks.copy == NULL) return value_ref(value);
    if (!begin_call(&call, own->space, value, depth, "copy")) return NULL;
    poolobj *copy = own->hooks.copy(own->space, value);
    end_call(&call, copy == NULL);
    return check_copy(own, value, copy, depth);
}

/* The failure of another space is this one's. */
static void fail_as(poolval_space *space, const poolval_space *other) {
    const char *message = poolval_error_message(other);
    value_fail(space, poolval_error(other), "%s",
               failure_copy(&space->failure, 0, message, strlen(message)), 0);
}

/* In a space that checks hooks, a copy is made there first, and compared. */
static bool check_copy_to(const struct own *own, poolval_space *to, poolobj *value, size_t depth) {
    if (likely(!own->space->check_hooks) || own->space == to) return true;
    poolobj *copy = own_copy(own, value, depth);
    if (copy != NULL) value_unref(copy);
    if (copy == NULL) fail_as(to, own->space);
    return copy != NULL;
}

poolobj *own_copy_to(const struct own *own, poolval_space *to, poolobj *value, size_t depth) {
    struct call call;
    if (!check_copy_to(own, to, value, depth) || !begin_call(&call, to, value, depth, "copy"))
        return NULL;
    poolobj *copy = own->hooks.copy(to, value);
    end_call(&call, copy == NULL);
    if (copy == NULL) return NULL;
    if (object_heap(copy) == to->heap)
        return own->space == to ? check_copy(own, value, copy, depth) : copy;
    fail_hooks(to, "a copy is of another heap", value, NULL);
    value_unref(copy);
    return NULL;
}

bool own_is_new(const poolval_space *space, const poolobj *copy) {
    unsigned type = value_type(space, copy);
    return copy->count == 1 && (type == POOLVAL_OTHER || type == POOLVAL_INSTANCE);
}

poolobj *own_whole(const poolval_space *space, poolobj *copy) {
    const struct own *own = own_of(space, copy);
    if (own != NULL && own->hooks.hash != NULL) *kept_hash(own, copy) = 0;
    return copy;
}

ptrdiff_t own_length(const struct own *own, poolobj *value) {
    poolval_space *space = own->space;
    struct call call;
    if (own->hooks.length == NULL) {
        value_fail_type(space, "something with a length", value);
        return -1;
    }
    if (!begin_call(&call, space, value, space->depth_max, "length")) return -1;
    ptrdiff_t length = own->hooks.length(space, value);
    end_call(&call, length < 0);
    return length < 0 ? -1 : length;
}

/* Iterates over the value; false if that does not give as many items as its length. */
static bool check_iterate(const struct own *own, poolobj *value) {
    poolval_space *space = own->space;
    ptrdiff_t length = own_length(own, value), count = 0;
    int more = 1;
    poolobj *item, *iterator = own->hooks.iterate(space, value);
    if (iterator == NULL || length < 0) more = -1;
    for (; more == 1 && count <= length; count += more)
        if ((more = poolval_next(space, iterator, &item)) == 1) value_unref(item);
    if (iterator != NULL) value_unref(iterator);
    if (more < 0) return false;
    return count == length ||
           fail_hooks(space, "the length is not the number of items", value, NULL) == 0;
}

poolobj *own_iterate(const struct own *own, poolobj *value) {
    poolval_space *space = own->space;
    struct call call;
    if (own->hooks.iterate == NULL)
        return own->hooks.next != NULL
                   ? value_ref(value)
                   : (poolobj *)value_fail_type(space, "something with items", value);
    if (!begin_call(&call, space, value, space->depth_max, "iterate")) return NULL;
    bool good = !space->check_hooks || own->hooks.length == NULL || check_iterate(own, value);
    poolobj *iterator = good ? own->hooks.iterate(space, value) : NULL;
    end_call(&call, iterator == NULL);
    return iterator;
}

int own_next(const struct own *own, poolobj *value, poolobj **item) {
    poolval_space *space = own->space;
    struct call call;
    *item = NULL;
    if (own->hooks.next == NULL)
        return value_fail_type(space, "an iterator", value) != NULL ? 0 : -1;
    if (!begin_call(&call, space, value, space->depth_max, "next")) return -1;
    int more = own->hooks.next(space, value, item);
    end_call(&call, more < 0);
    if (more == 1 && *item == NULL) more = 0;
    if (more != 1 && *item != NULL) poolobj_clear(item);
    return more < 0 ? -1 : more == 1;
}
