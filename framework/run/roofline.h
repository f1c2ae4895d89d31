// SPDX-License-Identifier: Apache-2.0
// How near a measured time comes to what the hardware allows: the bytes and operations that a case
// cannot do without, over the rates at which this GPU moves and multiplies.
#pragma once

#include <optional>
#include <string>

#include "schema/definition.h"

namespace fitest {

struct Work {
  double bytes = 0;              // each input read once, each output written once
  std::optional<double> flops;   // where the op_type defines them
  DType dtype = DType::Float32;  // of the first tensor input
};
// Of a cache or table that is read through indices, no more counts than the indices can name.
Work work_of(const Definition& definition, const AxisValues& axes);

struct DeviceRates {
  double copy_bytes_per_second = 0;  // bytes read and written by a copy of device memory
  double matrix_flops = 0;           // a second, bfloat16 into float32; 0: not measured
};

struct Roofline {
  double floor_ms = 0;  // no version runs much faster
  double fraction = 0;  // floor over measured time
  std::string bound;    // what the floor is made of: "memory" or "matrix"
};
// The matrix rate counts for float16 and bfloat16 only, the dtypes for which it was measured.
Roofline roofline_of(const Work& work, const DeviceRates& rates, double milliseconds);

}  // namespace fitest
