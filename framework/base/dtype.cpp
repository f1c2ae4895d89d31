// SPDX-License-Identifier: Apache-2.0
#include "base/dtype.h"

#include <array>

namespace fitest {
namespace {

struct Row {
  DType dtype;
  std::string_view name;
  std::string_view safetensors;
  std::size_t bits;
  DTypeKind kind;
  bool official;
};

constexpr std::array kRows = {
#define FITEST_DTYPE(enumerator, name, safetensors, bits, kind, official) \
  Row{DType::enumerator, name, safetensors, bits, DTypeKind::kind, official != 0},
#include "base/dtype.def"
#undef FITEST_DTYPE
};

const Row& row(DType dtype) {
  return kRows[static_cast<std::size_t>(dtype)];
}

}  // namespace

std::string_view name_of(DType dtype) {
  return row(dtype).name;
}
std::string_view safetensors_name_of(DType dtype) {
  return row(dtype).safetensors;
}
std::size_t bits_of(DType dtype) {
  return row(dtype).bits;
}
DTypeKind kind_of(DType dtype) {
  return row(dtype).kind;
}
bool is_official(DType dtype) {
  return row(dtype).official;
}

std::optional<DType> dtype_from_name(std::string_view name) {
  for (const Row& candidate : kRows) {
    if (candidate.name == name) return candidate.dtype;
  }
  return std::nullopt;
}

std::optional<DType> dtype_from_safetensors_name(std::string_view name) {
  for (const Row& candidate : kRows) {
    if (candidate.safetensors == name) return candidate.dtype;
  }
  return std::nullopt;
}

std::vector<std::string> official_dtype_names() {
  std::vector<std::string> names;
  for (const Row& candidate : kRows) {
    if (candidate.official) names.emplace_back(candidate.name);
  }
  return names;
}

std::size_t bytes_for(DType dtype, std::size_t count) {
  return (count * bits_of(dtype) + 7) / 8;
}

}  // namespace fitest
