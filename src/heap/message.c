/* SPDX-License-Identifier: MIT */
#include "heap/message.h"

#include "base/check.h"
#include "heap/space.h"
#include "os/os.h"

enum {
    KEPT = 8, /* by a heap: 4 KiB */
    SHEET_MESSAGES = MESSAGE_SHEET / MESSAGE_SIZE,
};

/* A mapping of messages. The first one's place is taken by what is known of it.
   I1: used = fresh - 1 - messages in `empty`
   I2: on the list of sheets if and only if used < SHEET_MESSAGES - 1 */
struct sheet {
    struct link link;
    struct message *empty;
    unsigned fresh;    /* the messages from here on were never taken */
    unsigned used;     /* taken by heaps */
    uint32_t founding; /* a sheet of another founding than the present one is known to nobody */
};
static_assert(sizeof(struct sheet) <= MESSAGE_SIZE, "it takes the place of one");

/* Under the space lock. */
static struct {
    struct link sheets;
    struct sheet *idle; /* one without a message that is used: so that none comes and goes */
    uint32_t founding;
    size_t bytes;
} message_state = {.sheets = {&message_state.sheets, &message_state.sheets}};

size_t message_bytes(void) { return message_state.bytes; }

void message_rebuild(void) {
    ASSERT(space_lock_is_held());
    link_init(&message_state.sheets);
    message_state.idle = NULL;
    message_state.founding++;
}

static struct sheet *sheet_of(struct message *message) {
    return (struct sheet *)align_down((uintptr_t)message, MESSAGE_SHEET);
}

static struct sheet *sheet_map(void) {
    ASSERT(space_lock_is_held());
    struct sheet *sheet = (struct sheet *)os_map_fenced_at(NULL, 0, MESSAGE_SHEET, MESSAGE_SHEET);
    if (sheet == NULL) return NULL;
    os_name(sheet, MESSAGE_SHEET, "poolalloc messages");
    message_state.bytes += MESSAGE_SHEET + 2 * OS_FENCE;
    sheet->fresh = 1;
    sheet->founding = message_state.founding;
    link_add_after(&message_state.sheets, &sheet->link);
    return sheet;
}

static void sheet_unmap(struct sheet *sheet) {
    ASSERT(space_lock_is_held());
    link_remove(&sheet->link);
    os_unmap_fenced(sheet, MESSAGE_SHEET);
    message_state.bytes -= MESSAGE_SHEET + 2 * OS_FENCE;
}

/* ---- Messages of a sheet ---- */

static struct message *sheet_take(struct sheet *sheet) {
    struct message *message = sheet->empty;
    if (message != NULL)
        sheet->empty = (struct message *)message->next;
    else
        message = (struct message *)sheet + sheet->fresh++;
    if (++sheet->used == SHEET_MESSAGES - 1) link_remove(&sheet->link);
    if (sheet == message_state.idle) message_state.idle = NULL;
    return message;
}

/* One sheet without a message in use is kept, and any other unmapped. */
static void sheet_rest(struct sheet *sheet) {
    if (message_state.idle != NULL) sheet_unmap(message_state.idle);
    message_state.idle = sheet;
}

/* Sheets that a fork left in doubt stay as they are. Full ones that have room again come first, so
   that what is nearly empty runs empty. */
static void sheet_give(struct sheet *sheet, struct message *message) {
    ASSERT(space_lock_is_held());
    if (sheet->founding != message_state.founding) return;
    message->next = (uintptr_t)sheet->empty;
    sheet->empty = message;
    if (sheet->used-- == SHEET_MESSAGES - 1) link_add_after(&message_state.sheets, &sheet->link);
    if (sheet->used == 0) sheet_rest(sheet);
}

static struct message *take_from_sheet(void) {
    ASSERT(space_lock_is_held());
    struct sheet *sheet = link_is_alone(&message_state.sheets)
                              ? sheet_map()
                              : link_owner(message_state.sheets.next, struct sheet, link);
    return sheet != NULL ? sheet_take(sheet) : NULL;
}

/* ---- What heaps keep ---- */

/* Fetches half of what a heap keeps, so that neither sender nor receiver comes here for each. */
static void fetch(struct heap *heap) {
    if (!space_lock()) return;
    for (unsigned i = 0; i < KEPT / 2; i++) {
        struct message *message = take_from_sheet();
        if (message == NULL) break;
        message->next = (uintptr_t)heap->messages;
        heap->messages = message;
        heap->message_count++;
    }
    space_unlock();
}

struct message *message_take(struct heap *heap) {
    ASSERT(heap_is_mine(heap));
    if (heap->messages == NULL) fetch(heap);
    struct message *message = heap->messages;
    if (message == NULL) return NULL;
    heap->messages = (struct message *)message->next;
    heap->message_count--;
    atomic_u64_store(&message->count, 0);
    return message;
}

static void return_messages(struct heap *heap, unsigned keep) {
    if (!space_lock()) return;
    while (heap->message_count > keep) {
        struct message *message = heap->messages;
        heap->messages = (struct message *)message->next;
        heap->message_count--;
        sheet_give(sheet_of(message), message);
    }
    space_unlock();
}

static void give_now(struct message *message) {
    if (!space_lock()) return;
    sheet_give(sheet_of(message), message);
    space_unlock();
}

void message_give(struct heap *heap, struct message *message) {
    if (heap == NULL) {
        give_now(message);
        return;
    }
    ASSERT(heap_is_mine(heap));
    message->next = (uintptr_t)heap->messages;
    heap->messages = message;
    if (++heap->message_count > KEPT) return_messages(heap, KEPT / 2);
}

void message_give_all(struct heap *heap) {
    ASSERT(heap_is_mine(heap));
    if (heap->message_count > 0) return_messages(heap, 0);
}
