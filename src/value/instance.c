/* SPDX-License-Identifier: MIT */
#include "value/instance.h"

#include "base/check.h"
#include "value/key.h"

const size_t class_refs[] = {
    offsetof(struct value_class, name), offsetof(struct value_class, parent),
    offsetof(struct value_class, attributes), offsetof(struct value_class, names), POOLOBJ_END};
const size_t instance_refs[] = {offsetof(struct value_instance, type),
                                offsetof(struct value_instance, more), POOLOBJ_END};

static struct value_dict *as_dict(poolobj *value) { return (struct value_dict *)value; }

static struct value_class *require_class(poolval_space *space, const poolobj *value) {
    return value_require(space, value, POOLVAL_CLASS, "a class")
               ? (struct value_class *)(uintptr_t)value
               : NULL;
}
static struct value_instance *require_instance(poolval_space *space, const poolobj *value) {
    return value_require(space, value, POOLVAL_INSTANCE, "an instance")
               ? (struct value_instance *)(uintptr_t)value
               : NULL;
}
static struct value_class *class_of_instance(const struct value_instance *instance) {
    return (struct value_class *)instance->type;
}
static const struct value_class *parent_of(const struct value_class *class_) {
    return (const struct value_class *)class_->parent;
}

/* ---- Classes ---- */

static bool fill_class(poolval_space *space, struct value_class *class_, poolobj *name) {
    class_->name = value_ref(name);
    class_->utf8 = poolval_str_utf8(space, name, NULL); /* made now, it stays */
    class_->attributes = (poolobj *)dict_new(space);
    class_->names = (poolobj *)dict_new(space);
    return class_->utf8 != NULL && class_->attributes != NULL && class_->names != NULL;
}

struct value_class *instance_new_class(poolval_space *space, poolobj *name) {
    struct value_class *class_ =
        (struct value_class *)value_new(space, POOLVAL_CLASS, sizeof(struct value_class));
    if (class_ == NULL || fill_class(space, class_, name)) return class_;
    value_unref(&class_->base);
    return NULL;
}

poolobj *poolval_class_new(poolval_space *space, poolobj *name, poolobj *parent) {
    if (!value_require(space, name, POOLVAL_STR, "a str")) return NULL;
    if (parent != NULL && require_class(space, parent) == NULL) return NULL;
    struct value_class *class_ = instance_new_class(space, name);
    if (class_ == NULL) return NULL;
    if (parent != NULL) {
        class_->parent = value_ref(parent);
        class_->finalized = ((const struct value_class *)parent)->finalized;
    }
    return value_made(space, class_);
}

poolobj *poolval_class_name(poolval_space *space, const poolobj *value) {
    const struct value_class *class_ = require_class(space, value);
    return class_ != NULL ? class_->name : NULL;
}

poolobj *poolval_class_base(poolval_space *space, const poolobj *value) {
    const struct value_class *class_ = require_class(space, value);
    return class_ != NULL ? class_->parent : NULL;
}

int poolval_class_finalize(poolval_space *space, poolobj *value, int finalized) {
    struct value_class *class_ = require_class(space, value);
    if (class_ == NULL) return -1;
    class_->finalized = finalized != 0;
    return 0;
}

/* ---- Instances ---- */

/* The first instances get some room more, while names are found out. */
enum { FIRST_INSTANCES = 64, FIRST_ROOM = 4 };

struct value_instance *instance_new(poolval_space *space, struct value_class *class_, size_t room) {
    struct value_instance *instance =
        (struct value_instance *)value_new_items(space, POOLVAL_INSTANCE, room);
    if (instance == NULL) return NULL;
    instance->type = value_ref(&class_->base);
    if (!class_->finalized) instance->base.flags &= (uint8_t)~FINALIZE;
    return instance;
}

poolobj *poolval_instance_new(poolval_space *space, poolobj *value) {
    struct value_class *class_ = require_class(space, value);
    if (class_ == NULL) return NULL;
    size_t room = as_dict(class_->names)->length;
    if (class_->made < FIRST_INSTANCES) room = size_max(room, FIRST_ROOM);
    struct value_instance *instance = instance_new(space, class_, room);
    if (instance == NULL) return NULL;
    class_->made += class_->made < FIRST_INSTANCES;
    return value_made(space, instance);
}

poolobj *poolval_class_of(poolval_space *space, const poolobj *value) {
    const struct value_instance *instance = require_instance(space, value);
    return instance != NULL ? instance->type : NULL;
}

int poolval_is_instance(poolval_space *space, const poolobj *value, const poolobj *of) {
    if (require_class(space, of) == NULL) return -1;
    if (!value_require_own(space, value)) return -1;
    if (!value_is(space, value, POOLVAL_INSTANCE)) return 0;
    const struct value_class *class_ = class_of_instance((const struct value_instance *)value);
    while (class_ != NULL && &class_->base != of) class_ = parent_of(class_);
    return class_ != NULL;
}

poolobj *instance_copy(poolval_space *space, const struct value_instance *from) {
    size_t room = instance_room(from);
    struct value_instance *copy = instance_new(space, class_of_instance(from), room);
    if (copy == NULL) return NULL;
    for (size_t i = 0; i < room; i++)
        if (from->item[i] != NULL) copy->item[i] = value_ref(from->item[i]);
    if (from->more == NULL) return &copy->base;
    copy->more = (poolobj *)dict_copy(space, (const struct value_dict *)from->more);
    if (copy->more != NULL) return &copy->base;
    value_unref(&copy->base);
    return NULL;
}

int instance_clear_class(poolval_space *space, poolobj *value) {
    return poolval_dict_clear(space, ((struct value_class *)value)->attributes);
}

int instance_clear(poolval_space *space, poolobj *value) {
    struct value_instance *instance = (struct value_instance *)value;
    (void)space;
    instance->base.flags &= (uint8_t)~FINALIZE;
    for (size_t i = 0; i < instance_room(instance); i++) poolobj_clear(&instance->item[i]);
    poolobj_clear(&instance->more);
    return 0;
}

void instance_finalize(poolobj *instance) {
    poolval_space *space = (poolval_space *)object_type(instance)->data;
    if (space->instance_finalize != NULL) space->instance_finalize(space, instance);
}

void instance_check(poolval_space *space, const struct value_instance *instance) {
    const struct value_dict *names = as_dict(class_of_instance(instance)->names), *more;
    size_t room = instance_room(instance), index = 0;
    CHECK(names->used == names->length && names->first == 0);                       /* C1 */
    for (size_t i = names->length; i < room; i++) CHECK(instance->item[i] == NULL); /* C2 */
    if ((more = as_dict(instance->more)) == NULL) return;
    for (poolobj **entry, **name; (entry = dict_step(more, &index)) != NULL;) {
        name = dict_find(space, names, entry[0], str_hash(space, (struct value_str *)entry[0]));
        CHECK(name == NULL || (size_t)(name - names->item) / 2 >= room);
    }
}

/* ---- An attribute of an object's own ---- */

/* Where the value is of a name that has a number below the room; NULL: it has none such. */
static poolobj **attribute_slot(const poolval_space *space, struct value_instance *instance,
                                poolobj *name, uint64_t hash) {
    const struct value_dict *names = as_dict(class_of_instance(instance)->names);
    poolobj **entry = dict_find(space, names, name, hash);
    size_t number = entry != NULL ? (size_t)(entry - names->item) / 2 : SIZE_MAX;
    return number < NAMES_MAX && number < instance_room(instance) ? &instance->item[number] : NULL;
}

/* The value of a name in a dictionary, borrowed; NULL: there is none. */
static poolobj *get_from(const poolval_space *space, const struct value_dict *dict, poolobj *name,
                         uint64_t hash) {
    poolobj **entry = dict != NULL ? dict_find(space, dict, name, hash) : NULL;
    return entry != NULL ? entry[1] : NULL;
}

static poolobj *get_own(const poolval_space *space, struct value_instance *instance, poolobj *name,
                        uint64_t hash) {
    poolobj **slot = attribute_slot(space, instance, name, hash);
    return slot != NULL ? *slot : get_from(space, as_dict(instance->more), name, hash);
}

static poolobj *get_of_class(const poolval_space *space, const struct value_class *class_,
                             poolobj *name, uint64_t hash) {
    poolobj *found = NULL;
    for (; class_ != NULL && found == NULL; class_ = parent_of(class_))
        found = get_from(space, as_dict(class_->attributes), name, hash);
    return found;
}

/* The class learns the name, if it has not too many. */
static bool learn_name(poolval_space *space, const struct value_instance *instance, poolobj *name,
                       uint64_t hash) {
    struct value_dict *names = as_dict(class_of_instance(instance)->names);
    if (names->length >= NAMES_MAX || dict_find(space, names, name, hash) != NULL) return true;
    return dict_set(space, names, name, space->none);
}

static bool set_own(poolval_space *space, struct value_instance *instance, poolobj *name,
                    uint64_t hash, poolobj *value) {
    poolobj **slot = attribute_slot(space, instance, name, hash);
    if (unlikely(slot == NULL)) { /* where there is `more`, a new number is beyond the room */
        if (!learn_name(space, instance, name, hash)) return false;
        slot = attribute_slot(space, instance, name, hash);
    }
    if (likely(slot != NULL)) {
        poolobj_set(slot, value);
        return true;
    }
    if (instance->more == NULL) instance->more = (poolobj *)dict_new(space);
    return instance->more != NULL && dict_set(space, as_dict(instance->more), name, value);
}

/* ---- Attributes of instances and classes ---- */

static NOINLINE bool require_attributes_slow(poolval_space *space, const poolobj *object,
                                             const poolobj *name) {
    if (!value_require(space, name, POOLVAL_STR, "a str")) return false;
    if (value_is(space, object, POOLVAL_INSTANCE)) return value_require_own(space, object);
    return value_require(space, object, POOLVAL_CLASS, "an instance or class");
}
ALWAYS_INLINE bool require_attributes(poolval_space *space, const poolobj *object,
                                      const poolobj *name) {
    return likely(value_passes(space, name, POOLVAL_STR) &&
                  value_passes(space, object, POOLVAL_INSTANCE)) ||
           require_attributes_slow(space, object, name);
}

static void *fail_attribute(poolval_space *space, const poolobj *object, poolobj *name) {
    const char *utf8 = poolval_str_utf8(space, name, NULL);
    uint64_t of = value_fail_name(space, 0, object);
    if (utf8 == NULL) utf8 = "?";
    return value_fail(space, POOLVAL_ERR_KEY, "%s has no attribute '%s'", of,
                      failure_copy(&space->failure, 1, utf8, strlen(utf8)));
}

/* The attribute, borrowed; NULL: there is none. *of_class: it is of the class of an instance. */
static poolobj *find_attribute(const poolval_space *space, poolobj *object, poolobj *name,
                               bool *of_class) {
    uint64_t hash = str_hash(space, (struct value_str *)name);
    *of_class = false;
    if (value_is(space, object, POOLVAL_CLASS))
        return get_of_class(space, (const struct value_class *)object, name, hash);
    struct value_instance *instance = (struct value_instance *)object;
    poolobj *found = get_own(space, instance, name, hash);
    if (found != NULL) return found;
    *of_class = true;
    return get_of_class(space, class_of_instance(instance), name, hash);
}

poolobj *poolval_attr_get(poolval_space *space, poolobj *object, poolobj *name) {
    bool of_class;
    if (!require_attributes(space, object, name)) return NULL;
    poolobj *found = find_attribute(space, object, name, &of_class);
    return found != NULL ? value_ref(found) : (poolobj *)fail_attribute(space, object, name);
}

int poolval_attr_find(poolval_space *space, poolobj *object, poolobj *name, poolobj **value) {
    bool of_class;
    *value = NULL;
    if (!require_attributes(space, object, name)) return -1;
    *value = find_attribute(space, object, name, &of_class);
    return *value != NULL;
}

int poolval_method_find(poolval_space *space, poolobj *object, poolobj *name, poolobj **function) {
    bool of_class;
    *function = NULL;
    if (!require_attributes(space, object, name)) return -1;
    *function = find_attribute(space, object, name, &of_class);
    return *function == NULL ? 0 : of_class ? POOLVAL_OF_CLASS : POOLVAL_OF_OBJECT;
}

int poolval_attr_set(poolval_space *space, poolobj *object, poolobj *name, poolobj *value) {
    if (!require_attributes(space, object, name) || !value_require_item(space, value, "value"))
        return -1;
    uint64_t hash = str_hash(space, (struct value_str *)name);
    if (value_is(space, object, POOLVAL_CLASS))
        return dict_set(space, as_dict(((struct value_class *)object)->attributes), name, value)
                   ? 0
                   : -1;
    return set_own(space, (struct value_instance *)object, name, hash, value) ? 0 : -1;
}

int poolval_attr_remove(poolval_space *space, poolobj *object, poolobj *name) {
    poolobj *entry[2] = {NULL, NULL}, **slot = NULL, *more;
    if (!require_attributes(space, object, name)) return -1;
    uint64_t hash = str_hash(space, (struct value_str *)name);
    if (value_is(space, object, POOLVAL_CLASS)) {
        more = ((struct value_class *)object)->attributes;
    } else {
        slot = attribute_slot(space, (struct value_instance *)object, name, hash);
        more = ((struct value_instance *)object)->more;
    }
    if (slot != NULL ? *slot == NULL : get_from(space, as_dict(more), name, hash) == NULL)
        return fail_attribute(space, object, name) != NULL ? 0 : -1;
    if (slot != NULL) {
        poolobj_clear(slot);
        return 0;
    }
    if (!dict_remove(space, as_dict(more), name, entry)) return -1;
    value_unref_all(entry, 2);
    return 0;
}

/* Adds what an instance has by number to a dictionary. */
static bool add_slot_values(poolval_space *space, const struct value_instance *instance,
                            struct value_dict *dict) {
    const struct value_dict *names = as_dict(class_of_instance(instance)->names);
    size_t count = size_min(names->length, instance_room(instance));
    for (size_t i = 0; i < count; i++)
        if (instance->item[i] != NULL &&
            !dict_set(space, dict, names->item[2 * i], instance->item[i]))
            return false;
    return true;
}

poolobj *poolval_attr_dict(poolval_space *space, poolobj *object) {
    if (!value_require_own(space, object)) return NULL;
    if (value_is(space, object, POOLVAL_CLASS))
        return poolval_copy(space, ((struct value_class *)object)->attributes);
    struct value_instance *instance = require_instance(space, object);
    poolobj *dict = instance != NULL ? poolval_dict_new(space) : NULL;
    if (dict == NULL) return NULL;
    if (add_slot_values(space, instance, as_dict(dict)) &&
        (instance->more == NULL || poolval_dict_update(space, dict, instance->more) == 0))
        return dict;
    value_unref(dict);
    return NULL;
}

/* ---- Hooks ---- */

int poolval_set_instance_hooks(poolval_space *space, const poolval_hooks *hooks,
                               void (*finalize)(poolval_space *space, poolobj *instance)) {
    struct own *own = space->instances;
    value_require_thread(space);
    if (own == NULL) own = (struct own *)value_allocate(space, sizeof *own);
    if (own == NULL) return -1;
    memset(own, 0, sizeof *own);
    own->space = space;
    if (hooks != NULL) own->hooks = *hooks;
    own->hooks.hash_at = offsetof(struct value_instance, hash);
    space->owned += space->instances == NULL;
    space->instances = own;
    space->instance_finalize = finalize;
    return 0;
}
