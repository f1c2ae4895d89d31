// SPDX-License-Identifier: Apache-2.0
// Statistics of samples.
#pragma once

#include <cstddef>
#include <vector>

namespace fitest {

struct SampleStatistics {
  std::size_t count = 0;
  double median = 0;
  double minimum = 0;
  double maximum = 0;
  double mean = 0;
  double interquartile_range = 0;
  double standard_deviation = 0;  // of a sample: divided by n - 1; 0 for a single one
};

// Quartiles by linear interpolation (type 7 of Hyndman & Fan, numpy's default). Empty: all zero.
SampleStatistics summarize(std::vector<double> samples);

// Half the width of the median's 95 % confidence interval as a fraction of the median, from order
// statistics (no distribution assumed); 1 for fewer than 6 samples, which cannot tell.
double median_error(std::vector<double> samples);

}  // namespace fitest
