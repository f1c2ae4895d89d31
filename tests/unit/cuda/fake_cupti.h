// SPDX-License-Identifier: Apache-2.0
// A CUPTI whose activity records are arranged.
#pragma once

#include <cstdint>

#include "cuda/cupti.h"

namespace fitest::cuda {

struct FakeCupti {
  static const CuptiApi& api();
  static void reset();
  // The next enable() ends with this result.
  static void refuse_with(int result);
  // Delivered at the next flush.
  static void add_record(int kind, std::uint64_t begin_ns, std::uint64_t end_ns);
  static void add_kernel(std::uint64_t begin_ns, std::uint64_t end_ns);
};

}  // namespace fitest::cuda
