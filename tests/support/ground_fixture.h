// SPDX-License-Identifier: MIT
// ground_fixture.h - the fixture of tests of libpoolobj's inside: each test begins and ends without
// a pool in use, a page with memory behind it, or a table. TearDown gives all memory back and
// checks every invariant below the objects.
#ifndef POOLALLOC_TEST_GROUND_FIXTURE_H
#define POOLALLOC_TEST_GROUND_FIXTURE_H

#include "support/counted_malloc.h"
#include "support/inner.h"

class GroundTest : public testing::Test {
  protected:
    GroundTest();
    ~GroundTest() override;
    void SetUp() override;
    void TearDown() override;

  private:
    size_t tables_ = 0; // before the test
};

// Ends the process if an invariant of pages, arenas or ranges does not hold.
void check_ground();

#endif
