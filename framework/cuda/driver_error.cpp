// SPDX-License-Identifier: Apache-2.0
#include "cuda/driver_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace fitest::cuda {
namespace {

enum class Fate : std::uint8_t { Alive, Poisoned };

struct Meaning {
  CudaResult result;
  FaultKind kind;
  Fate fate;
};

constexpr std::array kMeanings{
#define FITEST_CUDA_ERROR(name, code, kind, fate) \
  Meaning{CudaResult::name, FaultKind::kind, Fate::fate},
#include "cuda/driver_errors.def"
#undef FITEST_CUDA_ERROR
};

const Meaning* find_meaning(CudaResult result) {
  const auto* found = std::find_if(kMeanings.begin(), kMeanings.end(),
                                   [&](const Meaning& row) { return row.result == result; });
  return found == kMeanings.end() ? nullptr : found;
}

}  // namespace

std::string words_of(const DriverApi& api, CudaResult result) {
  const char* name = nullptr;
  const char* text = nullptr;
  api.error_name(result, &name);
  api.error_string(result, &text);
  return fmt::format("{} ({}): {}", name != nullptr ? name : "unknown CUDA error",
                     static_cast<int>(result), text != nullptr ? text : "no description");
}

FaultKind fault_kind(CudaResult result) {
  const Meaning* meaning = find_meaning(result);
  return meaning == nullptr ? FaultKind::DeviceError : meaning->kind;
}

bool poisons_context(CudaResult result) {
  const Meaning* meaning = find_meaning(result);
  return meaning != nullptr && meaning->fate == Fate::Poisoned;
}

}  // namespace fitest::cuda
