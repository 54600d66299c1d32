// SPDX-License-Identifier: MIT
// statistics.h - whether two rows of measurements differ, and by how much.
#ifndef POOLALLOC_TOOL_STATISTICS_H
#define POOLALLOC_TOOL_STATISTICS_H

#include <vector>

double median_of(std::vector<double> values);

// How one row compares with another that was measured in turns with it, value by value: the mean
// ratio and its interval of 99 % confidence, by Student's t of the logarithms.
struct Ratio {
    double mean = 1, low = 1, high = 1;
    bool is_known = false; // enough values, and none is zero
    // The rows differ: the interval is on one side of 1, and the difference is at least `least`.
    bool differs(double least = 0.005) const;
};

Ratio ratio_of(const std::vector<double> &values, const std::vector<double> &base);

#endif
