// SPDX-License-Identifier: MIT
#include "graph/reference.h"

#include "support/graph_fixture.h"

namespace {

// Two fields, one of them without a name, and items.
struct Mixed {
    poolobj base;
    poolobj *named, *nameless;
    poolobj *item[2];
};
const size_t mixed_refs[] = {offsetof(Mixed, named), offsetof(Mixed, nameless), POOLOBJ_END};
const char *const mixed_fields[] = {"named", nullptr};

class ReferenceTest : public GraphTest {
  protected:
    Mixed *mixed(size_t items) {
        poolobj_typespec spec = {};
        spec.name = "mixed";
        spec.size = offsetof(Mixed, item);
        spec.refs = mixed_refs;
        spec.fields = mixed_fields;
        spec.flags = POOLOBJ_ITEMS_ARE_REFS;
        return keep(static_cast<Mixed *>(poolobj_new_items(type_of(spec), items)));
    }
};

TEST_F(ReferenceTest, AFieldHasItsOffsetAndItsNameIfItHasOne) {
    Mixed *object = mixed(2);
    object->named = &make()->base;
    struct reference_place place;
    reference_begin(&place, &object->base);
    poolgraph_reference named = reference_at(&place, &object->named);
    EXPECT_EQ(named.kind, POOLGRAPH_FIELD);
    EXPECT_EQ(named.index, offsetof(Mixed, named));
    EXPECT_STREQ(named.field, "named");
    EXPECT_EQ(named.from, &object->base);
    EXPECT_EQ(named.to, object->named);
    EXPECT_EQ(named.slot, &object->named);
    poolgraph_reference nameless = reference_at(&place, &object->nameless);
    EXPECT_EQ(nameless.index, offsetof(Mixed, nameless));
    EXPECT_EQ(nameless.field, nullptr);
    EXPECT_EQ(nameless.to, nullptr);
}

// Those that were passed over count nothing: the place says it.
TEST_F(ReferenceTest, AnItemOfTheObjectIsToldByItsPlace) {
    Mixed *object = mixed(2);
    struct reference_place place;
    reference_begin(&place, &object->base);
    reference_skip(&place, &object->named, 2);
    reference_skip(&place, &object->item[0], 1);
    poolgraph_reference second = reference_at(&place, &object->item[1]);
    EXPECT_EQ(second.kind, POOLGRAPH_ITEM);
    EXPECT_EQ(second.index, 1u);
    EXPECT_EQ(second.field, nullptr);
}

TEST_F(ReferenceTest, ItemsOutsideOfTheObjectAreCountedThrough) {
    List *list = keep(make_list({nullptr, nullptr, nullptr, nullptr}));
    struct reference_place place;
    reference_begin(&place, &list->base);
    reference_skip(&place, &list->item[0], 2);
    EXPECT_EQ(reference_at(&place, &list->item[2]).index, 2u);
    poolgraph_reference last = reference_at(&place, &list->item[3]);
    EXPECT_EQ(last.index, 3u);
    EXPECT_EQ(last.kind, POOLGRAPH_ITEM);
}

} // namespace
