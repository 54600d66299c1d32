/* SPDX-License-Identifier: MIT */
/*
 * first.h - what most tests include, and what compilers spend most of a test's time on. batch.mk
 * has it compiled once for all of them; no test counts on that.
 */
#ifndef POOLALLOC_FIRST_H
#define POOLALLOC_FIRST_H

#ifdef __cplusplus
#include <algorithm>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>
#endif

#endif
