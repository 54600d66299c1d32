/* SPDX-License-Identifier: MIT */
/*
 * graphs.c - a shop with a leak: what there is, what grew, why it is alive, and what is left at the
 * end. With a folder as argument, pictures of it go there as text for dot.
 */
#include <poolgraph.h>

#include "list.h"

struct shop {
    poolobj base;
    struct list *customers, *sales;
};
struct customer {
    poolobj base;
    struct basket *basket;
    const char *name;
};
struct basket {
    poolobj base;
    struct customer *owner; /* and the owner has the basket: a cycle */
};
struct sale {
    poolobj base;
    struct customer *customer;
};

static const size_t shop_refs[] = {offsetof(struct shop, customers), offsetof(struct shop, sales),
                                   POOLOBJ_END};
static const char *const shop_fields[] = {"customers", "sales"};
static const size_t customer_refs[] = {offsetof(struct customer, basket), POOLOBJ_END};
static const char *const customer_fields[] = {"basket"};
static const size_t basket_refs[] = {offsetof(struct basket, owner), POOLOBJ_END};
static const char *const basket_fields[] = {"owner"};
static const size_t sale_refs[] = {offsetof(struct sale, customer), POOLOBJ_END};
static const char *const sale_fields[] = {"customer"};

static poolobj_heap *heap;
static poolobj_type *list, *shop, *customer, *basket, *sale;

static poolobj_type *type_new(const char *name, size_t size, const size_t *refs,
                              const char *const *fields) {
    poolobj_typespec spec = {.name = name, .size = size, .refs = refs, .fields = fields};
    return poolobj_type_new(heap, &spec);
}

static void start(void) {
    heap = poolobj_heap_new();
    list = list_type(heap);
    shop = type_new("shop", sizeof(struct shop), shop_refs, shop_fields);
    customer = type_new("customer", sizeof(struct customer), customer_refs, customer_fields);
    basket = type_new("basket", sizeof(struct basket), basket_refs, basket_fields);
    sale = type_new("sale", sizeof(struct sale), sale_refs, sale_fields);
}

static struct shop *open_shop(void) {
    struct shop *s = poolobj_new(shop);
    s->customers = list_new(list, "who is here");
    s->sales = list_new(list, "what was sold");
    return s;
}

static struct customer *come(struct shop *s, const char *name) {
    struct customer *c = poolobj_new(customer);
    c->name = name;
    c->basket = poolobj_new(basket);
    poolobj_set(&c->basket->owner, c);
    list_append(s->customers, c);
    return c;
}

static void buy(struct shop *s, struct customer *c) {
    struct sale *sold = poolobj_new(sale);
    poolobj_set(&sold->customer, c);
    list_append(s->sales, sold);
    poolobj_decref(sold);
}

static void remove_last(struct list *l) { poolobj_decref(l->item[--l->length]); }

/* Eve comes, buys, and goes. Returns what the program must not use, only ask about. */
static struct customer *visit(struct shop *s) {
    struct customer *eve = come(s, "Eve");
    buy(s, eve);
    remove_last(s->customers);
    poolobj_decref(eve);
    return eve;
}

/* ---- Pictures ---- */

static int describe(poolobj *object, char *text, size_t size, void *unused) {
    (void)unused;
    if (poolobj_typeof(object) == customer)
        return snprintf(text, size, "%s", ((struct customer *)object)->name);
    if (poolobj_typeof(object) == list)
        return snprintf(text, size, "%s", ((struct list *)object)->name);
    return 0;
}

static const poolgraph_options named = {.describe = describe};
static const char *folder; /* or NULL */

static FILE *picture(const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.dot", folder, name);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    return file;
}

static void draw(void *object, const char *refs, const char *backrefs, const char *chain) {
    if (folder == NULL) return;
    FILE *file = picture(refs);
    poolgraph_show_refs(heap, &object, 1, &named, file);
    fclose(file);
    file = picture(backrefs);
    poolgraph_show_backrefs(heap, &object, 1, &named, file);
    fclose(file);
    if (chain == NULL) return;
    file = picture(chain);
    poolgraph_show_chain(heap, object, &named, file);
    fclose(file);
}

int main(int argc, char **argv) {
    folder = argc > 1 ? argv[1] : NULL;
    start();
    struct shop *s = open_shop();
    poolobj_decref(come(s, "Ann"));
    poolgraph_show_counts(heap, 0, stdout);

    poolgraph_snapshot *before = poolgraph_snapshot_new(heap);
    struct customer *eve = visit(s);
    printf("\nEve has been here, and has left:\n");
    poolgraph_show_growth(before, 0, stdout);
    poolgraph_snapshot_free(before);

    printf("\nWhy is she alive?\n");
    poolgraph_why(heap, eve, &named, stdout);
    draw(eve, "shop_refs", "shop_backrefs", "shop_chain");

    printf("\nThe sale is forgotten:\n");
    remove_last(s->sales);
    poolgraph_why(heap, eve, &named, stdout);
    draw(eve, "cycle_refs", "cycle_backrefs", NULL);

    printf("\nAt the end, with the shop forgotten:\n");
    poolgraph_leaks_at_close(heap, stdout);
    poolobj_heap_close(heap);
    return 0;
}
