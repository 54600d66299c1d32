// SPDX-License-Identifier: MIT
#include "statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

double median_of(std::vector<double> values) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    size_t half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

// The 99.5 % point of Student's t for 1 to 30 degrees of freedom, then of the normal distribution.
static double student(size_t freedom) {
    static const double points[] = {63.657, 9.925, 5.841, 4.604, 4.032, 3.707, 3.499, 3.355,
                                    3.250,  3.169, 3.106, 3.055, 3.012, 2.977, 2.947, 2.921,
                                    2.898,  2.878, 2.861, 2.845, 2.831, 2.819, 2.807, 2.797,
                                    2.787,  2.779, 2.771, 2.763, 2.756, 2.750};
    const size_t count = sizeof points / sizeof points[0];
    return freedom <= count ? points[freedom - 1] : 2.660; // that of 60, to be on the safe side
}

Ratio ratio_of(const std::vector<double> &values, const std::vector<double> &base) {
    Ratio ratio;
    size_t count = std::min(values.size(), base.size());
    double sum = 0, squares = 0;
    if (count < 3) return ratio;
    for (size_t i = 0; i < count; i++) {
        if (values[i] <= 0 || base[i] <= 0) return ratio;
        sum += std::log(values[i] / base[i]);
    }
    double mean = sum / (double)count;
    for (size_t i = 0; i < count; i++) squares += std::pow(std::log(values[i] / base[i]) - mean, 2);
    double error = std::sqrt(squares / (double)(count - 1) / (double)count);
    double reach = student(count - 1) * error;
    ratio.mean = std::exp(mean);
    ratio.low = std::exp(mean - reach);
    ratio.high = std::exp(mean + reach);
    ratio.is_known = true;
    return ratio;
}

bool Ratio::differs(double least) const {
    return is_known && (low > 1 || high < 1) && std::fabs(mean - 1) >= least;
}
